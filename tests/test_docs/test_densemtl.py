# Copyright (c) mtcp_mm authors. All rights reserved.
import re

import pytest
from mmengine.registry import DefaultScope

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.doc_blocks import ROOT


def blocks():
    text = (ROOT / 'docs' / 'densemtl.md').read_text(encoding='utf-8')
    return re.findall(r'```python\n(.*?)```', text, re.S)


def load(index, folder):
    """A config of the page."""
    path = folder / 'own.py'
    path.write_text(blocks()[index].replace("'configs/", f"'{ROOT}/configs/"))
    return load_config_file(path)


def test_streets_as_the_code_splits_them(tmp_path):
    """Oracle: 80 % of 2126 frames, 2 per step, 40k and 30k steps."""
    cfg = load(0, tmp_path)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        assert loader.dataset.split_by == 'released_leaking'
        assert loader.dataset.variations == ('15-deg-left', )
    assert cfg.train_cfg.max_epochs * (1700 // 2) == pytest.approx(
        40_000, rel=.01)
    assert cfg.param_scheduler[0].milestones[0] * (1700 // 2) == pytest.approx(
        30_000, rel=.01)


def test_head_on_another_backbone(tmp_path):
    """Oracle: what the page says of the config. MiT has strides 4 to 32."""
    cfg = load(1, tmp_path)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    assert list(model.decode_head.exchanges) == ['1', '2']
    decoder = model.decode_head.decoders['semseg']
    assert (decoder.without_skip, decoder.keeps) == (2, 0)
    assert model.tasks['depth'].encoding == 'inverse'
    assert list(model.tasks) == ['semseg', 'depth', 'normals']


def test_block_alone(capsys):
    """Oracle: the shapes that go in."""
    exec(compile(blocks()[2], 'densemtl.md', 'exec'), {})
    shapes = re.findall(r"'(\w+)': torch.Size\((.*?)\)",
                        capsys.readouterr().out)
    assert shapes == [('depth', '[2, 64, 60, 80]'),
                      ('normals', '[2, 64, 60, 80]')]
