# Copyright (c) mtcp_mm authors. All rights reserved.
import argparse
import sys

import pytest

from mtcp_mm.cli.launch import run_tool


@pytest.mark.parametrize('argument, code', [('--help', 0), ('--nothing', 2)])
def test_help_names_what_every_tool_has(monkeypatch, capsys, argument, code):
    """Oracle: argparse's own exit codes; only help is longer."""
    monkeypatch.setattr(sys, 'argv', ['tool.py', argument])
    with pytest.raises(SystemExit) as caught:
        run_tool(lambda: argparse.ArgumentParser().parse_args())
    assert caught.value.code == code
    assert ('--traceback' in capsys.readouterr().out) == (code == 0)
