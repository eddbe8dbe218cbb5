# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
from torch import Tensor

from mtcp_mm.registry import TASKS
from .base import DenseTask
from .mask import decode_mask, doubt_mask


@TASKS.register_module()
class SaliencyTask(DenseTask):
    """Saliency: the probability that a pixel belongs to what stands out.

    Label: uint8 (H, W), 1 = salient, 0 = not, 255 = void. Prediction:
    probability, float32 (1, H, W).
    """

    ignore_value = 255
    label_format = ('(H, W), 1 (or 255) where something stand'
                    's out and 0 elsewhere')
    error_high = 1.
    default_loss = dict(type='mtcp_mm.BalancedBCELoss')
    default_metric = dict(type='mtcp_mm.SaliencyMetric')

    def __init__(self, **kwargs) -> None:
        super().__init__(out_channels=1, **kwargs)

    def decode_label(self,
                     raw: np.ndarray,
                     path: str = '',
                     high: float | None = None) -> np.ndarray:
        """See :func:`mtcp_mm.tasks.mask.decode_mask`."""
        return decode_mask(self, raw, path, high)

    def doubt(self, raw: np.ndarray, label: np.ndarray) -> str | None:
        """See :func:`mtcp_mm.tasks.mask.doubt_mask`."""
        return doubt_mask(raw, label)

    def valid_mask(self, target: Tensor) -> Tensor:
        """See :meth:`DenseTask.valid_mask`."""
        return target.squeeze(-3) != self.ignore_value

    def predict(self, logits: Tensor) -> Tensor:
        """Probability, 0..1."""
        return logits.sigmoid()

    def constant_sums(self, target: Tensor) -> Tensor:
        """Salient pixels, float64 scalar."""
        return (target == 1).sum().double()

    def constant_prediction(self, sums: Tensor) -> Tensor:
        """1 if anything is ever salient, float32 (1, 1, 1).

        Scores are the best over thresholds, so a constant marks everything
        or nothing, and everything is the better answer.
        """
        return (sums > 0).float().view(1, 1, 1)

    def draw(self,
             data: np.ndarray,
             meta: dict | None = None,
             reference: np.ndarray | None = None) -> np.ndarray:
        """White is salient, void is grey-blue."""
        level = np.round(data[0].astype(np.float32).clip(0, 1) * 255)
        picture = np.repeat(level.astype(np.uint8)[..., None], 3, axis=-1)
        picture[data[0] == self.ignore_value] = (96, 112, 160)
        return picture
