# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from mtcp_mm.registry import TASKS
from .semseg import SemSegTask


@TASKS.register_module()
class HumanPartsTask(SemSegTask):
    """Parts of people: one class per pixel, 0 = background.

    Label: uint8 (H, W), 0..num_classes-1, 255 = void. A file without any part
    gives a label that is void everywhere, as the code bases of this field
    have it: an image without people, or with people too small for parts,
    neither trains nor scores this task. Prediction: class index, int64
    (1, H, W).

    Args:
        num_classes (int): Number of classes with background. Defaults to 7,
            the six parts of PASCAL-Context.
        flip_pairs (Sequence): Pairs of classes that a mirror swaps, e.g.
            ``[(1, 2)]`` for left and right arm. Defaults to none: the six
            parts of PASCAL-Context do not tell left from right.
        **kwargs: See :class:`DenseTask`.

    Raises:
        ValueError: ``flip_pairs`` names a class twice, or one that is none.
    """

    default_metric = dict(type='mtcp_mm.HumanPartsMetric')

    def __init__(self,
                 num_classes: int = 7,
                 flip_pairs: Sequence[Sequence[int]] = (),
                 **kwargs) -> None:
        super().__init__(num_classes, **kwargs)
        named = [index for pair in flip_pairs for index in pair]
        if (any(len(pair) != 2 for pair in flip_pairs)
                or len(set(named)) < len(named)
                or not set(named) <= set(range(num_classes))):
            raise ValueError(
                '`flip_pairs` must be pairs of different classes in '
                f'0..{num_classes - 1}, each named once, but is {flip_pairs}')
        #: What a mirror makes of each class, its own inverse.
        self.mirrored = list(range(num_classes))
        for left, right in flip_pairs:
            self.mirrored[left], self.mirrored[right] = right, left

    def decode_label(self, raw: np.ndarray, path: str = '',
                     **options) -> np.ndarray:
        """See :meth:`SemSegTask.decode_label`."""
        label = super().decode_label(raw, path, **options)
        if not self.has_parts(label):
            label = np.full_like(label, self.ignore_value)
        return label

    def has_parts(self, label: np.ndarray | Tensor) -> bool:
        """Whether a label shows more than background and void."""
        return bool(((label != 0) & (label != self.ignore_value)).any())

    def flip_label(self, label: np.ndarray, direction: str) -> np.ndarray:
        """Left and right swap in a mirror, not upside down."""
        if direction == 'vertical':
            return label
        table = np.arange(256, dtype=label.dtype)
        table[:self.num_classes] = self.mirrored
        return table[label]

    def unflip_logits(self, logits: Tensor, direction: str) -> Tensor:
        """See :meth:`DenseTask.unflip_logits`."""
        logits = super().unflip_logits(logits, direction)
        if direction == 'vertical':
            return logits
        return logits[..., self.mirrored, :, :]
