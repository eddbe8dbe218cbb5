# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
from torch import Tensor

from mtcp_mm.registry import TASKS
from .mask import MaskTask


@TASKS.register_module()
class EdgeTask(MaskTask):
    """Boundaries: the probability that a pixel lies on an edge.

    Label and prediction as in :class:`MaskTask`; yes = edge.

    Args:
        pos_weight (float): Share of the edge pixels in the loss.
            Defaults to 0.95, as MTI-Net trains NYUD-v2.
        **kwargs: See :class:`MaskTask`.
    """

    label_format = '(H, W), 1 (or 255) on edges and 0 elsewhere'
    default_metric = dict(type='mtcp_mm.EdgeMetric')
    void_colour = (128, 128, 128)

    def __init__(self, pos_weight: float = 0.95, **kwargs) -> None:
        kwargs.setdefault(
            'loss',
            dict(type='mtcp_mm.BalancedBCELoss', pos_weight=pos_weight))
        super().__init__(**kwargs)

    def constant_sums(self, target: Tensor) -> Tensor:
        """Edge pixels and labelled pixels, float64 (2,)."""
        label = target[self.valid_mask(target)[None]].double()
        return torch.stack([label.sum(), label.new_tensor(label.numel())])

    def constant_prediction(self, sums: Tensor) -> Tensor:
        """Share of the edge pixels, float32 (1, 1, 1)."""
        return (sums[0] / sums[1]).float().view(1, 1, 1)
