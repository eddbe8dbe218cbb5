# Copyright (c) mtcp_mm authors. All rights reserved.
"""What a config says once, brought to where it is used.

The top level of a config may hold ``data_root``, ``tasks``, ``dataset`` (what
all data sets share), ``train_pipeline``, ``test_pipeline``, ``image_scale``,
``crop_size`` and ``max_epochs``. Places that have a value of their own keep
it. Afterwards every value stands where it is used and nowhere else, so that
a config that a run dumped cannot contradict itself.
"""
import copy
import difflib
import logging
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.config import Config
from mmengine.logging import print_log

from .config_tree import dataset_leaves, plain, walk

#: Split to the pipeline of its data sets.
PIPELINES = dict(
    train='train_pipeline', val='test_pipeline', test='test_pipeline')
RESIZES = ('Resize', 'RandomResize', 'MultiTaskRandomResize')
CROPS = ('RandomCrop', 'MultiTaskRandomCrop')
#: For whoever finds that something is not where it is used.
HINT = ('What a config says once, at its top level, reaches the data sets and '
        'the model if mtcp_mm.MultiTaskRunner builds them: set runner_type='
        "'mtcp_mm.MultiTaskRunner' (configs/_base_/default_runtime.py does), "
        'or call mtcp_mm.utils.settings.apply_settings(cfg) first. '
        "mmsegmentation's tools/test.py does not ask for runner_type: use "
        'tools/test.py of mtcp_mm.')


class Place(NamedTuple):
    """Where a value belongs: ``node[key]``, by its dotted key ``path``."""

    path: str
    node: Mapping
    key: str


def load_config_file(path: str | Path,
                     cfg_options: Mapping | None = None,
                     dumped: bool = False) -> Config:
    """Read a config; every part of the package reads it here.

    Args:
        path (str | Path): The file.
        cfg_options (Mapping, optional): Values to override, by dotted key.
        dumped (bool): The file was left by a run: what stands at its top
            level was used or overridden then. Defaults to False.

    Returns:
        Config: After :func:`apply_settings`.

    Raises:
        ValueError: See :func:`apply_settings`.
    """
    cfg = Config.fromfile(path)
    if dumped:
        for name in SETTINGS:
            cfg.pop(name, None)
    if cfg_options:
        cfg.merge_from_dict(dict(cfg_options))
    return apply_settings(cfg, tuple(cfg_options or ()))


def apply_settings(cfg: Config, chosen: Collection[str] = ()) -> Config:
    """Bring what the top level says to where it is used.

    A second call changes nothing. ``test_dataloader`` and ``test_evaluator``
    are completed from those of the validation, unless ``test_cfg`` is None.

    Args:
        cfg (Config): Changed in place. None as a value means: not set.
        chosen (Collection[str]): Dotted keys that were set on purpose, as on
            the command line: they win over the top level without a word.

    Returns:
        Config: ``cfg``.

    Raises:
        ValueError: A setting would have no effect; says which lines have.
    """
    for name in set(cfg) - set(SETTINGS):  # 0.88: tta_pipeline, test_pipeline
        for near in difflib.get_close_matches(name, SETTINGS, 1, 0.885):
            print_log(
                f'`{name}` at the top level of the config goes nowhere by '
                f'itself. Is `{near}` meant?', 'current', logging.WARNING)
    _complete_test(cfg)
    _doubt_sizes(cfg)
    for name, find in SETTINGS.items():
        value = cfg.get(name)
        if name == 'dataset' and value is not None:
            # the type first: a data set of another type shares nothing
            for key in sorted(value, key=lambda key: key != 'type'):
                _fill(f'dataset.{key}', value[key], find(cfg, key), chosen)
        elif value is not None:
            _fill(name, value, find(cfg, name), chosen)
        cfg.pop(name, None)
    return cfg


def tasks_of(cfg: Mapping, loader: str = 'test_dataloader') -> dict:
    """Configs of the tasks that the data sets of a loader know, by name."""
    tasks: dict = {}
    for _, leaf in dataset_leaves((cfg.get(loader) or {}).get('dataset')):
        tasks = {**(leaf.get('tasks') or {}), **tasks}
    return tasks


# ---- the places of each setting --------------------------------------------
def _leaves(cfg: Mapping, *splits: str) -> Iterator[tuple[str, str, Mapping]]:
    """Split, key and config of the data sets."""
    for split in splits or PIPELINES:
        loader = cfg.get(f'{split}_dataloader') or {}
        for path, leaf in dataset_leaves(
                loader.get('dataset'), f'{split}_dataloader.dataset'):
            yield split, path, leaf


def _of_data(cfg: Mapping, name: str) -> list[Place]:
    """Data sets, or the definition that they share if that has it."""
    shared = cfg.get('dataset') or {}
    places = [Place(f'dataset.{name}', shared, name)] if name in shared else [
        Place(f'{path}.{name}', leaf, name)
        for _, path, leaf in _leaves(cfg)
    ]
    model = cfg.get('model') or {}
    if name == 'tasks' and _kind(model).endswith('MultiTaskEstimator'):
        places.append(Place('model.tasks', model, name))
    return places


def _of_shared(cfg: Mapping, key: str) -> list[Place]:
    kind = cfg['dataset'].get('type')
    return [
        Place(f'{path}.{key}', leaf, key) for _, path, leaf in _leaves(cfg)
        if key == 'type' or kind in (None, leaf.get('type'))
    ]


def _of_pipeline(cfg: Mapping, name: str) -> list[Place]:
    """Data sets, and wrappers with a pipeline of their own."""
    places = []
    for split, path, leaf in _leaves(cfg):
        if PIPELINES[split] == name:
            pipeline = leaf.get('pipeline')
            if isinstance(pipeline, Mapping):  # made of the --cfg-options
                key = next(iter(pipeline))
                raise ValueError(
                    f'{path}.pipeline.{key} changes a transform of a pipeline '
                    'that stands at the top level of the config. Write '
                    f'{name}.{key}, or set image_scale or crop_size.')
            places.append(Place(f'{path}.pipeline', leaf, 'pipeline'))
    for split, key in PIPELINES.items():
        loader = cfg.get(f'{split}_dataloader') or {}
        if key == name:
            places += [
                Place(f'{path}.pipeline', node, 'pipeline')
                for path, node in walk(
                    loader.get('dataset'), f'{split}_dataloader.dataset')
                if 'pipeline' in node and 'dataset' in node
            ]
    return places


def _of_transforms(cfg: Mapping, name: str) -> list[Place] | None:
    """Transforms of all pipelines that take a size."""
    kinds, key = dict(
        image_scale=(RESIZES, 'scale'), crop_size=(CROPS, 'crop_size'))[name]
    pipelines = {
        key: cfg[key] for key in dict.fromkeys(PIPELINES.values())
        if cfg.get(key)
    }
    for _, path, leaf in _leaves(cfg):
        if leaf.get('pipeline'):
            pipelines[f'{path}.pipeline'] = leaf['pipeline']
    places = [
        Place(f'{path}.{key}', node, key)
        for start, pipeline in pipelines.items()
        for path, node in walk(pipeline, start)
        if _kind(node) in kinds and 'scale_factor' not in node
    ]
    return places if pipelines else None


def _of_training(cfg: Mapping, name: str) -> list[Place] | None:
    train_cfg = cfg.get('train_cfg')
    if not train_cfg:
        return None
    by_iter = (_kind(train_cfg) == 'IterBasedTrainLoop'
               or 'max_iters' in train_cfg
               or train_cfg.get('by_epoch') is False)
    return [] if by_iter else [Place(f'train_cfg.{name}', train_cfg, name)]


#: Settings in the order in which they are applied: what is copied last has
#: everything in it by then.
SETTINGS = dict(
    image_scale=_of_transforms,
    crop_size=_of_transforms,
    train_pipeline=_of_pipeline,
    test_pipeline=_of_pipeline,
    data_root=_of_data,
    tasks=_of_data,
    dataset=_of_shared,
    max_epochs=_of_training)
#: Who takes a setting that is nothing to the rest.
TAKERS = dict(
    image_scale=f'transform ({", ".join(RESIZES)}) in the pipelines',
    crop_size=f'transform ({", ".join(CROPS)}) in the pipelines',
    max_epochs='training loop that counts epochs')


# ---- filling in ------------------------------------------------------------
def _fill(name: str, value: Any, places: Sequence[Place] | None,
          chosen: Collection[str]) -> None:
    if name in ('image_scale', 'crop_size'):
        value = tuple(value) if isinstance(value, Sequence) else value
    if places == [] and name in TAKERS:
        raise ValueError(
            f'`{name}` = {value!r} at the top level of the config has no '
            f'effect: there is no {TAKERS[name]} that takes it. Add one, or '
            f'set `{name} = None`.')
    taken, reached = [], False
    for place in places or ():
        if place.key not in place.node:
            place.node[place.key] = copy.deepcopy(value)
        elif plain(place.node[place.key]) != plain(value):
            taken.append(place)
            continue
        reached = True
    if not taken:
        return
    wins = name not in chosen and any(
        _overlap(place.path, key) for place in taken for key in chosen)
    if not (reached or wins):
        raise ValueError(_explain(name, value, taken))
    listed = ', '.join(f'{p.path} = {_show(p.node[p.key])}' for p in taken)
    print_log(
        f'`{name}` = {_show(value)} of the top level does not hold '
        f'everywhere: {listed}.', 'current')


def _explain(name: str, value: Any, taken: Sequence[Place]) -> str:
    there = '\n'.join(f'    {p.path} = {_show(p.node[p.key])}' for p in taken)
    is_short = not isinstance(value, (Mapping, list))
    lines = []
    for place in taken:
        keys = place.path.split('.')
        line = f'{keys[-1]}={value!r}' if is_short else f'{keys[-1]}={name}'
        for key in reversed(keys[1:-1]):
            line = f'{key}=dict({line})'
        if not any(map(str.isdigit, keys)):
            lines.append(f'    {keys[0]} = dict({line})')
    if is_short:
        text = value if isinstance(value, str) else repr(value)
        lines.append('    --cfg-options ' + ' '.join(
            shlex.quote(f'{p.path}={text.replace(" ", "")}') for p in taken))
    own = taken[0].node[taken[0].key]
    own = f'`{name} = {own!r}` or ' if is_short else ''
    lines = '\n'.join(dict.fromkeys(lines))
    return (f'`{name}` = {_show(value)} at the top level of the config has '
            f'no effect, because its places have values of their own:\n'
            f'{there}\nFor {_show(value)}, write\n{lines}\n'
            f'To keep what is there, write {own}`{name} = None` at the top '
            'level.')


def _show(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, Mapping):
        return f'dict({", ".join(f"{key}=..." for key in value)})'
    if isinstance(value, list) and any(isinstance(v, Mapping) for v in value):
        return f'[{", ".join(_kind(v) for v in value)}]'
    return repr(value)


def _kind(node: Any) -> str:
    """Type of what a dict describes, without its scope."""
    kind = node.get('type', '') if isinstance(node, Mapping) else ''
    return str(getattr(kind, '__name__', kind)).rpartition('.')[-1]


def _overlap(path: str, key: str) -> bool:
    return f'{path}.'.startswith(f'{key}.') or key.startswith(f'{path}.')


def _doubt_sizes(cfg: Mapping) -> None:
    """Say that a crop has nothing to cut; which side is which may differ."""
    scale, crop = (cfg.get(name) for name in ('image_scale', 'crop_size'))
    if all(isinstance(v, Sequence) and len(v) == 2 for v in (scale, crop)):
        if any(s < c for s, c in zip(sorted(scale), sorted(crop))):
            print_log(
                f'image_scale = {scale} (width, height) is below crop_size = '
                f'{crop} (height, width): what is smaller than the crop is '
                'not cut, but trained as it is, and padded with void to the '
                f'largest of its batch. Is crop_size = {tuple(scale)[::-1]} '
                'meant?', 'current', logging.WARNING)


def _complete_test(cfg: Mapping) -> None:
    """Take what the test lacks from the validation, a whole one as it is."""
    for part, needs in (('dataloader', ('sampler', 'batch_sampler')),
                        ('evaluator', ('type', 'metrics'))):
        source = cfg.get(f'val_{part}')
        if not source or cfg.setdefault('test_cfg', dict(
                type='TestLoop')) is None:
            continue
        target = cfg.get(f'test_{part}', {})
        if f'test_{part}' not in cfg:
            cfg[f'test_{part}'] = copy.deepcopy(source)
        elif (isinstance(target, Mapping)
              and not any(key in target for key in needs)):
            _complete(target, source)


def _complete(target: Mapping, source: Mapping) -> None:
    for key, value in source.items():
        if key not in target:
            target[key] = copy.deepcopy(value)
        elif isinstance(value, Mapping) and isinstance(target[key], Mapping):
            if target[key].get('type', value.get('type')) == value.get('type'):
                _complete(target[key], value)
