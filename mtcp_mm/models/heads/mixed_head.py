# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule, ModuleDict
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import TaskLogits


@MODELS.register_module()
class MixedHead(BaseModule):
    """A head of its own for every task: mmseg's decode heads, or ours.

    Of a decode head of mmseg only the way from features to logits is used.
    ``num_classes`` follows from the task, and so do loss and prediction.

    Args:
        heads (Mapping[str, dict]): Task to the config of its head: a decode
            head of mmseg that returns one map (``SegformerHead``,
            ``UPerHead``, ``FCNHead``, ...), or a head of this package
            (``mtcp_mm.HFPHead``). A head of this package may serve several
            tasks: name them with commas, ``{'depth, normals': dict(...)}``.
        task_channels (Mapping[str, int]): Logit channels per task; the
            estimator gives them.

    Shape:
        - feats: (N, C, H, W), or a tuple of maps, as the heads take them
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
        ...             type='SegformerHead', in_channels=[32, 64, 160, 256],
        ...             in_index=[0, 1, 2, 3], channels=128),
        ...         'depth, normals': dict(
        ...             type='mtcp_mm.MTCPHead', channels=64,
        ...             in_channels=[32, 64, 160, 256])
        ...     })
    """

    def __init__(self,
                 heads: Mapping[str, dict],
                 task_channels: Mapping[str, int],
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.heads = ModuleDict()
        self.order = list(task_channels)
        served = []
        for names, cfg in heads.items():
            tasks = [name.strip() for name in names.split(',')]
            served += tasks
            if unknown := [t for t in tasks if t not in task_channels]:
                raise ValueError(
                    f'`heads` of MixedHead names {", ".join(unknown)}, but '
                    f'the tasks are {", ".join(task_channels)}.')
            self.heads['+'.join(tasks)] = self._build(
                cfg, {t: task_channels[t]
                      for t in tasks})
        for task in task_channels:
            if served.count(task) != 1:
                raise ValueError(
                    f'Every task needs one head, but `heads` of MixedHead '
                    f'has {served.count(task)} for `{task}`.')

    @staticmethod
    def _build(cfg: Mapping, task_channels: dict[str, int]) -> BaseModule:
        head_type = cfg['type']
        if isinstance(head_type, str):
            with MODELS.switch_scope_and_registry(None) as registry:
                head_type = registry.get(head_type)
        if head_type is None or not issubclass(head_type, BaseDecodeHead):
            return MODELS.build(
                cfg, default_args=dict(task_channels=task_channels))
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
        return MODELS.build(
            cfg,
            # a threshold only keeps mmseg from warning
            default_args=dict(num_classes=channels, threshold=0.5))

    def forward(self, feats: Tensor | Sequence[Tensor]
                ) -> dict[str, TaskLogits]:
        """Decode every task; see the class for shapes."""
        out = {}
        for names, head in self.heads.items():
            if not isinstance(head, BaseDecodeHead):
                out.update(head(feats))
                continue
            maps = (feats, ) if isinstance(feats, Tensor) else feats
            logits = head(maps)
            if not isinstance(logits, Tensor):
                raise TypeError(
                    f'{type(head).__name__}, the head of `{names}`, returns '
                    f'a {type(logits).__name__} in training, not one map: '
                    'MixedHead cannot use it.')
            out[names] = TaskLogits(logits)
        return {task: out[task] for task in self.order}
