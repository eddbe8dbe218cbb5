# Copyright (c) mtcp_mm authors. All rights reserved.
import re

from tests.doc_blocks import ROOT


def test_layers_example(capsys):
    """Oracle: the shapes that the page promises."""
    text = (ROOT / 'docs' / 'mixing.md').read_text(encoding='utf-8')
    code = re.search(r'```python\n(import torch\n.*?)```', text, re.S).group(1)
    exec(compile(code, 'mixing.md', 'exec'), {})
    printed = re.findall(r'Size\((\[[\d, ]+\])\)', capsys.readouterr().out)
    promised = re.search(r'The last line prints (.*?)\. No', text, re.S)
    assert printed == re.findall(r'`(\[[\d, ]+\])`', promised.group(1))
    assert len(printed) == 3
