# Copyright (c) mtcp_mm authors. All rights reserved.
def collect_task_meta(dataset) -> dict[str, dict]:
    """Names and colours of the classes of every task that has some.

    Args:
        dataset (MultiTaskDataset): With its metainfo and tasks.

    Raises:
        ValueError: Names, colours and ``num_classes`` are not as many.
    """
    meta = dataset._metainfo
    if isinstance(meta.get('classes'), str):  # one name, no letters
        meta['classes'] = (meta['classes'], )
    known = {
        dataset.main_label:
        {k: meta[k]
         for k in ('classes', 'palette') if k in meta},
        **dataset.METAINFO.get('task_meta', {}),
        **meta.get('task_meta', {})
    }
    task_meta = {}
    for name, task in dataset.tasks.items():
        alias = dataset.label_files.get(name)
        alias = alias if isinstance(alias, str) else name
        found = dict(known.get(name) or known.get(alias) or {})
        if isinstance(found.get('classes'), str):
            found['classes'] = (found['classes'], )
        task_meta[name] = found
        _check(dataset, name, getattr(task, 'num_classes', None), found)
    return {name: m for name, m in task_meta.items() if m}


def _check(dataset, name: str, num_classes: int | None, meta: dict) -> None:
    classes, palette = meta.get('classes'), meta.get('palette')
    if classes is None:
        return
    if num_classes is not None and num_classes != len(classes):
        raise ValueError(
            f'Task `{name}` has num_classes={num_classes}, but '
            f'{type(dataset).__name__} names {len(classes)} classes for it: '
            f'{", ".join(classes[:3])}, ... Set num_classes='
            f'{len(classes)}, or give metainfo=dict(classes=..., '
            'palette=...) for classes of your own.')
    if palette is not None and len(palette) != len(classes):
        raise ValueError(
            f'`metainfo` of task `{name}` has {len(classes)} classes, but '
            f'{len(palette)} colours in its palette. Give both.')
