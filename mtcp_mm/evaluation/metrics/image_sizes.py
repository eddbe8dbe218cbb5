# Copyright (c) mtcp_mm authors. All rights reserved.
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric

from mtcp_mm.registry import METRICS


@METRICS.register_module()
class ImageSizes(BaseMetric):
    """Counts the sizes at which images are scored; yields no score.

    The two archives of NYUD-v2 differ in size: whoever compares numbers
    wants to know it.

    Attributes:
        sizes (Counter[str]): 'HxW' to the number of images. There after
            ``evaluate``, on the main process.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(prefix='image_sizes', **kwargs)
        self.sizes: Counter[str] = Counter()

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """See :class:`mmengine.evaluator.BaseMetric`."""
        for sample in data_samples:
            size = sample.get('ori_shape') if isinstance(sample,
                                                         dict) else None
            self.results.append('x'.join(map(str, size[:2])) if size else '')

    def compute_metrics(self, results: list[str]) -> dict[str, float]:
        """Count; no score."""
        self.sizes = Counter(size for size in results if size)
        return {}
