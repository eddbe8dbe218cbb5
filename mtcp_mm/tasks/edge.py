# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import torch
from torch import Tensor

from mtcp_mm.registry import TASKS
from .base import DenseTask
from .mask import decode_mask, doubt_mask


@TASKS.register_module()
class EdgeTask(DenseTask):
    """Boundaries: the probability that a pixel lies on an edge.

    Label: uint8 (H, W), 1 = edge, 0 = none, 255 = unknown. Prediction:
    probability, float32 (1, H, W).

    Args:
        pos_weight (float): Share of the edge pixels in the loss.
            Defaults to 0.95, as MTI-Net trains NYUD-v2.
        **kwargs: See :class:`DenseTask`.
    """

    ignore_value = 255
    label_format = '(H, W), 1 (or 255) on edges and 0 elsewhere'
    default_metric = dict(type='mtcp_mm.EdgeMetric')
    error_high = 1.

    def __init__(self, pos_weight: float = 0.95, **kwargs) -> None:
        kwargs.setdefault(
            'loss',
            dict(type='mtcp_mm.BalancedBCELoss', pos_weight=pos_weight))
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
        """Probability of an edge, 0..1."""
        return logits.sigmoid()

    def constant_sums(self, target: Tensor) -> Tensor:
        """Edge pixels and labelled pixels, float64 (2,)."""
        label = target[self.valid_mask(target)[None]].double()
        return torch.stack([label.sum(), label.new_tensor(label.numel())])

    def constant_prediction(self, sums: Tensor) -> Tensor:
        """Share of the edge pixels, float32 (1, 1, 1)."""
        return (sums[0] / sums[1]).float().view(1, 1, 1)

    def draw(self,
             data: np.ndarray,
             meta: dict | None = None,
             reference: np.ndarray | None = None) -> np.ndarray:
        """White edges on black; unknown is grey."""
        level = np.round(data[0].astype(np.float32) * 255)
        level = np.where(data[0] == self.ignore_value, 128, level)
        return np.repeat(level.astype(np.uint8)[..., None], 3, axis=-1)
