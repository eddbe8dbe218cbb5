# Copyright (c) mtcp_mm authors. All rights reserved.
import argparse
import sys

import pytest
import torch

from mtcp_mm.cli.launch import run_tool


@pytest.mark.parametrize('argument, code', [('--help', 0), ('--nothing', 2)])
def test_help_names_what_every_tool_has(monkeypatch, capsys, argument, code):
    """Oracle: argparse's own exit codes; only help is longer."""
    monkeypatch.setattr(sys, 'argv', ['tool.py', argument])
    with pytest.raises(SystemExit) as caught:
        run_tool(lambda: argparse.ArgumentParser().parse_args())
    assert caught.value.code == code
    assert ('--traceback' in capsys.readouterr().out) == (code == 0)


@pytest.mark.parametrize('code', [None, 3])
def test_takes_the_process_group_down(tmp_path, code):
    """Left to the end of the process, gloo's threads abort now and then."""

    def main():
        torch.distributed.init_process_group(
            'gloo', f'file://{tmp_path}/store', rank=0, world_size=1)
        return code

    if code is None:
        run_tool(main)
    else:
        with pytest.raises(SystemExit):
            run_tool(main)
    assert not torch.distributed.is_initialized()
