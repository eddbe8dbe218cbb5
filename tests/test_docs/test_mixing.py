# Copyright (c) mtcp_mm authors. All rights reserved.
import re

import torch
from mmengine.registry import init_default_scope

from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.registry import MODELS
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


def test_head_of_your_own():
    """Oracle: the convolution of its finest map, on mmseg's ResNet."""
    text = (ROOT / 'docs' / 'mixing.md').read_text(encoding='utf-8')
    code = re.search(r'```python\n(from mmengine.model import .*?)```', text,
                     re.S).group(1)
    init_default_scope('mmseg')
    scope = {}
    try:
        exec(compile(code, 'mixing.md', 'exec'), scope)
        model = MultiTaskEstimator(
            backbone=dict(type='ResNetV1c', depth=18, base_channels=8),
            decode_head=dict(type='mtcp_mm.LinearHead'),
            tasks=dict(
                depth=dict(type='mtcp_mm.DepthTask'),
                edge=dict(type='mtcp_mm.EdgeTask', helper=True))).eval()
    finally:
        MODELS.module_dict.pop('LinearHead', None)
    x = torch.randn(1, 3, 64, 64)
    out = model(x, mode='tensor').tasks
    finest = model.backbone(x)[0]
    assert torch.equal(out['depth'].final,
                       model.decode_head.convs['depth'](finest))
    assert out['edge'].final is None
    assert out['edge'].stages['helper'].logits.shape == (1, 1, 16, 16)
    assert list(model.encode_decode(x)) == ['depth']


def test_encoder_that_knows_tasks():
    """Oracle: each task's convolution moves the logits of its task only."""
    text = (ROOT / 'docs' / 'mixing.md').read_text(encoding='utf-8')
    code = re.search(
        r'```python\n(from mmengine[^`]*?class StemPerTask.*?)```', text,
        re.S).group(1)
    init_default_scope('mmseg')
    try:
        exec(compile(code, 'mixing.md', 'exec'), {})
        model = MultiTaskEstimator(
            backbone=dict(type='mtcp_mm.StemPerTask'),
            decode_head=dict(type='mtcp_mm.HFPHead', channels=8),
            tasks=dict(
                depth=dict(type='mtcp_mm.DepthTask'),
                normals=dict(type='mtcp_mm.NormalsTask'))).eval()
    finally:
        MODELS.module_dict.pop('StemPerTask', None)
    assert list(model.decode_head.input) == ['depth', 'normals']
    x = torch.randn(1, 3, 64, 64)
    before = model.encode_decode(x)
    model.backbone.own['depth'].weight.data.neg_()
    after = model.encode_decode(x)
    assert torch.equal(before['normals'], after['normals'])
    assert not torch.equal(before['depth'], after['depth'])
