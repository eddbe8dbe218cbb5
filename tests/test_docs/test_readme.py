# Copyright (c) mtcp_mm authors. All rights reserved.
import re

from mtcp_mm.utils.settings import load_config_file
from tests.doc_blocks import ROOT


def test_own_config(tmp_path):
    """Oracle: the file in which the page says it stands."""
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    lines, = re.findall(r'```python\n(_base_ = .*?)```', text, re.S)
    path = tmp_path / 'own.py'
    path.write_text(lines.replace("'configs/", f"'{ROOT}/configs/"))
    same = load_config_file(ROOT / 'configs/mtcp_r50_nyud_depth_semseg.py')
    assert load_config_file(path).to_dict() == same.to_dict()
