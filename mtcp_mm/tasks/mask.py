# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
from torch import Tensor, nn

from .base import DenseTask


class MaskTask(DenseTask):
    """The probability of a yes per pixel: what saliency and edges share.

    Label: uint8 (H, W), 1 = yes, 0 = no, 255 = void. Prediction: probability,
    float32 (1, H, W).

    Args:
        out_channels (int): 1: the logit of a yes. 2: those of a no and of a
            yes, as the line of ATRC trains saliency; their cross entropy is
            the binary one of their difference, which the criterion gets.
            Defaults to 1.
        **kwargs: See :class:`DenseTask`.

    Raises:
        ValueError: Another number of logits.
    """

    ignore_value = 255
    error_high = 1.
    #: How :meth:`draw` shows a pixel without label, uint8 RGB.
    void_colour = (96, 112, 160)

    def __init__(self, out_channels: int = 1, **kwargs) -> None:
        if out_channels not in (1, 2):
            raise ValueError(
                f'`out_channels` of {type(self).__name__} must be 1, the '
                'logit of a yes, or 2, those of a no and of a yes, but is '
                f'{out_channels!r}')
        super().__init__(out_channels=out_channels, **kwargs)

    def decode_label(self,
                     raw: np.ndarray,
                     path: str = '',
                     high: float | None = None) -> np.ndarray:
        """Turn a map into 1 above half of ``high`` and 0 elsewhere.

        Args:
            raw (np.ndarray): (H, W); what is not finite is void, and so is
                255 where ``high`` is 1.
            path (str): Named in error messages.
            high (float, optional): Value of a full yes. Defaults to 1 where
                nothing is larger, else to 255.

        Raises:
            ValueError: No map, values outside of 0..``high``, or whole
                numbers of which nobody can tell what 1 means.
        """
        raw = self.as_map(
            raw, path, 'a map (H, W) of 0..1 or 0..255', kinds='buif')
        known = np.isfinite(raw)
        void = ~known | (raw == 255 if high == 1 else False)
        values = raw[~void]
        largest = values.max(initial=0)
        if high is None and raw.dtype.kind in 'ui' and largest == 255 and (
                set(np.unique(values).tolist()) == {0, 1, 255}):
            raise ValueError(
                f'{path} holds 0, 1 and 255 for task `{self.name}`: is 1 a '
                'yes and 255 void (say high=1 where its files are named), or '
                'is 255 a yes (high=255)?')
        if high is None:
            high = 1. if largest <= 1.1 else 255.  # resampling may overshoot
        if largest > high * 1.1 or values.min(initial=0) < -.1 * max(
                largest, 1):
            raise ValueError(
                f'{path} holds values of {values.min():g} to {largest:g} for '
                f'task `{self.name}`, expected are 0..{high:g}. Say `high`, '
                'the value of a full yes, where its files are named, or '
                'convert them.')
        label = (raw > high / 2).astype(np.uint8)
        label[void] = self.ignore_value
        return label

    def doubt(self, raw: np.ndarray, label: np.ndarray) -> str | None:
        """Small numbers above 1, read as almost black."""
        largest = raw.max(initial=0)
        if 1 < largest < 16 and not (label == 1).any():
            return (f'its largest value is {largest:g}, which is a no on the '
                    'scale 0..255: say `high`, the value of a full yes')
        return None

    @staticmethod
    def _yes(logits: Tensor) -> Tensor:
        """The one logit (..., 1, H, W) that says as much as one or two."""
        if logits.shape[-3] == 1:
            return logits
        return logits[..., 1:, :, :] - logits[..., :1, :, :]

    def loss(self, criterion: nn.Module, logits: Tensor,
             target: Tensor) -> Tensor:
        """See :meth:`DenseTask.loss`; ``criterion`` of one logit."""
        return super().loss(criterion, self._yes(logits), target)

    def predict(self, logits: Tensor) -> Tensor:
        """Probability, 0..1."""
        return self._yes(logits).sigmoid()

    def draw(self,
             data: np.ndarray,
             meta: dict | None = None,
             reference: np.ndarray | None = None) -> np.ndarray:
        """White is a yes; void has :attr:`void_colour`."""
        level = np.round(data[0].astype(np.float32).clip(0, 1) * 255)
        picture = np.repeat(level.astype(np.uint8)[..., None], 3, axis=-1)
        picture[data[0] == self.ignore_value] = self.void_colour
        return picture
