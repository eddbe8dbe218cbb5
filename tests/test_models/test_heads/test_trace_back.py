# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.heads.trace_back import TraceBack


@pytest.mark.parametrize('shortcut', [False, True])
@pytest.mark.parametrize('coarse_first', [True, False])
def test_walk(coarse_first, shortcut):
    """Oracle: the modules called one after the other, as Fig. 4 has them."""
    torch.manual_seed(0)
    chain = TraceBack(
        8, [8, 16, 32], 3, dict(type='BN'), shortcut, coarse_first).eval()
    fused = torch.randn(2, 8, 12, 20)
    stages = [torch.randn(2, c, h, w)
              for c, h, w in ((8, 12, 20), (16, 6, 10), (32, 3, 5))]
    logits = chain(fused, stages)
    first, second, third = chain.refinements
    one, two, three = reversed(stages) if coarse_first else stages
    a, traced = first(fused, one)
    b, traced = second(traced, two)
    c, nothing = third(traced, three)
    assert nothing is None
    if shortcut:
        c = c + F.interpolate(
            fused, three.shape[2:], mode='bilinear', align_corners=False)
    for found, predict, feature in zip(logits, chain.predictors, (a, b, c)):
        torch.testing.assert_close(found, predict(feature))
    sizes = [(3, 5), (6, 10), (12, 20)]
    assert [x.shape[2:] for x in logits] == (
        sizes if coarse_first else sizes[::-1])
    sum(x.square().sum() for x in logits).backward()
    assert all(p.grad is not None for p in chain.parameters())
