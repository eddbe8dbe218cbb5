# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the optimizer of another network, built by hand."""
import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.resuming import check_resumable


def trained(net, kind=torch.optim.AdamW, groups=None, **options):
    """An optimizer that has made one step."""
    optimizer = kind(groups or net.parameters(), lr=.1, **options)
    sum(p.square().sum() for p in net.parameters()).backward()
    optimizer.step()
    return OptimWrapper(optimizer)


def saved(wrapper):
    return dict(meta={}, message_hub={}, optimizer=wrapper.state_dict())


@pytest.mark.parametrize('kind, options, key', [
    (torch.optim.AdamW, dict(fused=True), 'exp_avg'),
    (torch.optim.SGD, dict(momentum=.9), 'momentum_buffer')])
def test_other_shape(kind, options, key):
    net, wider = nn.Linear(2, 3), nn.Linear(2, 4)
    check_resumable(
        saved(trained(nn.Linear(2, 3), kind, **options)),
        trained(net, kind, **options), net, 'a.pth')
    with pytest.raises(CheckpointError, match=rf'a.pth.*\n.*`{key}` of weight '
                       r'is \(4, 2\) in the file, the parameter \(3, 2\)'):
        check_resumable(
            saved(trained(wider, kind, **options)),
            trained(net, kind, **options), net, 'a.pth')


def test_state_of_other_shape_by_nature():
    """Adafactor factorises its moments."""
    net = nn.Linear(2, 3)
    wrapper = trained(net, torch.optim.Adafactor)
    assert {v.shape for v in wrapper.optimizer.state[net.weight].values()
            } != {net.weight.shape}
    check_resumable(saved(wrapper), wrapper, net, 'a.pth')


def test_other_groups():
    net = nn.Linear(2, 3)
    two = trained(net, groups=[dict(params=[net.weight]),
                               dict(params=[net.bias])])
    with pytest.raises(CheckpointError, match='2 parameters in 2 groups, but '
                       'this run has 2 in 1'):
        check_resumable(saved(two), trained(net), net, 'a.pth')


def test_several_optimizers():
    nets = nn.ModuleDict(dict(a=nn.Linear(1, 1), b=nn.Linear(1, 2)))
    wrappers = OptimWrapperDict(a=trained(nets.a), b=trained(nets.b))
    check_resumable(saved(wrappers), wrappers, nets, 'a.pth')
    wrong = saved(OptimWrapperDict(a=trained(nets.a), b=trained(nets.a)))
    with pytest.raises(CheckpointError, match='optimizer b .*of b.weight'):
        check_resumable(wrong, wrappers, nets, 'a.pth')


def test_published():
    net = nn.Linear(1, 1)
    with pytest.raises(CheckpointError, match='lacks message_hub, optimizer'):
        check_resumable(dict(meta={}, state_dict={}), trained(net), net, 'a')
