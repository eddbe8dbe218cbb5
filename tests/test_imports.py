# Copyright (c) mtcp_mm authors. All rights reserved.
"""Which part of the package may import which.

Oracle: the order of the rooms below, and Python's own parser and sorter. A
room imports from rooms below it only; those of one line know nothing of each
other. Inside of every folder no parts import in a circle. Imports count
wherever they stand: in functions and behind ``TYPE_CHECKING`` too.
"""
import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / 'mtcp_mm'
#: From top to bottom; ``__init__``: that of the package itself.
ROOMS = (
    ('cli', 'deploy'),
    ('report', 'experiments'),
    ('apis', ),
    ('engine', ),
    ('models', ),
    ('preparation', ),
    ('datasets', ),
    ('evaluation', ),
    ('visualization', ),
    ('checkpoints', ),
    ('records', ),
    ('tasks', ),
    ('__init__', ),
    ('structures', 'registry', 'utils', 'version'),
)
Module = tuple[str, ...]


def imports_of(file: Path, name: Module, modules: set[Module]) -> set[Module]:
    """Modules of the package that a file imports.

    Args:
        file (Path): The file.
        name (tuple[str]): Its module; a package ends in '__init__'.
        modules (set[tuple[str]]): All modules.
    """
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            targets = [tuple(alias.name.split('.')) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = name[:len(name) - node.level] if node.level else ()
            base += tuple(node.module.split('.')) if node.module else ()
            targets = [(*base, alias.name) for alias in node.names]
        else:
            continue
        for target in targets:
            # a module, a package, or a name in one of these
            choices = (target, (*target, '__init__'), target[:-1],
                       (*target[:-1], '__init__'))
            found |= {c for c in choices[:2] if c in modules} or {
                c for c in choices[2:] if c in modules}
    return found - {name}


def find_faults(package: Path) -> Iterator[str]:
    """What is wrong with the imports of a package, a line each."""
    files = {}
    for file in sorted(package.rglob('*.py')):
        parts = file.relative_to(package.parent).with_suffix('').parts
        files[parts] = file
    level = {room: i for i, row in enumerate(ROOMS) for room in row}
    folders: dict[Module, dict[str, set[str]]] = {}
    for name, file in files.items():
        if name[1] not in level:
            yield f'{file}: {name[1]} is no room, see ROOMS'
            continue
        for other in imports_of(file, name, set(files)):
            here, there = name[1], other[1]
            if here != there and level[here] >= level.get(there, 0):
                yield (f'{file}: {here} imports {".".join(other)}, which is '
                       'no room below it')
            common = next(i for i, (a, b) in enumerate(zip(name, other))
                          if a != b)
            parts = folders.setdefault(name[:common], {})
            parts.setdefault(name[common], set()).add(other[common])
    for folder, graph in folders.items():
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            yield f'{"/".join(folder)}: {" <- ".join(error.args[1])}'


def test_no_import_leads_up_or_round():
    assert list(find_faults(PACKAGE)) == []


def test_the_rooms_are_read():
    """Of a file whose imports are known."""
    names = {(*p.relative_to(PACKAGE.parent).with_suffix('').parts, )
             for p in PACKAGE.rglob('*.py')}
    file = PACKAGE / 'report' / 'write.py'
    found = imports_of(file, ('mtcp_mm', 'report', 'write'), names)
    assert {('mtcp_mm', 'records', 'environment'),
            ('mtcp_mm', 'report', 'build')} <= found


@pytest.fixture
def tree(tmp_path):
    """A package in which all is well."""

    def write(**texts):
        for name, text in texts.items():
            file = tmp_path / 'pkg' / f'{name.replace("__to__", "/")}.py'
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path / 'pkg'

    write(
        __init__='from .version import V',
        version='V = 1',
        records__to____init__='',
        records__to__logs='import json\nfrom pkg import V',
        report__to____init__='from . import build',
        report__to__build='from pkg.records import logs',
        report__to__write='from .build import x\nimport pkg.records.logs',
        experiments__to____init__='')
    return write


def test_a_good_tree(tree):
    assert list(find_faults(tree())) == []


@pytest.mark.parametrize('text', [
    'import pkg.report.build', 'from pkg.report.build import x',
    'from pkg.report import build', 'from pkg import report',
    'from ..report.build import x', 'from .. import report',
    'from ..report import build as b, write as w',
    'def f():\n    from pkg.report import build',
    'if TYPE_CHECKING:\n    import pkg.report'
])
def test_an_import_upwards(tree, text):
    faults = list(find_faults(tree(records__to__data=text)))
    assert faults and 'records imports pkg.report' in faults[0]
    assert 'records/data.py' in faults[0]


def test_an_import_from_the_same_line(tree):
    fault, = find_faults(tree(experiments__to__run='import pkg.report.write'))
    assert 'experiments imports pkg.report.write' in fault


@pytest.mark.parametrize('one, two', [
    ('from . import b', 'from .a import x'),
    ('from .b import x', 'def f():\n    import pkg.records.a'),
])
def test_a_circle_of_modules(tree, one, two):
    fault, = find_faults(tree(records__to__a=one, records__to__b=two))
    assert fault.startswith('pkg/records: ') and ' <- ' in fault


def test_a_circle_through_init(tree):
    fault, = find_faults(tree(
        records__to____init__='from .a import x',
        records__to__a='from . import x'))
    assert 'pkg/records: ' in fault and '__init__' in fault


def test_a_circle_of_folders(tree):
    """No module of it imports itself round the corner."""
    fault, = find_faults(tree(
        records__to__a__to__one='from ..b import two',
        records__to__b__to__two='',
        records__to__b__to__three='from ..a.four import x',
        records__to__a__to__four=''))
    assert fault.startswith('pkg/records: ')


def test_an_unknown_room(tree):
    fault, = find_faults(tree(cellar__to__wine=''))
    assert 'cellar is no room' in fault
