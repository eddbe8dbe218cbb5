# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule, ModuleDict
from torch import Tensor

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features
from .building import from_checkpoint
from .stages import describe_stages, run, stages_of


@MODELS.register_module()
class TaskFusionEncoder(BaseModule):
    """A network per task, whose maps are fused after some of their stages.

    With :class:`CrossStitchUnit` it is the encoder of Cross-Stitch networks
    (Misra et al., CVPR 2016), with :class:`NDDRUnit` that of NDDR-CNN (Gao et
    al., CVPR 2019). Both papers start from networks that were trained on
    their own: ``task_checkpoints``.

    Args:
        backbone (dict): Config of the network of every task.
        tasks (Sequence[str]): Names of the tasks; the estimator gives them.
        unit (dict): Config of what fuses. It gets ``tasks`` and ``channels``,
            and turns one map per task into another.
        fuse_after (Sequence[int]): Stages after which the tasks are fused, 0
            is the stem. Defaults to (1, 2, 3, 4).
        stages (Sequence[Sequence[str]], optional): Names of the modules of
            every stage, the stem first; None: those of a ResNet. Any backbone
            whose forward pass is a chain of modules will do, see
            :func:`mtcp_mm.models.encoders.stages.stages_of`.
        task_checkpoints (Mapping[str, str], optional): Task to the checkpoint
            of a model whose ``backbone`` its network starts from, in place of
            the ``init_cfg`` of ``backbone``. It must fit.

    Shape:
        - x: images (N, 3, H, W)
        - output: :class:`Features` with a map per stage but the stem, finest
          first, of every task

    Raises:
        ValueError: There is no such stage or task.

    Examples:
        >>> backbone = dict(  # the units learn at 100 times the rate:
        ...     type='mtcp_mm.TaskFusionEncoder',
        ...     backbone=dict(type='ResNet', depth=18),
        ...     unit=dict(type='mtcp_mm.CrossStitchUnit'))
        >>> optim_wrapper = dict(paramwise_cfg=dict(custom_keys={
        ...     'backbone.units': dict(lr_mult=100.)}))
    """

    def __init__(self,
                 backbone: Mapping,
                 tasks: Sequence[str],
                 unit: Mapping,
                 fuse_after: Sequence[int] = (1, 2, 3, 4),
                 stages: Sequence[Sequence[str]] | None = None,
                 task_checkpoints: Mapping[str, str] | None = None,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.networks = ModuleDict({
            task: MODELS.build(cfg)
            for task, cfg in from_checkpoint(
                dict.fromkeys(tasks, backbone), task_checkpoints,
                'backbone.').items()
        })
        network = self.networks[tasks[0]]
        self.stages = stages_of(network, stages)
        infos = describe_stages(network, self.stages)
        if unknown := sorted(set(fuse_after) - set(range(len(infos)))):
            raise ValueError(f'`fuse_after` of TaskFusionEncoder names stages '
                             f'{unknown}, but there are stages 0 (stem) to '
                             f'{len(infos) - 1}')
        self.units = ModuleDict({
            str(i): MODELS.build(
                dict(unit, tasks=tasks, channels=infos[i][1].channels))
            for i in fuse_after
        })

    def forward(self, x: Tensor) -> Features:
        """Encode; see the class for shapes."""
        now = dict.fromkeys(self.networks, x)
        maps = {task: [] for task in now}
        for i, blocks in enumerate(self.stages):
            now = {t: run(self.networks[t], blocks, x) for t, x in now.items()}
            if str(i) in self.units:
                now = self.units[str(i)](now)
            for task in now if i else ():
                maps[task].append(now[task])
        return Features(per_task={t: tuple(m) for t, m in maps.items()})
