# Copyright (c) mtcp_mm authors. All rights reserved.
"""Follow a page of docs/ literally: write its files, run its commands.

A fenced block whose paragraph before is a file name in back quotes and a
colon is that file. A block of bash is a list of commands.
"""
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Block(NamedTuple):
    """A step of a page: a file to write if it has a name, else commands."""
    name: str
    text: str


def read_blocks(page):
    """Files and commands of a page, in their order."""
    text = (ROOT / 'docs' / page).read_text(encoding='utf-8')
    pattern = r'(?:^`([\w./-]+)`:\n\n)?^```(\w+)\n(.*?)^```$'
    return [
        Block(name, body)
        for name, language, body in re.findall(pattern, text, re.M | re.S)
        if name or language == 'bash'
    ]


def follow(page, folder):
    """Do what the page says, in a folder that looks like a checkout.

    Returns:
        list[str]: Output of each block of commands.
    """
    for name in ('tools', 'configs'):
        (folder / name).symlink_to(ROOT / name)
    bin_dir = Path(sys.executable).parent
    env = dict(
        os.environ,
        PATH=f'{bin_dir}{os.pathsep}{os.environ["PATH"]}',
        PYTHONPATH=f'{ROOT}{os.pathsep}{folder}',
        OMP_NUM_THREADS='1')
    outputs = []
    for block in read_blocks(page):
        if block.name:
            path = folder / block.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding='utf-8')
            continue
        done = subprocess.run(
            ['bash', '-euo', 'pipefail', '-c', block.text],
            cwd=folder,
            env=env,
            text=True,
            timeout=300,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        assert done.returncode == 0, f'{block.text}\n{done.stdout[-5000:]}'
        outputs.append(done.stdout)
    return outputs
