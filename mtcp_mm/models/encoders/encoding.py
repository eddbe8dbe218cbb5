# Copyright (c) mtcp_mm authors. All rights reserved.
"""What comes out of backbone and neck: the maps, and what is known before."""
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.logging import print_log
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from mtcp_mm.structures import Features, MapInfo

#: Sides of the images of dry passes. Nothing is computed on fake tensors, so
#: theirs may be large enough to show every stride.
FAKE, REAL = 256, 64


def encode(backbone: nn.Module, neck: nn.Module | None,
           inputs: Tensor) -> Features:
    """Run an encoder.

    A neck that has ``takes_features = True`` gets the :class:`Features` of
    the backbone. Any other neck gets a tuple of maps, as everywhere in
    OpenMMLab: the shared ones, and those of each task in turn.

    Args:
        backbone (nn.Module): Returns a map, a tuple of maps, finest first,
            or Features.
        neck (nn.Module, optional): Further processing.
        inputs (Tensor): Images, shape (N, 3, H, W).
    """
    feats = backbone(inputs)
    if neck is None:
        return Features.wrap(feats)
    if getattr(neck, 'takes_features', False):
        return Features.wrap(neck(Features.wrap(feats)))
    if not isinstance(feats, Features):
        return Features.wrap(neck(feats))

    def through(maps: tuple) -> tuple:
        return Features.wrap(neck(maps)).shared if maps else ()

    return Features(
        through(feats.shared),
        {task: through(maps)
         for task, maps in feats.per_task.items()})


def describe(backbone: nn.Module,
             neck: nn.Module | None = None) -> Features | None:
    """Widths and strides of the maps of an encoder.

    A backbone that declares them has a method ``describe_features()``, a neck
    ``describe_features(inputs)`` with what is known of its inputs; both
    return :class:`Features` or a tuple of :class:`MapInfo`. Of all others
    the shapes of a dry pass tell: on fake tensors, or if a part cannot take
    those (ops without a rule for shapes), on a small black image.

    Returns:
        Features | None: With :class:`MapInfo` in place of maps; None if no
        dry pass went through, which is logged.
    """
    declares = getattr(neck or backbone, 'describe_features', None)
    if declares is not None and neck is None:
        return Features.wrap(declares())
    if declares is not None:
        inputs = describe(backbone)
        return None if inputs is None else Features.wrap(declares(inputs))
    reasons = []
    with _evaluating(backbone, neck), torch.no_grad():
        for side, mode in ((FAKE, FakeTensorMode(allow_non_fake_inputs=True)),
                           (REAL, torch.no_grad())):
            try:
                with mode:
                    feats = encode(backbone, neck, torch.zeros(
                        1, 3, side, side))
                return feats.apply(lambda x, side=side: MapInfo(
                    x.shape[1], round(side / x.shape[2])))
            except Exception as error:  # whatever a foreign module raises
                reasons.append(f'{type(error).__name__}: {error}')
    print_log(
        f'A dry pass through {type(backbone).__name__} did not tell its '
        f'widths ({" / ".join(r.splitlines()[0] for r in reasons)}): type '
        '`in_channels` in the config.',
        logger='current')
    return None


@contextmanager
def _evaluating(*parts: nn.Module | None) -> Iterator[None]:
    """Evaluation mode; flags are put back one by one, since ``train()`` of a
    backbone can freeze what was not frozen."""
    modules = [m for part in parts if part is not None for m in part.modules()]
    flags = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        yield
    finally:
        for module, flag in zip(modules, flags):
            module.training = flag
