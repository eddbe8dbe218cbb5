# Copyright (c) mtcp_mm authors. All rights reserved.
"""Versions, git revision and seed: where a number comes from."""
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import torch

from mtcp_mm import __version__

PACKAGES = ('torch', 'mmengine', 'mmcv', 'mmdet', 'mmsegmentation',
            'mmpretrain', 'onedl-mmengine', 'onedl-mmcv', 'onedl-mmdetection',
            'onedl-mmsegmentation', 'onedl-mmpretrain', 'numpy',
            'opencv-python', 'opencv-python-headless')
#: Lines of mmengine's block that tell nothing here.
SKIPPED = ('MUSA available', 'numpy_random_seed', 'PyTorch compiling details',
           'mp_cfg', 'dist_cfg', 'cudnn_benchmark')


def git_revision() -> str:
    """Commit of this checkout, with '+' if tracked files differ from it.

    Returns:
        str: 12 digits, e.g. '25a864c1f00b+'; '' outside of a checkout.
    """
    def git(*args: str) -> str:
        return subprocess.run(
            ['git', '-C', str(Path(__file__).parent), *args],
            capture_output=True,
            text=True,
            timeout=20,
            check=True).stdout.strip()

    try:
        top = Path(git('rev-parse', '--show-toplevel'))
        # an installed package may lie inside of somebody else's checkout
        if not (top / 'mtcp_mm').is_dir():
            return ''
        revision = git('rev-parse', '--short=12', 'HEAD')
        changed = git('status', '--porcelain', '--untracked-files=no')
    except (OSError, subprocess.SubprocessError):
        return ''
    return revision + '+' * bool(changed)


def describe_environment() -> dict[str, str]:
    """Versions of what computes here and now."""
    versions = {'mtcp_mm': __version__, 'git revision': git_revision()}
    versions['Python'] = platform.python_version()
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    versions['device'] = (
        torch.cuda.get_device_name()
        if torch.cuda.is_available() else f'CPU, {platform.machine()}')
    return {key: value for key, value in versions.items() if value}


def environment_of_log(text: str) -> dict[str, str]:
    """What mmengine wrote at the top of the log of a training.

    Args:
        text (str): Content of ``<time>/<time>.log``.

    Returns:
        dict[str, str]: E.g. ``{'PyTorch': '2.11.0', 'seed': '0'}``; empty if
        the log has no such block.
    """
    block = re.search(r'^System environment:\n(.*?)^-{10,}$', text,
                      re.MULTILINE | re.DOTALL)
    found = {}
    for line in (block.group(1).splitlines() if block else ()):
        key, colon, value = line.strip().partition(': ')
        if colon and line.startswith('    ') and key not in SKIPPED:
            found[key] = value
    return found


def seed_of(cfg: Mapping, log: Mapping[str, str]) -> str:
    """Seed of a run: that of the log, as the config may leave it open."""
    seed = log.get('seed') or (cfg.get('randomness') or {}).get('seed')
    return 'not fixed' if seed is None else str(seed)
