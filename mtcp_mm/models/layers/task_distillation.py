# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule, ModuleDict
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from .checks import check_tasks


@MODELS.register_module()
class TaskDistillation(BaseModule):
    """Every task takes from the others what a gate lets through (PAD-Net).

    ``F'_t = F_t + sum over a != t of sigmoid(G_ta * F_x) o (W_ta * F_a)``
    with 3x3 convolutions G and W of its own for every target t and source a.
    x is the sender a in MTI-Net and in the code of its authors for both
    methods, the receiver t in PAD-Net (CVPR 2018).

    Args:
        channels (int): Channels of every map.
        targets (Sequence[str]): Tasks that receive.
        sources (Sequence[str], optional): Tasks that send, the targets among
            them. None: the targets.
        gate (str): Who decides, 'source' or 'target'. Defaults to 'source'.

    Shape:
        - maps: source to (N, channels, H, W)
        - output: target to (N, channels, H, W)

    Raises:
        ValueError: Another ``gate``, a target that does not send, or maps of
            other tasks than the sources.
    """

    def __init__(
        self,
        channels: int,
        targets: Sequence[str],
        sources: Sequence[str] | None = None,
        gate: str = 'source',
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        sources = targets if sources is None else sources
        if gate not in ('source', 'target'):
            raise ValueError("`gate` of TaskDistillation is 'source' or "
                             f"'target', but is {gate!r}")
        if silent := sorted(set(targets) - set(sources)):
            raise ValueError(f'`targets` of TaskDistillation has {silent}, '
                             f'which `sources`, {sorted(sources)}, lacks')
        # sorted: a config that mmengine dumped has its tasks that way
        self.targets, self.sources = tuple(targets), tuple(sorted(sources))
        self.gate = gate
        self.gates, self.messages = (
            ModuleDict({
                target: ModuleDict({
                    source: nn.Conv2d(
                        channels, channels, 3, padding=1, bias=False)
                    for source in self.sources if source != target
                })
                for target in targets
            })
            for _ in range(2))

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Distil; see the class for shapes."""
        check_tasks(self, self.sources, maps)
        return {target: self._receive(target, maps) for target in self.targets}

    def _receive(self, target: str, maps: Mapping[str, Tensor]) -> Tensor:
        x = maps[target]
        for source, message in self.messages[target].items():
            asked = maps[source if self.gate == 'source' else target]
            gate = self.gates[target][source](asked).sigmoid()
            x = x + gate * message(maps[source])
        return x
