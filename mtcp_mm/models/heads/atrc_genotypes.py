# Copyright (c) mtcp_mm authors. All rights reserved.
"""Which context a task of ATRC takes from which other task."""
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: Kinds of context, by the numbers in the published files.
KINDS = ('none', 'global', 'local', 'target_label', 'source_label')
NYUD, PASCAL = (('semseg', 'depth', 'normals', 'edge'),
                ('semseg', 'human_parts', 'saliency', 'normals', 'edge'))
#: What the authors' search found (github.com/brdav/atrc, ``genotypes/``), by
#: data set and width of the HRNet. A row is a target, its columns sources.
GENOTYPES = dict(
    nyud_w18=dict(
        tasks=NYUD,
        rows=((3, 3, 4, 4), (4, 3, 4, 4), (4, 3, 3, 4), (3, 3, 1, 3))),
    nyud_w48=dict(
        tasks=NYUD,
        rows=((3, 0, 0, 4), (4, 1, 1, 4), (4, 1, 1, 4), (3, 3, 3, 3))),
    pascal_w18=dict(
        tasks=PASCAL,
        rows=((3, 3, 4, 0, 4), (3, 3, 4, 3, 4), (3, 3, 3, 4, 3),
              (3, 3, 3, 3, 4), (3, 3, 3, 1, 3))))

Genotype = str | Mapping[str, Any]


def parse_genotype(genotype: Genotype,
                   tasks: Iterable[str]) -> dict[str, dict[str, str]]:
    """Kind of context for every target and source.

    Args:
        genotype (str | Mapping): Name of one of :data:`GENOTYPES`, or
            ``{target: {source: kind}}``, or ``dict(tasks=[...], rows=[...])``
            with a row of kinds per target. A kind is one of :data:`KINDS`, or
            its number.
        tasks (Iterable[str]): Tasks of the model, some or all of those.

    Returns:
        dict: Target to source, in alphabetical order, to kind; without those
        of kind 'none'.

    Raises:
        ValueError: Unknown name, task or kind, or something is missing.
    """
    if isinstance(genotype, str):
        if genotype not in GENOTYPES:
            raise ValueError(
                f'there is no `genotype` {genotype!r} of ATRC: use one of '
                f'{", ".join(GENOTYPES)}, or write one as '
                '{target: {source: kind}}')
        genotype = GENOTYPES[genotype]
    if not isinstance(genotype, Mapping):
        raise ValueError(
            'the `genotype` of ATRC is a name, {target: {source: kind}} or '
            f'dict(tasks=[...], rows=[...]), but is {genotype!r}')
    if set(genotype) == {'tasks', 'rows'}:
        genotype = _from_rows(genotype['tasks'], genotype['rows'])
    tasks = sorted(tasks)
    if unknown := [t for t in tasks if t not in genotype]:
        raise ValueError(
            f'the `genotype` of ATRC knows nothing of {", ".join(unknown)}: '
            f'its tasks are {", ".join(genotype)}. Drop these tasks, or write '
            'a genotype with them as {target: {source: kind}}.')
    found: dict[str, dict[str, str]] = {}
    for target in tasks:
        if not isinstance(genotype[target], Mapping):
            raise ValueError(
                f'the `genotype` of ATRC must say for `{target}` what it '
                f'takes from each task, as {{source: kind}}, but has '
                f'{genotype[target]!r}')
        if missing := [s for s in tasks if s not in genotype[target]]:
            raise ValueError(
                f'the `genotype` of ATRC does not say what `{target}` takes '
                f'from {", ".join(missing)}. Nothing is \'none\'.')
        if strange := [s for s in genotype[target] if s not in genotype]:
            raise ValueError(
                f'the `genotype` of ATRC says what `{target}` takes from '
                f'{", ".join(strange)}, but its tasks are '
                f'{", ".join(genotype)}')
        kinds = {s: _kind(genotype[target][s], target, s) for s in tasks}
        found[target] = {s: k for s, k in kinds.items() if k != 'none'}
    return found


def _from_rows(tasks: Sequence[str],
               rows: Sequence[Sequence]) -> dict[str, dict[str, Any]]:
    sizes = [len(row) for row in rows]
    if sizes != [len(tasks)] * len(tasks):
        raise ValueError(
            f'`rows` of the `genotype` of ATRC must be {len(tasks)} rows of '
            f'{len(tasks)} kinds, as there are {len(tasks)} `tasks`, but the '
            f'rows have {sizes} kinds')
    return {t: dict(zip(tasks, row)) for t, row in zip(tasks, rows)}


def _kind(value: str | int, target: str, source: str) -> str:
    if value in KINDS:
        return value
    if type(value) is int and 0 <= value < len(KINDS):
        return KINDS[value]
    raise ValueError(
        f'what `{target}` takes from `{source}` in the `genotype` of ATRC '
        f'must be one of {", ".join(KINDS)}, or its number 0 to '
        f'{len(KINDS) - 1}, but is {value!r}')
