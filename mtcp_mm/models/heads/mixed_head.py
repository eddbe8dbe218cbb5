# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import ModuleDict
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput
from ..encoders import from_checkpoint, offer
from .base import MultiTaskHead, Widths


@MODELS.register_module()
class MixedHead(MultiTaskHead):
    """A head of its own for every task: mmseg's decode heads, or ours.

    Of a decode head of mmseg only the way from features to logits is used.
    ``num_classes`` follows from the task, and so do loss and prediction.

    Args:
        heads (Mapping[str, dict]): Task to the config of its head: a decode
            head of mmseg that returns one map (``SegformerHead``,
            ``UPerHead``, ``FCNHead``, ...), or a head of this package
            (``mtcp_mm.HFPHead``). A head of this package may serve several
            tasks: name them with commas, ``{'depth, normals': dict(...)}``.
            ``'*'`` stands for one head for each task that is not named.
        task_channels (Mapping[str, int]): Logit channels per task.
        in_channels (Sequence[int] | Mapping, optional): Channels of the maps,
            finest first, for the heads that do not name theirs (of a head of
            mmseg, those of its ``in_index``). None: the estimator asks the
            encoder.
        in_strides (Sequence[int] | Mapping, optional): The same for strides.
        task_checkpoints (Mapping[str, str], optional): Task, or tasks as in
            ``heads``, to the checkpoint of a model with a MixedHead, from
            whose head of the same name the head here starts. It must fit.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: maps of the encoder, as the heads take them
        - output: per task ``final`` (N, task_channels[task], h, w), at the
          stride that its head has

    Raises:
        ValueError: A task has no head or two, a head serves an unknown task,
            or has a loss of its own.
        TypeError: A decode head returns something else than one map.

    Examples:
        >>> decode_head = dict(
        ...     type='mtcp_mm.MixedHead',
        ...     heads={
        ...         'semseg': dict(
        ...             type='SegformerHead', in_index=[0, 1, 2, 3],
        ...             channels=128),
        ...         'depth, normals': dict(
        ...             type='mtcp_mm.MTCPHead', channels=64)
        ...     })
    """

    def __init__(self,
                 heads: Mapping[str, dict],
                 task_channels: Mapping[str, int],
                 in_channels: Widths | None = None,
                 in_strides: Widths | None = None,
                 task_checkpoints: Mapping[str, str] | None = None,
                 **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        heads = {_key(names): cfg for names, cfg in heads.items()}
        checkpoints = {
            _key(names): file
            for names, file in (task_checkpoints or {}).items() if file
        }
        if '*' in heads:
            named = {name for names in heads for name in names.split('+')}
            default = heads.pop('*')
            heads.update((t, default) for t in task_channels if t not in named)
        heads = from_checkpoint(heads, checkpoints,
                                'decode_head.heads.{task}.')
        self.checkpoint_keys = {  # for messages
            f'heads.{names}': f'task_checkpoints.{names}'
            for names in checkpoints
        }
        self._offers = dict(in_channels=in_channels, in_strides=in_strides)
        self.heads = ModuleDict()
        served = []
        for names, cfg in heads.items():
            tasks = names.split('+')
            served += tasks
            if unknown := [t for t in tasks if t not in task_channels]:
                raise ValueError(
                    f'`heads` of MixedHead names {", ".join(unknown)}, but '
                    f'the tasks are {", ".join(task_channels)}.')
            self.heads[names] = self._build(
                cfg, {t: task_channels[t]
                      for t in tasks})
        for task in task_channels:
            if served.count(task) != 1:
                raise ValueError(
                    f'Every task needs one head, but `heads` of MixedHead '
                    f'has {served.count(task)} for `{task}`.')

    def _build(self, cfg: Mapping, task_channels: dict[str, int]) -> nn.Module:
        head_type = cfg['type']
        if isinstance(head_type, str):
            with MODELS.switch_scope_and_registry(None) as registry:
                head_type = registry.get(head_type)
        if head_type is None or not issubclass(head_type, BaseDecodeHead):
            return MODELS.build(
                offer(
                    dict(cfg, task_channels=task_channels),
                    helpers=[t for t in task_channels if t in self.helpers],
                    **{k: _of(v, task_channels)
                       for k, v in self._offers.items()}))
        names = ', '.join(task_channels)
        if len(task_channels) > 1:
            raise ValueError(f'{cfg["type"]} of mmseg serves one task, but '
                             f'`heads` of MixedHead gives it {names}.')
        if 'loss_decode' in cfg:
            raise ValueError(
                f'`loss_decode` of the head of `{names}` would do nothing '
                'inside of MixedHead. The loss belongs to the task: '
                f'tasks=dict({names}=dict(..., loss=dict(...))).')
        channels, = task_channels.values()
        widths = _of(self._offers['in_channels'], task_channels)
        if widths is not None and 'in_channels' not in cfg:
            index = cfg.get('in_index', -1)
            cfg = dict(cfg, in_channels=widths[index] if isinstance(
                index, int) else [widths[i] for i in index])
        return MODELS.build(
            cfg,
            # a threshold only keeps mmseg from warning
            default_args=dict(num_classes=channels, threshold=0.5))

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        feats, out, losses = Features.wrap(feats), {}, {}
        for names, head in self.heads.items():
            if isinstance(head, BaseDecodeHead):
                logits = head(feats.of(names))
                if not isinstance(logits, Tensor):
                    raise TypeError(
                        f'{type(head).__name__}, the head of `{names}`, '
                        f'returns a {type(logits).__name__} in training, not '
                        'one map: MixedHead cannot use it.')
                out[names] = self.task_output(names, logits)
                continue
            part = head(feats)
            out.update(part.tasks)
            for key, value in part.losses.items():
                losses[key] = losses.get(key, 0.) + value
        return ModelOutput({task: out[task] for task in self.task_channels},
                           losses)


def _of(widths: Widths | None, tasks: Mapping[str, int]) -> Widths | None:
    """What of the widths of an encoder concerns some tasks."""
    if not isinstance(widths, Mapping):
        return widths
    part = {task: widths[task] for task in tasks}
    return part if len(part) > 1 else next(iter(part.values()))


def _key(names: str) -> str:
    """Name of the module of a head: 'a, b' is 'a+b'."""
    return '+'.join(name.strip() for name in names.split(','))
