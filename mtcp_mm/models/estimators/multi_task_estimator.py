# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence
from functools import cache

from mmengine.model import ModuleDict
from mmseg.models.segmentors import BaseSegmentor
from mmseg.structures import SegDataSample
from torch import Tensor

from mtcp_mm.checkpoints.loading import init_from_checkpoints
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, TaskLosses
from mtcp_mm.tasks import build_tasks
from ..encoders import build_encoder, channels_of, describe, encode, offer
from ..layers import resize_to
from .answers import answer, averageable, predictions
from .slide import check_test_cfg, slide
from .step_losses import step_losses


@MODELS.register_module()
class MultiTaskEstimator(BaseSegmentor):
    """One network, many dense predictions: backbone, neck, head.

    Args:
        backbone (dict): Any backbone with a tuple of maps as output, finest
            first, or one that knows the tasks and returns
            :class:`mtcp_mm.structures.Features`; it gets the names of the
            ``tasks`` if it asks for them.
        decode_head (dict): Head that turns features into a
            :class:`mtcp_mm.structures.ModelOutput`; it receives
            ``task_channels``, and ``in_channels``, ``in_strides`` and
            ``helpers`` if it asks for them.
        tasks (dict): Task name to config, see
            :func:`mtcp_mm.tasks.build_tasks`.
        neck (dict, optional): Any neck; None: the head takes the maps of the
            backbone. It gets their ``in_channels`` if the config has none.
        loss_weighting (dict, optional): Turns the losses of the tasks into
            one. Defaults to equal weights.
        data_preprocessor (dict, optional): Defaults to mmengine's.
        train_cfg (dict, optional): Nothing yet.
        test_cfg (dict, optional): ``dict(mode='whole')``, the default, or
            ``dict(mode='slide', crop_size=..., stride=...)``: see
            :func:`slide`.
        init_cfg (dict, optional): Initialisation of the whole model.
        allow_partial (Sequence[str]): Patterns of keys, as
            'backbone.norm?.*', that a checkpoint need not hold or may hold in
            another shape (docs/checkpoints.md). Defaults to none.

    Raises:
        ValueError: A ``test_cfg`` that :func:`check_test_cfg` refuses.
    """

    def __init__(
        self,
        backbone: dict,
        decode_head: dict,
        tasks: dict | None = None,
        neck: dict | None = None,
        loss_weighting: dict | None = None,
        data_preprocessor: dict | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | None = None,
        allow_partial: Sequence[str] = ()) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.train_cfg, self.test_cfg = train_cfg, dict(test_cfg or {})
        check_test_cfg(self.test_cfg)
        self.allow_partial = tuple(allow_partial)
        self.loading_report = None
        self.tasks = build_tasks(tasks)
        names = list(self.tasks)
        self.backbone, self.neck = build_encoder(backbone, neck, names)
        known = cache(lambda: channels_of(
            describe(self.backbone, self.neck), names))
        self.decode_head = MODELS.build(
            offer(
                decode_head,
                helpers=[n for n, t in self.tasks.items() if t.helper],
                in_channels=lambda: known()['in_channels'],
                in_strides=lambda: known()['in_strides']),
            default_args=dict(task_channels={
                name: task.out_channels
                for name, task in self.tasks.items()
            }))
        self.criteria = ModuleDict({
            name: MODELS.build(task.loss_cfg)
            for name, task in self.tasks.items()
        })
        self.loss_weighting = MODELS.build(
            loss_weighting or dict(type='mtcp_mm.FixedWeighting'),
            default_args=dict(tasks=list(self.tasks)))

    def init_weights(self) -> None:
        """Initialise; what comes from a checkpoint must arrive.

        ``loading_report`` tells afterwards which keys were used, ignored and
        missing (docs/checkpoints.md); rank 0 logs it.

        Raises:
            CheckpointError: A checkpoint cannot be read or does not fit.
        """
        if self.is_init:
            super().init_weights()  # mmengine's warning
        else:
            self.loading_report = init_from_checkpoints(
                self, super().init_weights, self.allow_partial)

    def extract_feat(self, inputs: Tensor) -> Features:
        """Features of the images (N, 3, H, W), as the head takes them."""
        return encode(self.backbone, self.neck, inputs)

    def _forward(self,
                 inputs: Tensor,
                 data_samples: list[SegDataSample] | None = None
                 ) -> ModelOutput:
        """Raw output of the head."""
        return self.decode(self.extract_feat(inputs))

    def decode(self, feats: Features) -> ModelOutput:
        """Raw output of the head for features of :meth:`extract_feat`.

        Raises:
            TypeError: The head returns something else than a ModelOutput.
            ValueError: It lacks a task, or the final logits of one.
        """
        output, head = self.decode_head(feats), type(self.decode_head).__name__
        if not isinstance(output, ModelOutput):
            raise TypeError(
                f'{head} returns a {type(output).__name__}, not a '
                'mtcp_mm.structures.ModelOutput: see "A head of your own" in '
                'docs/mixing.md')
        for name, task in self.tasks.items():
            out = output.tasks.get(name)
            if out is None or out.final is None and not task.helper:
                what = 'nothing' if out is None else 'no final logits'
                raise ValueError(
                    f'{head} returns {what} for task `{name}`. If it only '
                    f'helps others, say so: tasks=dict({name}=dict(..., '
                    'helper=True))')
        return output

    def encode_decode(self,
                      inputs: Tensor,
                      batch_data_samples: list[SegDataSample] | None = None
                      ) -> dict[str, Tensor]:
        """Final logits per task that does more than help, at the size of the
        input, in fp32."""
        tasks = self._forward(inputs).tasks
        return {
            name: resize_to(tasks[name].final.float(), inputs.shape[-2:])
            for name, task in self.tasks.items() if not task.helper
        }

    def loss(self, inputs: Tensor,
             data_samples: list[SegDataSample]) -> TaskLosses:
        """Unweighted losses of a batch.

        Images may lack labels, and whole batches those of a task. The loss of
        a task is taken over what is labelled, on all ranks together: every
        labelled image counts the same (:func:`mean_over_ranks`).

        Args:
            inputs (Tensor): Images, shape (N, 3, H, W).
            data_samples (list[SegDataSample]): With ``gt_<task>`` (C, H, W)
                for every task that the image is labelled for.

        Returns:
            TaskLosses: Without tasks that have no labelled pixel on any rank.
        """
        feats = self.loss_weighting.cut(self.extract_feat(inputs))
        losses = step_losses(
            self.decode(feats), self.tasks, self.criteria, data_samples)
        losses.features = tuple(feats.maps())
        # DDP asks in forward which parameters take part
        for parameter in self.loss_weighting.parameters():
            losses.anchor = losses.anchor + parameter.sum() * 0.
        return losses

    def parse_losses(self,
                     losses: TaskLosses) -> tuple[Tensor, dict[str, Tensor]]:
        """Weigh the task losses and add everything up.

        Args:
            losses (TaskLosses): From :meth:`loss`.

        Returns:
            tuple[Tensor, dict]: The scalar to minimise, and what to log:
            that scalar as ``loss``, the unweighted losses by their keys.
        """
        self.main_losses = {t: x.detach() for t, x in losses.main.items()}
        total = losses.anchor + sum(losses.extra.values())
        if losses.main or losses.stages:
            total = total + self.loss_weighting(losses, losses.features)
        return total, losses.to_log(total, self.loss_weighting.step_weights)

    def inference(self, inputs: Tensor) -> dict[str, Tensor]:
        """As :meth:`encode_decode`, whole or in windows (``test_cfg``)."""
        if self.test_cfg.get('mode') != 'slide':
            return self.encode_decode(inputs)
        return slide(self.encode_decode, inputs, self.test_cfg['crop_size'],
                     self.test_cfg['stride'])

    def test_step(self,
                  data: dict,
                  mode: str = 'predict') -> list[SegDataSample]:
        """Predict a batch of a loader.

        Images of different padded size run in forwards of their own: what
        is predicted does not depend on the neighbours.

        Args:
            data (dict): What the data preprocessor takes.
            mode (str): 'predict', or 'average', see :meth:`average`.
        """
        split = getattr(self.data_preprocessor, 'split', None)
        if split is None:
            return self._run_forward(self.data_preprocessor(data), mode)
        found = {}
        for rows, part in split(data):
            part = self.data_preprocessor(part)
            found.update(zip(rows, self._run_forward(part, mode)))
        return [found[i] for i in range(len(found))]

    val_step = test_step

    def forward(self,
                inputs: Tensor,
                data_samples: list[SegDataSample] | None = None,
                mode: str = 'tensor'
                ) -> ModelOutput | TaskLosses | list[SegDataSample]:
        """See mmseg; ``mode`` may be 'average', too."""
        if mode == 'average':
            return self.average(inputs, data_samples)
        return super().forward(inputs, data_samples, mode)

    def predict(self,
                inputs: Tensor,
                data_samples: list[SegDataSample] | None = None
                ) -> list[SegDataSample]:
        """Predict every task at the original size of each image.

        Args:
            inputs (Tensor): Images, shape (N, 3, H, W).
            data_samples (list[SegDataSample], optional): Their metainfo
                tells padding, flip and ``ori_shape``. None: predictions have
                the size of the input.

        Returns:
            list[SegDataSample]: With ``pred_<task>`` (C, H, W) added, and
            ``pred_<task>_input`` at the size of the input; one tensor where
            both sizes are equal.

        Raises:
            NumbersError: The network gives NaN.
        """
        data_samples = data_samples or [SegDataSample() for _ in inputs]
        answer(self.inference(inputs), self.tasks, data_samples, predictions)
        return data_samples

    def average(self, inputs: Tensor,
                data_samples: list[SegDataSample]) -> list[SegDataSample]:
        """As :meth:`predict`, for the mean over several views of an image.

        ``pred_<task>`` (K, H, W) is what
        :meth:`mtcp_mm.tasks.DenseTask.to_average` makes of the logits, and
        there is no ``pred_<task>_input``.
        """
        answer(self.inference(inputs), self.tasks, data_samples, averageable)
        return data_samples
