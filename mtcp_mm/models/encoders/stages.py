# Copyright (c) mtcp_mm authors. All rights reserved.
"""Run a backbone stage by stage, for encoders that act in between.

Stages are lists of names: modules are looked up when they run, so that one
that was replaced (SyncBN) is not missed, and the backbone keeps its keys.
"""
from collections.abc import Sequence

from torch import Tensor, nn

from mtcp_mm.structures import MapInfo
from .encoding import describe


def stages_of(backbone: nn.Module,
              stages: Sequence[Sequence[str]] | None = None
              ) -> list[list[str]]:
    """Names of the blocks of every stage, in the order of the forward pass.

    Args:
        backbone (nn.Module): Its forward pass is a chain of modules.
        stages (Sequence[Sequence[str]], optional): Names of the modules of
            every stage, the stem first; a ``Sequential`` stands for its
            members. None: those of a ResNet of mmseg, mmdet or mmpretrain.

    Raises:
        ValueError: There is no such module, no stages are known, or some
            parameters are in none of them.
    """
    kind = type(backbone).__name__
    if stages is None:
        if not hasattr(backbone, 'res_layers'):
            children = [name for name, _ in backbone.named_children()]
            raise ValueError(
                f'The stages of {kind} are not known, only those of ResNets: '
                'list the names of its modules, stage by stage, the stem '
                "first, as in stages=[['conv1', 'bn1'], ['layer1'], ...]. It "
                f'has {children}')
        stem = ['stem'] if backbone.deep_stem else [
            'conv1', backbone.norm1_name, 'relu'
        ]
        stages = [[*stem, 'maxpool'],
                  *([name] for name in backbone.res_layers)]
    found = [[b for name in names for b in _blocks(backbone, name)]
             for names in stages]
    reached = {
        p
        for blocks in found for name in blocks
        for p in backbone.get_submodule(name).parameters()
    }
    if left := [n for n, p in backbone.named_parameters() if p not in reached]:
        raise ValueError(f'{len(left)} parameters of {kind} are in none of '
                         f'its `stages`, the first is {left[0]}')
    return found


def _blocks(backbone: nn.Module, name: str) -> list[str]:
    try:
        module = backbone.get_submodule(name)
    except AttributeError as error:
        raise ValueError(f'`stages` names `{name}`, but '
                         f'{type(backbone).__name__}: {error}') from None
    if isinstance(module, nn.Sequential) and (
            type(module).forward is nn.Sequential.forward):
        return [f'{name}.{key}' for key, _ in module.named_children()]
    return [name]


def run(backbone: nn.Module, blocks: Sequence[str], x: Tensor) -> Tensor:
    """Send a map through some blocks of a backbone."""
    for name in blocks:
        x = backbone.get_submodule(name)(x)
    return x


class _Probe(nn.Module):
    """The maps before the last block and at the end of every stage."""

    def __init__(self, backbone: nn.Module, stages: list[list[str]]) -> None:
        super().__init__()
        self.backbone, self.stages = backbone, stages

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = []
        for blocks in self.stages:
            for part in (blocks[:-1], blocks[-1:]):
                x = run(self.backbone, part, x)
                maps.append(x)
        return tuple(maps)


def describe_stages(backbone: nn.Module, stages: list[list[str]]
                    ) -> list[tuple[MapInfo, MapInfo]]:
    """Widths and strides before the last block and at the end of each stage.

    Raises:
        ValueError: The stages do not fit each other.
    """
    info = describe(_Probe(backbone, stages))
    if info is None:
        raise ValueError(f'The stages of {type(backbone).__name__} could not '
                         f'be run one after the other (see the log): {stages}')
    return list(zip(info.shared[::2], info.shared[1::2]))
