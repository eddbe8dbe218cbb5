# Copyright (c) mtcp_mm authors. All rights reserved.
import re

from mmengine.registry import DefaultScope

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.doc_blocks import ROOT


def blocks():
    text = (ROOT / 'docs' / 'densemtl.md').read_text(encoding='utf-8')
    return re.findall(r'```python\n(.*?)```', text, re.S)


def test_head_on_another_backbone(tmp_path):
    """Oracle: what the page says of the config. MiT has strides 4 to 32."""
    path = tmp_path / 'own.py'
    path.write_text(blocks()[0].replace("'configs/", f"'{ROOT}/configs/"))
    cfg = load_config_file(path)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    assert list(model.decode_head.exchanges) == ['1', '2']
    decoder = model.decode_head.decoders['semseg']
    assert (decoder.without_skip, decoder.keeps) == (2, 0)
    assert model.tasks['depth'].encoding == 'inverse'
    assert list(model.tasks) == ['semseg', 'depth', 'normals']


def test_block_alone(capsys):
    """Oracle: the shapes that go in."""
    exec(compile(blocks()[1], 'densemtl.md', 'exec'), {})
    shapes = re.findall(r"'(\w+)': torch.Size\((.*?)\)",
                        capsys.readouterr().out)
    assert shapes == [('depth', '[2, 64, 60, 80]'),
                      ('normals', '[2, 64, 60, 80]')]
