# Copyright (c) mtcp_mm authors. All rights reserved.
import re

from mmengine.registry import DefaultScope

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.doc_blocks import ROOT


def test_another_weighting(tmp_path):
    """Oracle: the block of the page, over configs/mtcp_nyud.py."""
    text = (ROOT / 'docs' / 'architecture.md').read_text(encoding='utf-8')
    block, = re.findall(r'```python\n(.*?)```', text, re.S)
    path = tmp_path / 'child.py'
    path.write_text(block.replace("'configs/", f"'{ROOT}/configs/"))
    cfg = load_config_file(path)
    assert cfg.custom_hooks == []
    with DefaultScope.overwrite_default_scope('mmseg'):
        weighting = MODELS.build(
            dict(cfg.model.loss_weighting, tasks=['depth', 'semseg']))
    assert type(weighting).__name__ == 'UncertaintyWeighting'
