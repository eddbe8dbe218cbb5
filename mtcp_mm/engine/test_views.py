# Copyright (c) mtcp_mm authors. All rights reserved.
"""Views of an image for test-time augmentation, from the test pipeline."""
from collections.abc import Mapping, Sequence
from itertools import product

from mmcv.transforms import Compose, TestTimeAug

from mtcp_mm.utils.config_tree import walk
from mtcp_mm.utils.errors import UsageError
from mtcp_mm.utils.settings import RESIZES

#: Those of mmsegmentation, as far as the training had such zooms.
SCALES = (0.5, 0.75, 1., 1.25, 1.5, 1.75)
#: What a sample has to tell of its view.
META = ('zoom', 'flip', 'flip_direction')


def trained_zooms(cfg: Mapping) -> tuple[float, float]:
    """Smallest and largest zoom of the training, (1, 1) without any.

    Args:
        cfg (Mapping): Whose training uses
            :class:`mtcp_mm.MultiTaskRandomResize`, or not.
    """
    zooms = [1.]
    for _, node in walk(cfg.get('train_dataloader')):
        if 'type' in node and _kind(node) == 'MultiTaskRandomResize':
            zooms += node['ratio_range']
    return min(zooms), max(zooms)


def view_pipeline(pipeline: Sequence[Mapping],
                  scales: Sequence[float] = SCALES,
                  place: str = 'test_pipeline') -> list[dict]:
    """A pipeline whose samples are views: every size, as it is and mirrored.

    A view is zoomed relative to what the test pipeline makes of the image, as
    :class:`mtcp_mm.MultiTaskRandomResize` zooms in training; it takes the
    place of ``Resize``, so that the file is resampled once. Labels are loaded
    for the first view only.

    Args:
        pipeline (Sequence[Mapping]): Loading of the image, transforms,
            loading of the labels, packing.
        scales (Sequence[float]): Zooms, > 0; 1: the size of the test.
        place (str): What messages call the pipeline.

    Returns:
        list[dict]: Loading of the image and ``TestTimeAug``.

    Raises:
        UsageError: A zoom that is not above 0, or a pipeline that has views
            already, or moves the image after its labels are loaded.
    """
    if not scales or not all(scale > 0 for scale in scales):
        raise UsageError('test-time augmentation needs zooms above 0, but '
                         f'they are {list(scales)}')
    kinds = [_kind(transform) for transform in pipeline]
    start = max((i + 1 for i, kind in enumerate(kinds)
                 if kind.startswith('LoadImage')), default=0)
    stop = next((i for i, kind in enumerate(kinds)
                 if i >= start and kind.startswith(('Load', 'Pack'))), None)
    late = [kind for kind in kinds[stop:] if stop is None or
            not kind.startswith(('Load', 'Pack'))]
    if late or stop is None:
        raise UsageError(
            f'test-time augmentation finds no place for its views in {place} '
            f'= [{", ".join(kinds)}]: an image is loaded and transformed, '
            'then its labels are loaded in their own size (Load...), then '
            'both are packed (Pack...). Bring it into this order, or write '
            '`tta_pipeline` with `TestTimeAug` at the top level of the '
            'config.')
    views = []
    for scale, flipped in product(scales, (False, True)):
        moved = _zoomed(pipeline[start:stop], scale)
        if flipped:
            moved.append(dict(
                type='mtcp_mm.MultiTaskRandomFlip', prob=1.,
                direction='horizontal'))
        packing = [
            _telling(transform)
            for kind, transform in zip(kinds[stop:], pipeline[stop:])
            if not views or not kind.startswith('Load')
        ]
        views.append(dict(type=Compose, transforms=[*moved, *packing]))
    return [*pipeline[:start], dict(type=TestTimeAug, transforms=[views])]


def _zoomed(transforms: Sequence[Mapping], scale: float) -> list[dict]:
    """Transforms of a test image, with its size times ``scale``."""
    transforms = [dict(transform) for transform in transforms]
    if scale == 1:
        return transforms
    zoom = dict(type='mtcp_mm.MultiTaskRandomResize', scale=None,
                ratio_range=(scale, scale))
    if len([t for t in transforms if _kind(t) in RESIZES]) == 1:
        for i, transform in enumerate(transforms):
            if _kind(transform) == 'Resize' and 'scale' in transform:
                size = transform['scale']
                size = (size, size) if isinstance(size, int) else tuple(size)
                transforms[i] = {**transform, **zoom, 'scale': size}
                return transforms
    return [*transforms, zoom]


def _telling(transform: Mapping) -> dict:
    """A transform that packs, with the metainfo of a view."""
    if 'meta_keys' not in transform:
        return dict(transform)
    keys = dict.fromkeys((*transform['meta_keys'], *META))
    return dict(transform, meta_keys=tuple(keys))


def _kind(transform: Mapping) -> str:
    """Type of a transform, without its scope."""
    kind = transform['type']
    return str(getattr(kind, '__name__', kind)).rpartition('.')[-1]
