# Copyright (c) mtcp_mm authors. All rights reserved.
import cv2
import numpy as np
import torch
from torch import Tensor, nn

from mtcp_mm.registry import TASKS
from mtcp_mm.utils.camera import Camera
from .base import DenseTask
from .inverse_depth import to_inverse, to_metres
from .scale import Scale, colour_map


@TASKS.register_module()
class DepthTask(DenseTask):
    """Monocular depth in metres along the optical axis.

    Label: float32 (H, W), 0 = missing. Prediction: metres, never below 0,
    float32 (1, H, W).

    Args:
        encoding (str): What the logits are, and the target in the loss.
            'metres': metres. 'inverse': inverse depth
            (:func:`mtcp_mm.tasks.inverse_depth.to_inverse`), as DenseMTL
            trains it; 'inverse_released': the same, brought back as its
            released code does it, 0.99 m too near. Defaults to 'metres'.
        nearest (float): Inverse depth of 0 m, hence the unit of inverse
            depths. Defaults to 65536, as in DenseMTL: 324.4 at 2 m. A small
            number spares a network trained from random weights, or for a
            short time, to learn such large ones; the loss shrinks with it.
        **kwargs: See :class:`DenseTask`.

    Raises:
        ValueError: Unknown ``encoding``, ``nearest`` not above 0.
    """

    ignore_value = 0.
    label_format = 'metres (H, W), 0 = missing'
    default_loss = dict(type='mtcp_mm.MaskedL1Loss')
    default_metric = dict(type='mtcp_mm.DepthMetric')
    error_units = dict(absolute=' m', relative=' %')

    def __init__(self,
                 encoding: str = 'metres',
                 nearest: float = 65536.,
                 **kwargs) -> None:
        super().__init__(out_channels=1, **kwargs)
        known = ('metres', 'inverse', 'inverse_released')
        if encoding not in known:
            raise ValueError(f'`encoding` of DepthTask must be one of {known},'
                             f' but is {encoding!r}')
        if not nearest > 0:
            raise ValueError('`nearest` of DepthTask must be above 0, but is '
                             f'{nearest}')
        self.encoding, self.nearest = encoding, nearest

    def decode_label(self,
                     raw: np.ndarray,
                     path: str = '',
                     scale: float = 1.,
                     disparity: float | None = None,
                     offset: float = 0.,
                     far: float | None = None,
                     camera: Camera | None = None) -> np.ndarray:
        """See :meth:`DenseTask.decode_label`.

        Args:
            raw (np.ndarray): Depth map (H, W), any unit.
            path (str): Named in error messages.
            scale (float): Metres per unit of the file. Defaults to 1.
            disparity (float, optional): The file holds the disparity of a
                stereo pair: pixels per unit, in the size of the images of
                ``camera``. Replaces ``scale``.
            offset (float): A disparity has this much added; what is not
                above it is missing. Defaults to 0.
            far (float, optional): What is this far away or farther, in
                metres, is missing: a sky, or a disparity of next to nothing.
            camera (Camera, optional): Whose disparity it is.

        Raises:
            ValueError: A disparity without a camera that has a baseline.
        """
        raw = self.as_map(raw, path, 'a depth map (H, W)')
        if disparity is None:
            depth = raw.astype(np.float32) * np.float32(scale)
        else:
            if camera is None or camera.baseline is None:
                raise ValueError(
                    f'{path} holds a disparity for task `{self.name}`, which '
                    'needs a camera with a baseline to become metres, but '
                    f'the camera is {camera}. Say camera=True in the options '
                    'of the label, and `camera` of the data set with '
                    '`baseline`.')
            pixels = (raw.astype(np.float64) - offset) * disparity
            known = pixels > 0
            depth = np.zeros(raw.shape, np.float32)
            depth[known] = camera.baseline * camera.fx / pixels[known]
        depth[~np.isfinite(depth) | (depth < 0)] = self.ignore_value
        if far is not None:
            depth[depth >= far] = self.ignore_value
        return depth

    def doubt(self, raw: np.ndarray, label: np.ndarray) -> str | None:
        """Another unit, a picture for the eye, or nothing that is known."""
        known = label[label > 0]
        if not known.size:
            if not np.isfinite(raw).any():
                return 'all its pixels are NaN or infinite'
            return ('no pixel has a depth above 0: was it negated?'
                    if (raw < 0).any() else None)
        if (middle := np.median(known)) > 100:
            return (f'half of its depths are above {middle:.0f} m: are these '
                    'millimetres? `scale` is the metres per unit, 0.001')
        if raw.dtype == np.uint8:
            return ('it has 8 bits, so at most 255 different depths: is this '
                    'a picture of the depth?')
        if raw.dtype.kind == 'f' and raw.max() == 1 and raw.min() >= 0:
            return ('its depths end at exactly 1: are they divided by the '
                    'maximum?')
        return None

    def zoom_label(self, label: np.ndarray | Tensor,
                   factor: float) -> np.ndarray | Tensor:
        """What a zoom makes ``factor`` times larger looks that much nearer."""
        return label / np.float32(factor)

    def valid_mask(self, target: Tensor) -> Tensor:
        """See :meth:`DenseTask.valid_mask`."""
        return target.squeeze(-3) > 0

    def loss(self, criterion: nn.Module, logits: Tensor,
             target: Tensor) -> Tensor:
        """See :meth:`DenseTask.loss`; between encoded depths."""
        valid = self.valid_mask(target)
        if self.encoding != 'metres':
            target = to_inverse(target, self.nearest)
        return criterion(logits, target, valid)

    def predict(self, logits: Tensor) -> Tensor:
        """Metres, never negative."""
        if self.encoding != 'metres':
            logits = to_metres(logits, self.nearest)
        if self.encoding == 'inverse_released':
            logits = logits - .99  # 655.36 / d - 1, not 655.36 / d - .01
        return logits.clamp(min=0)

    def constant_sums(self, target: Tensor) -> Tensor:
        """Sum and number of the labelled depths, float64 (2,)."""
        depth = target[target > 0].double()
        return torch.stack([depth.sum(), depth.new_tensor(depth.numel())])

    def constant_prediction(self, sums: Tensor) -> Tensor:
        """Mean depth, float32 (1, 1, 1)."""
        return (sums[0] / sums[1]).float().view(1, 1, 1)

    def draw(self,
             data: np.ndarray,
             meta: dict | None = None,
             reference: np.ndarray | None = None) -> np.ndarray:
        """Near is bright, far is dark, missing is black."""
        scale = self.scale(data if reference is None else reference)
        return scale.paint(np.where(data[0] > 0, data[0], np.nan))

    def scale(self, reference: np.ndarray) -> Scale:
        """From the nearest to the farthest known depth."""
        known = reference[reference > 0]
        low, high = (float(known.min()), float(
            known.max())) if known.size else (0., 1.)
        return Scale(low, max(high, low + 1e-3),
                     colour_map(cv2.COLORMAP_INFERNO)[::-1], ' m')

    def error_map(self,
                  pred: np.ndarray,
                  truth: np.ndarray,
                  kind: str | None = None) -> np.ndarray:
        """Metres, or (``kind='relative'``) per cent of the true depth."""
        error = np.abs(pred - truth)[0]
        if kind == 'relative':
            error = 100 * error / np.where(truth[0] > 0, truth[0], 1)
        return self.mask_error(error, truth)

    def to_png(self, pred: np.ndarray) -> tuple[np.ndarray, str]:
        """Millimetres, uint16; what is farther than 65.535 m is 65535."""
        image = np.round(pred[0].astype(np.float64) * 1000)
        return image.clip(0, 65535).astype(np.uint16), (
            'depth in millimetres; 65535: 65.535 m or more')
