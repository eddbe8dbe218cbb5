# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mtcp_mm.registry import TASKS
from .base import DenseTask
from .scale import Entry, Scale


@TASKS.register_module()
class SemSegTask(DenseTask):
    """Semantic segmentation: one class per pixel.

    Label: uint8 (H, W), 0..num_classes-1, 255 = void. Prediction: class
    index, int64 (1, H, W).

    Args:
        num_classes (int): Number of classes, void not counted.
        **kwargs: See :class:`DenseTask`.

    Raises:
        ValueError: ``num_classes`` is no whole number in 1..255.
    """

    ignore_value = 255
    label_format = 'class numbers (H, W)'
    exact = True
    default_loss = dict(
        type='mmseg.CrossEntropyLoss', use_sigmoid=False, avg_non_ignore=True)
    default_metric = dict(type='mtcp_mm.SegmentationMetric')
    opacity = 0.75
    error_units = dict(wrong='')

    def __init__(self, num_classes: int, **kwargs) -> None:
        if (not isinstance(num_classes, int) or isinstance(num_classes, bool)
                or not 1 <= num_classes <= 255):
            raise ValueError(
                f'num_classes={num_classes!r} of {type(self).__name__} must '
                'be a whole number in 1..255: a label has 8 bits, and 255 is '
                'void. Merge rare classes.')
        super().__init__(out_channels=num_classes, **kwargs)
        self.num_classes = num_classes

    def decode_label(self,
                     raw: np.ndarray,
                     path: str = '',
                     reduce_zero_label: bool = False,
                     colours: Sequence[Sequence[int]] | None = None,
                     label_map: Mapping[int, int] | None = None
                     ) -> np.ndarray:
        """See :meth:`DenseTask.decode_label`.

        Args:
            raw (np.ndarray): Label map (H, W).
            path (str): Named in error messages.
            reduce_zero_label (bool): The file counts classes from 1 and
                holds 0 for void, as NYUD-v2 does.
            colours (Sequence, optional): The file is a picture (H, W, 3) in
                these RGB colours, of which each stands for its index; all
                others are void.
            label_map (Mapping, optional): Number in the file (or index of a
                colour) to class; all others are void.
        """
        if colours is not None:
            raw = self._indices(raw, path, colours)
        if raw.ndim == 3 and raw.shape[-1] == 3:
            raise ValueError(
                f'{path} has shape {raw.shape}, a picture in RGB colours, but '
                f'task `{self.name}` needs class numbers (H, W). Save the '
                'index of the class as grey value, or with a palette.')
        raw = self.as_map(raw, path, 'a label map (H, W)', kinds='buif')
        if raw.dtype.kind == 'f':
            raw = np.where(np.isnan(raw), self.ignore_value, raw)
            odd = raw[(raw != np.floor(raw)) | (np.abs(raw) > 1e9)]
            if odd.size:
                raise ValueError(
                    f'{path} holds {odd[0]:g}, but labels of task '
                    f'`{self.name}` are whole numbers, 255 or NaN = void. '
                    'Resize label maps by nearest neighbour only.')
        label = raw.astype(np.int64)
        if label_map is not None:
            void = max(map(int, label_map), default=0) + 1
            table = np.full(void + 1, self.ignore_value)
            for number, index in label_map.items():
                table[int(number)] = index
            raw = label = table[np.clip(label, -1, void)]  # -1: the last
        if reduce_zero_label:
            label = np.where((label == 0) | (label == 255), 255, label - 1)
        bad = (label >= self.num_classes) & (label != 255) | (label < 0)
        if bad.any():
            expected = (f'0 = void, 1..{self.num_classes}' if reduce_zero_label
                        else f'0..{self.num_classes - 1}, 255 = void')
            raise ValueError(
                f'{path} holds label {int(raw[bad].max())}, but task '
                f'`{self.name}` has {self.num_classes} classes ({expected}).\n'
                'Set `num_classes`, or map the numbers of the files to '
                'these. For NYUD-v2 and PASCAL-Context,\n'
                '    python tools/dataset_converters/check_dataset.py\n'
                'tells whether this is the right archive.')
        return label.astype(np.uint8)

    def _indices(self, raw: np.ndarray, path: str,
                 colours: Sequence[Sequence[int]]) -> np.ndarray:
        """Index of the colour of every pixel, uint8 (H, W)."""
        raw = self.as_map(raw, path, 'a picture in the colours of classes '
                          '(H, W, 3)', channels=3, kinds='u').astype(np.int64)
        weights = np.array([1 << 32, 1 << 16, 1])
        code, label = raw @ weights, np.full(raw.shape[:2], self.ignore_value)
        for index, colour in enumerate(np.asarray(colours) @ weights):
            label[code == colour] = index
        return label.astype(np.uint8)

    def doubt(self, raw: np.ndarray, label: np.ndarray) -> str | None:
        """A mask of black and white: its white is void."""
        if raw.ndim > 2:  # in colours
            return None
        white = raw == 255
        if white.mean() > .05 and not raw[~white].any():
            return ('it holds 0 and 255 only, and 255 is void: is this a '
                    'mask? Save its classes as 0 and 1')
        return None

    def label_to_tensor(self, label: np.ndarray) -> Tensor:
        """Pack a label: (H, W) uint8 to (1, H, W) int64."""
        return torch.from_numpy(label[None].astype(np.int64))

    def loss(self, criterion: nn.Module, logits: Tensor,
             target: Tensor) -> Tensor:
        """See :meth:`DenseTask.loss`; ``criterion`` as in mmseg."""
        return criterion(
            logits, target.squeeze(1), ignore_index=self.ignore_value)

    def predict(self, logits: Tensor) -> Tensor:
        """Class with the highest logit, int64 (1, H, W)."""
        return logits.argmax(dim=0, keepdim=True)

    def to_average(self, logits: Tensor) -> Tensor:
        """Probabilities, float32 (num_classes, H, W)."""
        return logits.softmax(dim=0)

    def from_average(self, mean: Tensor) -> Tensor:
        """Class with the highest mean probability, int64 (1, H, W)."""
        return mean.argmax(dim=0, keepdim=True)

    def constant_sums(self, target: Tensor) -> Tensor:
        """Pixels per class, int64 (num_classes,)."""
        label = target[self.valid_mask(target)[None]]
        return torch.bincount(label, minlength=self.num_classes)

    def constant_prediction(self, sums: Tensor) -> Tensor:
        """Most frequent class, int64 (1, 1, 1)."""
        return sums.argmax().view(1, 1, 1)

    def draw(self,
             data: np.ndarray,
             meta: dict | None = None,
             reference: np.ndarray | None = None) -> np.ndarray:
        """Colours of ``meta['palette']``; void is black if no class is."""
        table = self._colours(meta)
        return table[np.clip(data[0], 0, 255).astype(np.uint8)]

    def _colours(self, meta: dict | None) -> np.ndarray:
        """Colour of each of the 256 labels, void included."""
        palette = (meta or {}).get('palette')
        if palette is None:  # evenly spread, the same for every picture
            rng = np.random.RandomState(0)
            palette = rng.randint(30, 256, (self.num_classes, 3))
        black = not np.asarray(palette).sum(1).all()
        table = np.zeros((256, 3), np.uint8)
        table[self.ignore_value] = (96, 112, 160) if black else (0, 0, 0)
        table[:len(palette)] = palette
        return table

    def legend(self,
               maps: Sequence[np.ndarray],
               meta: dict | None = None) -> list[Entry]:
        """Classes that occur, by number if they have no names, and void."""
        colours, names = self._colours(meta), (meta or {}).get('classes')
        names = names or [f'class {i}' for i in range(self.num_classes)]
        names = {**dict(enumerate(names)), self.ignore_value: 'no label'}
        found = np.unique(np.concatenate([np.unique(m) for m in maps]))
        return [(str(names[i]), tuple(colours[i].tolist()))
                for i in found.tolist() if i in names]

    def error_map(self,
                  pred: np.ndarray,
                  truth: np.ndarray,
                  kind: str | None = None) -> np.ndarray:
        """1 where the class is wrong, 0 where it is right."""
        return self.mask_error((pred != truth)[0], truth)

    def error_scale(self,
                    error: np.ndarray,
                    kind: str | None = None) -> Scale:
        """Two colours."""
        colours = np.array([[235, 235, 235], [214, 39, 40]], np.uint8)
        return Scale(0., 1., colours, names=('right', 'wrong'))

    def error_summary(self, error: np.ndarray, kind: str | None = None) -> str:
        """Share of the wrong pixels."""
        known = error[np.isfinite(error)]
        if not known.size:
            return 'no label'
        return f'{100 * known.mean(dtype=np.float64):.1f} % wrong'
