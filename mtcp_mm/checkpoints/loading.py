# Copyright (c) mtcp_mm authors. All rights reserved.
"""Initialise a model from checkpoints and see to it that they arrive.

MMEngine loads a ``Pretrained`` checkpoint with ``strict=False``: a file under
other names leaves the module at random values, with one line in the log.
"""
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from logging import INFO

import torch
from mmengine.dist import is_main_process
from mmengine.logging import print_log
from mmengine.model import PretrainedInit
from torch import nn

from .compare import (
    COMPUTED,
    TRAINING_ONLY,
    CheckpointError,
    best_match,
    check_numbers,
    find_unequal,
    values_for,
)
from .files import nothing_foreign, read_checkpoint
from .report import LoadingReport, PartReport, problem_text


def pretrained_cfgs(module: nn.Module) -> list[dict]:
    """The ``Pretrained`` entries in a module's ``init_cfg``."""
    cfgs = getattr(module, 'init_cfg', None) or []
    cfgs = [cfgs] if isinstance(cfgs, dict) else cfgs
    return [
        c for c in cfgs
        if isinstance(c, dict) and (c.get('type') in ('Pretrained',
                                                      PretrainedInit))
    ]


def config_keys(model: nn.Module) -> dict[str, str]:
    """Where a config says what the parts of a model start from.

    A module that builds parts of other keys than its attributes says so in
    ``checkpoint_keys``: name of the part to the key of its ``init_cfg``, or
    of the path alone.

    Returns:
        dict[str, str]: Name of a module with a checkpoint to that key.
    """
    said = {
        f'{name}.{part}'.lstrip('.'): f'{name}.{key}'.lstrip('.')
        for name, module in model.named_modules()
        for part, key in getattr(module, 'checkpoint_keys', {}).items()
    }
    return {
        name: said.get(name, f'{name}.init_cfg'.lstrip('.'))
        for name, module in model.named_modules() if pretrained_cfgs(module)
    }


class _Part:
    """A module with a checkpoint: found, loaded, checked."""

    def __init__(self, name: str, module: nn.Module, cfg: dict,
                 allow: Sequence[str], files: dict[str, tuple],
                 keys: dict[str, str], users: dict[str, dict]) -> None:
        self.module, self.name = module, name
        path, prefix = cfg['checkpoint'], cfg.get('prefix')
        key = keys[name]
        file_key = f'{key}.checkpoint' if key.endswith('init_cfg') else key
        if path not in files:
            try:
                files[path] = read_checkpoint(
                    path, f'named by `model.{file_key}`')
            except CheckpointError as error:
                raise CheckpointError(
                    f'{error}\nOr start from random weights: --cfg-options ' +
                    ' '.join(f'model.{k}=None' for k in users[path])
                ) from error
        raw, self.tensors = files[path]
        place = self.full('')
        wanted = prefix if prefix is None or prefix.endswith(
            '.') else f'{prefix}.'

        def may_differ(key: str) -> bool:
            return any(fnmatchcase(self.full(key), p) for p in allow)

        found = best_match(self.tensors, module, (wanted or '', place, ''),
                           may_differ, () if name else TRAINING_ONLY)
        self.report = PartReport(name, type(module).__name__, path, prefix,
                                 found, key=file_key)
        self.own = module.state_dict()
        self.values = values_for(self.tensors, module, found)
        self.usual = found.prefix == (wanted or '') and any(
            full in raw.get('state_dict', raw)
            for full in found.used.values())
        # Both would stop mmengine: a prefix that is not there, and (in
        # torch's own load_state_dict) a tensor of another shape. And what is
        # to be skipped, it would load.
        self.hide = not self.usual and prefix is not None or any(
            found.prefix + k in self.tensors for k in self.own
            if k not in found.used and k not in found.resized)

    @property
    def problem(self) -> str | None:
        if self.report.found.fits:
            return None
        return problem_text(self.report, self.tensors, len(self.own))

    def full(self, key: str) -> str:
        """Name of a key in the whole model."""
        return f'{self.name}.{key}' if self.name else key

    def finish(self, taken: set[str]) -> None:
        """Fill what did not arrive; afterwards all values are the file's.

        Args:
            taken (set[str]): Keys of the model that the checkpoint of a
                larger part holds, which mmengine loads last.
        """
        found, report = self.report.found, self.report
        report.overwritten = [k for k in self.values if self.full(k) in taken]
        for key in report.overwritten:
            del self.values[key]
        taken.update(map(self.full, self.values))
        unequal = find_unequal(self.module, self.values)
        lost = [k for k in unequal if k in found.used]
        if lost and self.usual and not self.hide:
            raise CheckpointError(
                f'{report.checkpoint} was loaded into '
                f'`model.{self.name}`, but {len(lost)} of '
                f'{len(self.values)} tensors do not hold its numbers: '
                f'{", ".join(lost[:12])}\nTo mend it: see what '
                f'`init_weights` of {report.kind} does with them.')
        if unequal:
            report.filled = list(self.values)
        own = self.module.state_dict()
        with torch.no_grad():
            for key in report.filled:
                own[key].copy_(self.values[key])


@contextmanager
def _hidden(parts: Sequence[_Part]) -> Iterator[None]:
    """Keep checkpoints from mmengine that it would stumble over."""
    kept = [(p.module, p.module.init_cfg) for p in parts if p.hide]
    try:
        for module, cfg in kept:
            gone = pretrained_cfgs(module)
            cfgs = [cfg] if isinstance(cfg, dict) else cfg
            module.init_cfg = [c for c in cfgs if c not in gone] or None
        yield
    finally:
        for module, cfg in kept:
            module.init_cfg = cfg


def init_from_checkpoints(model: nn.Module,
                          init_weights: Callable[[], None],
                          allow_partial: Sequence[str] = ()
                          ) -> LoadingReport | None:
    """Run ``init_weights`` and check what the checkpoints brought.

    Every submodule with a ``Pretrained`` ``init_cfg`` must find all of its
    keys, by right name and shape, and hold the numbers of the file when all
    is done. MMEngine, or the module itself, does the loading. What they
    cannot find, because the file was saved from a DDP model, from a
    MultiTaskEstimator or under the plain names, is filled in afterwards.

    The report is logged by rank 0.

    Args:
        model (nn.Module): Has the submodules.
        init_weights (Callable): Initialises it as mmengine does.
        allow_partial (Sequence[str]): Patterns (``fnmatch``) of keys of the
            model that may be missing in the file, have another shape, or be
            left over. Defaults to none.

    Returns:
        LoadingReport | None: None if there is no checkpoint.

    Raises:
        CheckpointError: A file cannot be read, does not fit, or holds numbers
            that are not finite.
    """
    named = [(name, module, cfg) for name, module in model.named_modules()
             for cfg in pretrained_cfgs(module)]
    files, keys, users = {}, config_keys(model), {}
    for name, _, cfg in named:  # a dict, as parts may share a key
        users.setdefault(cfg['checkpoint'], {})[keys[name]] = None
    parts = [_Part(*one, allow_partial, files, keys, users) for one in named]
    problems = [p.problem for p in parts if p.problem]
    if problems:
        raise CheckpointError('\n\n'.join(problems))
    for part in parts:
        check_numbers(part.module, part.values, part.report.checkpoint)
    with _hidden(parts), nothing_foreign():
        init_weights()
    taken = set()
    for part in parts:
        part.finish(taken)
    if not parts:
        return None
    report = _summarise(model, parts)
    if is_main_process():
        print_log(report.text(), logger='current', level=INFO)
    return report


def _summarise(model: nn.Module, parts: Sequence[_Part]) -> LoadingReport:
    reports = [p.report for p in parts]
    ignored, covered = {}, set()
    for part in parts:
        found = part.report.found
        covered.update(map(part.full, (*found.used, *found.resized)))
        known = ignored.setdefault(
            part.report.checkpoint, {
                k: f'no part with this checkpoint reads `{k.split(".")[0]}.*`'
                for k in part.tensors
            })
        known.update(found.ignored)
    for report in reports:
        for full in (*report.found.used.values(),
                     *report.found.resized.values()):
            ignored[report.checkpoint].pop(full, None)
    computed = {
        k
        for k in model.state_dict()
        if k.rpartition('.')[2] in COMPUTED
    }
    without = [
        k for k in model.state_dict() if k not in covered | computed
    ]
    return LoadingReport(reports, ignored, without)
