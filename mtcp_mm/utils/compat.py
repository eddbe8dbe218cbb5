# Copyright (c) mtcp_mm authors. All rights reserved.
"""Does the installed OpenMMLab stack fit? Asked when a part is imported.

pip cannot see most of what goes wrong here: a mmcv without its ops, official
and ``onedl-`` packages that overwrite each other's files, a mmcv that mmdet
refuses. The errors that follow are far from the cause, so look first.
"""
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.version import Version


class StackError(ImportError):
    """The environment lacks something, or holds something twice."""


class Package(NamedTuple):
    """A distribution, the versions that work, the one to install."""

    name: str
    accepted: str
    install: str


# By import name. Keep in step with requirements/{mminstall,onedl}.txt.
OFFICIAL = {
    'mmengine': Package('mmengine', '>=0.10.7,<1.0.0', '==0.11.0rc3'),
    'mmcv': Package('mmcv', '>=2.1.0,<2.2.0', '==2.1.0'),
    'mmdet': Package('mmdet', '>=3.3.0,<3.4.0', '==3.3.0'),
    'mmseg': Package('mmsegmentation', '>=1.2.2,<1.3.0', '==1.2.2'),
    'mmpretrain': Package('mmpretrain', '>=1.2.0,<1.3.0', '==1.2.0'),
}
ONEDL = {
    'mmengine': Package('onedl-mmengine', '>=0.10.12', '>=0.10.12'),
    'mmcv': Package('onedl-mmcv', '>=2.3.5,<2.4', '>=2.3.5,<2.4'),
    'mmdet': Package('onedl-mmdetection', '>=3.5.1', '>=3.5.1'),
    'mmseg': Package('onedl-mmsegmentation', '>=1.4.2', '>=1.4.2'),
    'mmpretrain': Package('onedl-mmpretrain', '>=1.3.6', '>=1.3.6'),
}
#: What the package itself imports; further modules are checked on use.
REQUIRED = ('mmengine', 'mmcv', 'mmdet', 'mmseg')
# Other names under which PyPI offers the module mmcv.
OTHER_NAMES = {'mmcv': ('mmcv-lite', 'mmcv-full')}
TORCH = 'torch==2.11.0 torchvision==0.26.0'

Providers = Mapping[str, Sequence[tuple[str, str]]]


def _install(package: Package) -> str:
    """Return the command that installs ``package``."""
    spec = f"'{package.name}{package.install}'"
    if not package.name.endswith('mmcv'):
        return f'pip install {spec}'
    # Isolation hides torch from mmcv's build, which then skips the ops.
    return ("pip install 'setuptools<81' wheel ninja psutil && MMCV_WITH_OPS=1"
            f' pip install --no-build-isolation {spec}')


def _is_onedl(name: str) -> bool:
    return name.startswith('onedl-')


def _problem(what: str, command: str) -> str:
    return f'{what}\n      Mend it with:  {command}'


def _find_module_problem(module: str, found: Sequence[tuple[str, str]],
                         wanted: Package) -> str | None:
    if not found:
        return _problem(f'`{module}` is missing ({wanted.name} is wanted).',
                        _install(wanted))
    names = ' '.join(name for name, _ in found)
    shown = ' and '.join(f'{name} {version}' for name, version in found)
    if len(found) > 1:
        return _problem(
            f'`{module}` is installed twice, by {shown}: they overwrite each '
            "other's files.", f'pip uninstall -y {names} && '
            f'{_install(wanted)}')
    (name, version), = found
    if name != wanted.name:
        return _problem(
            f'`{module}` comes from {shown}, but the rest of the stack wants '
            f'{wanted.name}{wanted.accepted}.',
            f'pip uninstall -y {name} && {_install(wanted)}')
    if not SpecifierSet(wanted.accepted).contains(version, prereleases=True):
        return _problem(f'{shown} does not fit: '
                        f'{wanted.name}{wanted.accepted} is wanted.',
                        _install(wanted))
    return None


def find_problems(providers: Providers,
                  has_mmcv_ops: bool = True,
                  torch_version: str | None = None,
                  modules: Sequence[str] = REQUIRED) -> list[str]:
    """List what makes a stack unusable, each with its remedy.

    Args:
        providers (Mapping[str, Sequence[tuple[str, str]]]): For every module
            of the stack the installed (distribution, version) that bring it.
        has_mmcv_ops (bool): Whether mmcv has its compiled ops. Defaults to
            True.
        torch_version (str, optional): None means that torch is missing.
        modules (Sequence[str]): What has to be there.

    Returns:
        list[str]: One text per problem; empty if the stack is fine.
    """
    problems = []
    if torch_version is None:
        problems.append(_problem('`torch` is missing.',
                                 f'pip install {TORCH}'))
    names = [name for found in providers.values() for name, _ in found]
    # Whoever has more onedl- packages than others meant to use those.
    onedl = 2 * sum(map(_is_onedl, names)) > len(names)
    stack = ONEDL if onedl else OFFICIAL
    for module in modules:
        wanted = stack[module]
        found = providers.get(module, ())
        problem = _find_module_problem(module, found, wanted)
        if problem is not None:
            problems.append(problem)
        elif module == 'mmcv' and not has_mmcv_ops:
            spec = f"--no-cache-dir --no-binary {wanted.name} '{wanted.name}"
            command = _install(wanted).replace(f"'{wanted.name}", spec)
            problems.append(_problem(
                f'{wanted.name} {found[0][1]} has no compiled ops '
                '(mmcv._ext) for this Python: it was built without torch in '
                'sight, or for another Python.',
                f'pip uninstall -y {wanted.name} && {command}'))
    return problems


def find_warnings(providers: Providers, torch_version: str | None,
                  has_transformers: bool) -> list[str]:
    """List what works only in part. Arguments as in `find_problems`."""
    found = []
    engine = dict(providers.get('mmengine', ())).get('mmengine')
    if (engine and torch_version
            and Version(torch_version) >= Version('2.6.0a0')
            and Version(engine) < Version('0.11.0rc0')):
        found.append(
            f'mmengine {engine} cannot load local checkpoints (--resume, '
            f'load_from) under torch {torch_version}, whose torch.load '
            'defaults to weights_only=True. Mend it with:  '
            f'{_install(OFFICIAL["mmengine"])}')
    if has_transformers and dict(providers.get('mmpretrain', ())).get(
            'mmpretrain'):
        found.append(
            'transformers is installed beside mmpretrain, which then imports '
            'names that newer transformers no longer have. If `import '
            'mmpretrain.models` fails:  pip uninstall -y transformers')
    return found


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _version_in_source(module: str) -> str | None:
    """Version of a checkout that is on the path, but not installed."""
    spec = find_spec(module)
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / 'version.py'
        match = file.is_file() and re.search(
            r"^__version__ = '(.+)'", file.read_text(), re.MULTILINE)
        if match:
            return match.group(1)
    return None


def discover_providers() -> dict[str, list[tuple[str, str]]]:
    """Find who provides the stack's modules, without importing any."""
    providers = {}
    for module, package in OFFICIAL.items():
        names = (package.name, ONEDL[module].name,
                 *OTHER_NAMES.get(module, ()))
        found = [(name, _version_of(name)) for name in names]
        found = [(name, version) for name, version in found if version]
        if found and find_spec(module) is None:
            found = []  # metadata of a package whose files are gone
        elif not found:
            version = _version_in_source(module)
            found = [(package.name, version)] if version else []
        providers[module] = found
    return providers


def has_mmcv_ops() -> bool:
    """Tell whether mmcv was compiled for this Python."""
    spec = find_spec('mmcv')
    folders = (spec and spec.submodule_search_locations) or ()
    return any(
        Path(folder, f'_ext{suffix}').is_file() for folder in folders
        for suffix in EXTENSION_SUFFIXES)


def check_stack(modules: Sequence[str] = REQUIRED) -> None:
    """Raise :class:`StackError` with everything that is wrong at once."""
    providers = discover_providers()
    torch_version = _version_of('torch')
    problems = find_problems(providers, has_mmcv_ops(), torch_version,
                             modules)
    if problems:
        listed = '\n'.join(f'  {i}. {p}' for i, p in enumerate(problems, 1))
        raise StackError(
            f'mtcp_mm cannot work with the packages of {sys.prefix}:\n'
            f'{listed}\nOr let one script set everything up, from the '
            'checkout of mtcp_mm:  bash tools/install.sh')
    for text in find_warnings(providers, torch_version,
                              'mmpretrain' in modules
                              and find_spec('transformers') is not None):
        warnings.warn(text, stacklevel=3)
