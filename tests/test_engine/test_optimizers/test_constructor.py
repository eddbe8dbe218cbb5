# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from torch import nn

from mtcp_mm.models.weighting import FixedWeighting, UncertaintyWeighting


class Model(nn.Module):

    def __init__(self, weighting):
        super().__init__()
        self.backbone = nn.Linear(3, 2)
        self.loss_weighting = weighting


def build(model, **kwargs):
    return build_optim_wrapper(
        model,
        dict(
            type='OptimWrapper',
            constructor='mtcp_mm.MultiTaskOptimWrapperConstructor',
            optimizer=dict(type='AdamW', lr=.1, weight_decay=.5),
            **kwargs)).optimizer


def decay_of(optimizer, parameter):
    decay, = (g['weight_decay'] for g in optimizer.param_groups
              if any(p is parameter for p in g['params']))
    return decay


class TestConstructor:
    """Oracle: the groups of the optimizer, and AdamW's rule of decay."""

    def test_learned_weights_do_not_decay(self):
        model = Model(UncertaintyWeighting(['a', 'b'], init=2.))
        optimizer = build(model)
        for s in model.loss_weighting.parameters():
            assert decay_of(optimizer, s) == 0
        assert decay_of(optimizer, model.backbone.weight) == .5
        before = model.backbone.weight.detach().clone()
        for p in model.parameters():
            p.grad = torch.zeros_like(p)
        optimizer.step()
        for s in model.loss_weighting.parameters():
            assert s.item() == 2.
        torch.testing.assert_close(model.backbone.weight.detach(),
                                   before * (1 - .1 * .5))

    def test_config_may_say_otherwise(self):
        model = Model(UncertaintyWeighting(['a']))
        keys = dict(loss_weighting=dict(decay_mult=.2, lr_mult=10.))
        optimizer = build(model, paramwise_cfg=dict(custom_keys=keys))
        s, = model.loss_weighting.parameters()
        assert decay_of(optimizer, s) == pytest.approx(.1)

    @pytest.mark.parametrize('model', [
        lambda: Model(FixedWeighting(['a'])), lambda: nn.Linear(2, 2)])
    def test_others_get_one_group(self, model):
        model = model()
        group, = build(model).param_groups
        assert group['params'] == list(model.parameters())

    @pytest.mark.parametrize('clip, words', [
        (dict(max_norm=-1.), r'clip_grad.max_norm.*above 0.*-1'),
        (dict(max_norm=float('nan')), r'max_norm.*above 0.*nan'),
        (dict(max_nrom=5.), r'clip_grad.max_nrom.*Did you mean `max_norm`'),
        (dict(norm_type=2), r'clip_grad.max_norm.*above 0.*None'),
        (dict(type='value', clip_value=0), r'clip_grad.clip_value.*above 0')])
    def test_limits_of_gradients(self, clip, words):
        with pytest.raises(ValueError, match=words):
            build(nn.Linear(2, 2), clip_grad=clip)
        for good in (dict(max_norm=5., norm_type=1), dict(max_norm=torch.inf),
                     dict(type='value', clip_value=1.)):
            build(nn.Linear(2, 2), clip_grad=good)
