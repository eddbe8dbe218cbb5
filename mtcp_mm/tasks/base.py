# Copyright (c) mtcp_mm authors. All rights reserved.
from abc import ABCMeta, abstractmethod
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from .scale import Entry, Scale, colour_map, nice_ceiling


class DenseTask(metaclass=ABCMeta):
    """Everything that one dense task does differently from the others.

    Data set, transforms, heads, estimator, metrics and visualiser loop over
    tasks and ask only this interface, so a new task is a new subclass.

    Two conventions hold everywhere. A label on its way through the transforms
    is an array (H, W) or (H, W, C); once packed it is a tensor (C, H, W) in
    ``data_sample.gt_<name>``, and a prediction is one in
    ``data_sample.pred_<name>``. A pixel without label holds
    :attr:`ignore_value`.

    Args:
        out_channels (int): Channels of the logits.
        loss (dict, optional): Config of the criterion, replaces
            :attr:`default_loss`.
        metric (dict | list[dict], optional): Config(s) of the metrics,
            replaces :attr:`default_metric`.
        helper (bool): The task only helps: it is trained, but neither
            predicted nor scored. Defaults to False.
    """

    #: Value of a pixel without label (in every channel).
    ignore_value: int | float = 0
    #: What a label file holds, in a few words.
    label_format = ''
    #: The values of a file must survive exactly: a JPEG is refused.
    exact = False
    #: Criterion that is built when the config names none.
    default_loss: dict = {}
    #: Metric that is built when the config names none; None: not scored.
    default_metric: dict | None = None
    #: Opacity of :meth:`draw` over the image; 1: the image does not show.
    opacity = 1.
    #: Kinds of :meth:`error_map` with what is written behind their numbers;
    #: the first is the default.
    error_units: dict[str, str] = dict(absolute='')
    #: End of the scale of an error map; None: fits the errors.
    error_high: float | None = None

    def __init__(self,
                 out_channels: int,
                 loss: dict | None = None,
                 metric: dict | list[dict] | None = None,
                 helper: bool = False) -> None:
        self.name = ''  # given by `build_tasks`
        #: Plain config, as `build_tasks` was given it.
        self.cfg: dict | None = None
        self.out_channels = out_channels
        self.loss_cfg = dict(self.default_loss if loss is None else loss)
        self.helper = helper
        metric = self.default_metric if metric is None else metric
        if metric is None:
            metric = []
        elif isinstance(metric, dict):
            metric = [metric]
        self.metric_cfgs = [dict(m) for m in metric]

    @property
    def gt_key(self) -> str:
        """str: Field of the sample with the ground truth."""
        return f'gt_{self.name}'

    @property
    def pred_key(self) -> str:
        """str: Field of the sample with the prediction."""
        return f'pred_{self.name}'

    @property
    def input_size_key(self) -> str:
        """str: Field with the prediction at the size of the network's input.

        Padding and flip are undone, the resizing is not.
        """
        return f'pred_{self.name}_input'

    # ---- labels as arrays -------------------------------------------------
    @abstractmethod
    def decode_label(self, raw: np.ndarray, path: str = '',
                     **options) -> np.ndarray:
        """Turn the content of a label file into a label.

        Args:
            raw (np.ndarray): As read from the file: an image comes as uint8
                (RGB where it has colours), an array with its own dtype.
            path (str): Named in error messages.
            **options: What the data set knows about its files.

        Returns:
            np.ndarray: Label (H, W) or (H, W, C), void pixels set to
            :attr:`ignore_value`.

        Raises:
            ValueError: The file does not hold a label of this task.
        """

    def as_map(self,
               raw: np.ndarray,
               path: str,
               what: str,
               channels: int = 1,
               kinds: str = 'uif') -> np.ndarray:
        """Check shape and type of what a file holds.

        Args:
            raw (np.ndarray): (H, W), or (H, W, C) with ``channels`` > 1; a
                last axis of one channel is dropped.
            path (str): Named in error messages.
            what (str): What it should be, e.g. 'a depth map (H, W)'.
            channels (int): Defaults to 1.
            kinds (str): Types that are numbers here, see ``np.dtype.kind``.

        Raises:
            ValueError: Another shape, or values that are no such numbers.
        """
        if raw.dtype.kind not in kinds:
            raise ValueError(
                f'{path} must hold {what} for task `{self.name}` as whole '
                f'numbers or floats, but its values are {raw.dtype}. Convert '
                'it, or say where the labels are.')
        if channels == 1 and raw.ndim == 3 and raw.shape[-1] == 1:
            raw = raw[..., 0]
        if raw.shape[2:] != ((channels, ) if channels > 1 else
                             ()) or raw.ndim < 2 or not raw.size:
            raise ValueError(f'{path} must hold {what} for task '
                             f'`{self.name}`, but has shape {raw.shape}.')
        return raw

    def doubt(self, raw: np.ndarray, label: np.ndarray) -> str | None:
        """Why a file is probably no label of this task, though it decodes.

        Args:
            raw (np.ndarray): Content of the file.
            label (np.ndarray): What :meth:`decode_label` made of it.

        Returns:
            str, optional: What was found; None: nothing is odd.
        """
        return None

    def is_void(self, label: np.ndarray) -> bool:
        """Whether no pixel of a label (H, W) or (H, W, C) counts."""
        return not self.valid_mask(self.label_to_tensor(label)).any()

    def zoom_label(self, label: np.ndarray | Tensor,
                   factor: float) -> np.ndarray | Tensor:
        """Correct the values of a label after the camera zoomed in.

        Args:
            label: Resized label, or prediction (C, H, W), zoomed back.
            factor (float): Zoom, > 1 when things got larger.
        """
        return label

    def flip_label(self, label: np.ndarray, direction: str) -> np.ndarray:
        """Correct the values of a label after the map was flipped.

        Args:
            label (np.ndarray): Flipped label.
            direction (str): 'horizontal', 'vertical' or 'diagonal'.
        """
        return label

    def rotate_label(self, label: np.ndarray, degrees: float) -> np.ndarray:
        """Correct the values of a label after the camera was rolled.

        Called after the map itself was rotated about its centre.

        Args:
            label (np.ndarray): Rotated label.
            degrees (float): Angle, > 0 when things turned clockwise on the
                screen.
        """
        return label

    def label_to_tensor(self, label: np.ndarray) -> Tensor:
        """Pack a label: (H, W[, C]) array to (C, H, W) float32 tensor."""
        label = label[None] if label.ndim == 2 else label.transpose(2, 0, 1)
        return torch.from_numpy(np.ascontiguousarray(label)).float()

    # ---- targets and logits as tensors ------------------------------------
    def valid_mask(self, target: Tensor) -> Tensor:
        """Pixels that carry a label.

        Args:
            target (Tensor): Shape (..., C, H, W).

        Returns:
            Tensor: bool, shape (..., H, W).
        """
        return (target != self.ignore_value).any(dim=-3)

    def loss(self, criterion: nn.Module, logits: Tensor,
             target: Tensor) -> Tensor:
        """Loss over the labelled pixels of a batch.

        Args:
            criterion (nn.Module): Built from ``loss_cfg``.
            logits (Tensor): Shape (N, out_channels, H, W).
            target (Tensor): Shape (N, C, H, W), same H and W.

        Returns:
            Tensor: Scalar >= 0.
        """
        return criterion(logits, target, self.valid_mask(target))

    @abstractmethod
    def predict(self, logits: Tensor) -> Tensor:
        """Turn logits into a prediction.

        Args:
            logits (Tensor): Shape (out_channels, H, W).

        Returns:
            Tensor: Shape (C, H, W), in the units of the ground truth.
        """

    def to_average(self, logits: Tensor) -> Tensor:
        """Floats of which views of an image have a mean, (K, H, W)."""
        return self.predict(logits)

    def from_average(self, mean: Tensor) -> Tensor:
        """Prediction (C, H, W) of a mean of :meth:`to_average`."""
        return mean

    def unflip_logits(self, logits: Tensor, direction: str) -> Tensor:
        """Logits (..., H, W) of a flipped image, seen from the original."""
        dims = dict(horizontal=(-1, ), vertical=(-2, ), diagonal=(-2, -1))
        return logits.flip(dims[direction])

    # ---- pictures ---------------------------------------------------------
    @abstractmethod
    def draw(self,
             data: np.ndarray,
             meta: dict | None = None,
             reference: np.ndarray | None = None) -> np.ndarray:
        """Picture of a target or prediction.

        Args:
            data (np.ndarray): Shape (C, H, W).
            meta (dict, optional): What the data set tells about this task
                (``task_meta``), e.g. its ``palette``.
            reference (np.ndarray, optional): Map (C, H, W) that sets the
                value range, usually the ground truth.

        Returns:
            np.ndarray: uint8 RGB, shape (H, W, 3).
        """

    def legend(self,
               maps: Sequence[np.ndarray],
               meta: dict | None = None) -> list[Entry]:
        """Names and colours of what occurs in some maps.

        Args:
            maps (Sequence[np.ndarray]): Targets and predictions (C, H, W).
            meta (dict, optional): See :meth:`draw`.

        Returns:
            list[tuple]: Empty if colours stand for amounts.
        """
        return []

    def scale(self, reference: np.ndarray) -> Scale | None:
        """Values that :meth:`draw` gives to colours; None: no colour bar.

        Args:
            reference (np.ndarray): Map (C, H, W) that sets the value range.
        """
        return None

    def error_map(self,
                  pred: np.ndarray,
                  truth: np.ndarray,
                  kind: str | None = None) -> np.ndarray:
        """Error of every pixel; here the mean difference of the channels.

        Args:
            pred (np.ndarray): Prediction (C, H, W).
            truth (np.ndarray): Target (C, H, W).
            kind (str, optional): Key of :attr:`error_units`.

        Returns:
            np.ndarray: float32, shape (H, W), NaN where there is no label.
        """
        error = np.abs(pred.astype(np.float32) - truth).mean(0)
        return self.mask_error(error, truth)

    def mask_error(self, error: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Set an error (H, W) to NaN where ``truth`` (C, H, W) is void."""
        valid = self.valid_mask(torch.from_numpy(truth)).numpy()
        return np.where(valid, error, np.nan).astype(np.float32)

    def error_scale(self,
                    error: np.ndarray,
                    kind: str | None = None) -> Scale:
        """Colours of an error map: dark is right, bright is wrong.

        The scale ends at :attr:`error_high`, or at the first round number
        above 95 % of the errors.

        Args:
            error (np.ndarray): From :meth:`error_map`.
            kind (str, optional): Key of :attr:`error_units`.
        """
        known = error[np.isfinite(error)]
        high = self.error_high
        if high is None:
            high = nice_ceiling(np.percentile(known, 95) if known.size else 0)
        kind = kind or next(iter(self.error_units))
        return Scale(
            0.,
            high,
            colour_map(cv2.COLORMAP_VIRIDIS),
            unit=self.error_units[kind],
            clipped=bool((known > high).any()),
            void=(190, 190, 190))

    def error_summary(self, error: np.ndarray, kind: str | None = None) -> str:
        """A few words on an error map, e.g. 'mean 0.31 m'."""
        known = error[np.isfinite(error)]
        if not known.size:
            return 'no label'
        unit = self.error_units[kind or next(iter(self.error_units))]
        return f'mean {known.mean(dtype=np.float64):.3g}{unit}'

    def to_png(self, pred: np.ndarray) -> tuple[np.ndarray, str] | None:
        """Prediction as an image file that other programs can read.

        Args:
            pred (np.ndarray): Prediction (C, H, W).

        Returns:
            tuple[np.ndarray, str], optional: uint8 or uint16 (H, W), and what
            its values mean; None: there is no such file.
        """
        return None
