# Copyright (c) mtcp_mm authors. All rights reserved.
"""What a config says about images without labels, and about classes."""
from collections.abc import Mapping

from mmengine.registry import DATASETS

from mtcp_mm.utils.config_tree import dataset_leaves


def find_dataset(cfg: Mapping) -> Mapping:
    """Config of the test data set, the first one inside of wrappers.

    Raises:
        ValueError: The config has none with a ``pipeline``.
    """
    for loader in ('test_dataloader', 'val_dataloader'):
        for _, leaf in dataset_leaves((cfg.get(loader) or {}).get('dataset')):
            if 'pipeline' in leaf:
                return leaf
    raise ValueError(
        'The config says nowhere how an image is prepared: it has no '
        '`test_dataloader.dataset.pipeline`, nor one of `val_dataloader`.')


def label_free_pipeline(cfg: Mapping) -> tuple[list, bool]:
    """Transforms of the test pipeline that come after loading.

    What loads (``LoadImageFromFile``, ``LoadMultiTaskAnnotations``, mmseg's
    ``LoadAnnotations``, ...) is left out: an image comes from anywhere, and
    has no labels.

    Args:
        cfg (Mapping): The config.

    Returns:
        tuple[list, bool]: Configs of the transforms, and whether the image
        is loaded as float32.
    """
    kept, to_float32 = [], False
    for transform in find_dataset(cfg)['pipeline']:
        kind = transform['type']
        name = getattr(kind, '__name__', kind).rpartition('.')[-1]
        if not name.startswith('Load'):
            kept.append(dict(transform))
        elif name.startswith('LoadImage'):
            to_float32 = bool(transform.get('to_float32', False))
    return kept, to_float32


def dataset_meta_of(cfg: Mapping) -> dict:
    """Classes and colours that a data set has without its files.

    Args:
        cfg (Mapping): The config.

    Returns:
        dict: With ``task_meta``, as :attr:`MultiTaskDataset.metainfo`.
    """
    node = find_dataset(cfg)
    cls = DATASETS.get(node['type']) if isinstance(node['type'],
                                                   str) else node['type']
    meta = {**getattr(cls, 'METAINFO', {}), **(node.get('metainfo') or {})}
    main = {k: meta[k] for k in ('classes', 'palette') if k in meta}
    task_meta = {getattr(cls, 'main_label', 'semseg'): main} if main else {}
    return dict(meta, task_meta={**task_meta, **meta.get('task_meta', {})})
