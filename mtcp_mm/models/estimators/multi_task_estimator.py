# Copyright (c) mtcp_mm authors. All rights reserved.
from collections import OrderedDict, defaultdict
from collections.abc import Sequence

import torch
from mmengine.model import ModuleDict
from mmengine.structures import PixelData
from mmseg.models.segmentors import BaseSegmentor
from mmseg.structures import SegDataSample
from torch import Tensor

from mtcp_mm.checkpoints.loading import init_from_checkpoints
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import TaskLogits
from mtcp_mm.tasks import build_tasks
from ..layers import resize_to
from .rank_balance import rank_factors, scale_gradient
from .sample_geometry import to_original, to_unpadded


@MODELS.register_module()
class MultiTaskEstimator(BaseSegmentor):
    """One network, many dense predictions: backbone, neck, head.

    Args:
        backbone (dict): Any backbone with a tuple of maps as output.
        decode_head (dict): Head that turns features into
            ``{task: TaskLogits}``; it receives ``task_channels``.
        tasks (dict): Task name to config, see
            :func:`mtcp_mm.tasks.build_tasks`.
        neck (dict, optional): Any neck; None: the head takes the maps of the
            backbone.
        loss_weighting (dict, optional): Turns the losses of the tasks into
            one. Defaults to equal weights.
        data_preprocessor (dict, optional): Defaults to mmengine's.
        train_cfg (dict, optional): Nothing yet.
        test_cfg (dict, optional): ``dict(mode='whole')``, the only mode.
        init_cfg (dict, optional): Initialisation of the whole model.
        allow_partial (Sequence[str]): Patterns of keys, as
            'backbone.norm?.*', that a ``Pretrained`` checkpoint need not
            hold or may hold in another shape, see :meth:`init_weights`.
            Defaults to none.

    Raises:
        ValueError: A ``test_cfg`` mode other than 'whole'.
    """

    def __init__(
        self,
        backbone: dict,
        decode_head: dict,
        tasks: dict,
        neck: dict | None = None,
        loss_weighting: dict | None = None,
        data_preprocessor: dict | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | None = None,
        allow_partial: Sequence[str] = ()) -> None:
        super().__init__(data_preprocessor, init_cfg)
        mode = (test_cfg or {}).get('mode', 'whole')
        if mode != 'whole':
            raise ValueError('MultiTaskEstimator predicts whole images: '
                             "`test_cfg` must be dict(mode='whole'), but its "
                             f'mode is {mode!r}')
        self.train_cfg, self.test_cfg = train_cfg, test_cfg
        self.allow_partial = tuple(allow_partial)
        self.loading_report = None
        self.tasks = build_tasks(tasks)
        self.backbone = MODELS.build(backbone)
        self.neck = None if neck is None else MODELS.build(neck)
        self.decode_head = MODELS.build(
            decode_head,
            default_args=dict(task_channels={
                name: task.out_channels
                for name, task in self.tasks.items()
            }))
        self.criteria = ModuleDict({
            name: MODELS.build(task.loss_cfg)
            for name, task in self.tasks.items()
        })
        self.intermediate_criteria = ModuleDict({
            name: MODELS.build(task.intermediate_loss_cfg)
            for name, task in self.tasks.items() if task.intermediate_loss_cfg
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

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Features of the images (N, 3, H, W), as the head takes them."""
        feats = self.backbone(inputs)
        return feats if self.neck is None else self.neck(feats)

    def _forward(self,
                 inputs: Tensor,
                 data_samples: list[SegDataSample] | None = None
                 ) -> dict[str, TaskLogits]:
        """Raw output of the head, per task."""
        return self.decode_head(self.extract_feat(inputs))

    def encode_decode(self,
                      inputs: Tensor,
                      batch_data_samples: list[SegDataSample] | None = None
                      ) -> dict[str, Tensor]:
        """Final logits per task, at the size of the input, in fp32."""
        return {
            name: resize_to(logits.final.float(), inputs.shape[-2:])
            for name, logits in self._forward(inputs).items()
        }

    def loss(self, inputs: Tensor,
             data_samples: list[SegDataSample]) -> dict[str, Tensor]:
        """Unweighted losses of a batch.

        Images may lack labels, and whole batches those of a task. The loss of
        a task is taken over what is labelled; on several ranks its gradient
        is scaled such that every labelled image counts the same on all of
        them (:func:`rank_factors`).

        Args:
            inputs (Tensor): Images, shape (N, 3, H, W).
            data_samples (list[SegDataSample]): With ``gt_<task>`` (C, H, W)
                for every task that the image is labelled for.

        Returns:
            dict[str, Tensor]: ``<task>.loss`` of the final logits,
            ``<task>.loss_inter<i>`` of the intermediate ones (coarsest
            first), ``<aux>.loss`` of what the head adds. A task without a
            single labelled pixel has no entry; ``unlabelled.loss``, a zero,
            keeps its graph alive for DDP.
        """
        losses, extra = OrderedDict(), defaultdict(list)
        labels = {
            name: self._gather_targets(name, data_samples)
            for name in self.tasks
        }
        factors = dict(
            zip(labels,
                rank_factors([len(rows) for rows, _ in labels.values()],
                             inputs.device)))
        for name, logits in self._forward(inputs).items():
            maps = [logits.final, *logits.intermediate]
            rows, target = labels[name]
            if rows:
                keys = ['loss'] + [
                    f'loss_inter{i}' for i in range(len(logits.intermediate))
                ]
                for key, x in zip(keys, maps):
                    losses[f'{name}.{key}'] = scale_gradient(
                        self._task_loss(name, key, x[rows], target),
                        factors[name])
            else:
                extra['unlabelled'] += [x.float().sum() * 0. for x in maps]
            for key, value in logits.aux_losses.items():
                extra[key].append(value)
        for key, values in extra.items():
            losses[f'{key}.loss'] = sum(values)
        return losses

    def _gather_targets(
            self, name: str, data_samples: list[SegDataSample]
    ) -> tuple[list[int], Tensor | None]:
        """Images with at least one labelled pixel, and their targets."""
        task, rows, targets = self.tasks[name], [], []
        for i, sample in enumerate(data_samples):
            if task.gt_key in sample:
                rows.append(i)
                targets.append(sample.get(task.gt_key).data)
        if not rows:
            return [], None
        target = torch.stack(targets)
        labelled = task.valid_mask(target).flatten(1).any(1).tolist()
        rows = [i for i, keep in zip(rows, labelled) if keep]
        return rows, target[torch.tensor(labelled, device=target.device)]

    def _task_loss(self, name: str, key: str, logits: Tensor,
                   target: Tensor) -> Tensor:
        criterion = self.criteria[name]
        if key != 'loss' and name in self.intermediate_criteria:
            criterion = self.intermediate_criteria[name]
        logits = resize_to(logits.float(), target.shape[-2:])
        return self.tasks[name].loss(criterion, logits, target)

    def parse_losses(
            self, losses: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Weigh the task losses and add everything up.

        Args:
            losses (dict[str, Tensor]): From :meth:`loss`.

        Returns:
            tuple[Tensor, dict]: The scalar to minimise, and what to log:
            that scalar as ``loss``, the unweighted losses by their keys.
        """
        main, intermediate, other = {}, defaultdict(list), []
        for key, value in losses.items():
            name, _, kind = key.partition('.')
            if name not in self.tasks:
                other.append(value)
            elif kind == 'loss':
                main[name] = value
            else:
                intermediate[name].append(value)
        total = sum(other)
        if main:
            total = total + self.loss_weighting(main, dict(intermediate))
        log_vars = OrderedDict(loss=total)
        log_vars.update((k, v) for k, v in losses.items()
                        if k != 'unlabelled.loss')
        return total, log_vars

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
            with ``pred_<task>_input`` where a metric of the task asks for
            it (:attr:`DenseTask.needs_input_size`).
        """
        logits = self.encode_decode(inputs, data_samples)
        if data_samples is None:
            data_samples = [SegDataSample() for _ in range(len(inputs))]
        for i, sample in enumerate(data_samples):
            for name, task in self.tasks.items():
                seen = to_unpadded(task, logits[name][i], sample.metainfo)
                preds = {task.pred_key: to_original(seen, sample.metainfo)}
                if task.needs_input_size:
                    preds[task.input_size_key] = seen
                sample.set_data({
                    key: PixelData(data=task.predict(x))
                    for key, x in preds.items()
                })
        return data_samples
