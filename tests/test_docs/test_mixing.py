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
