# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from torch import nn

from mtcp_mm.models.weighting import GradientWeighting
from mtcp_mm.structures import Features, StageLoss, TaskLosses

WEIGHTS = dict(a=2., b=-.5, c=0.)
F64 = torch.float64


class Fixed(GradientWeighting):
    """Keeps the matrix and gives weights that say which task is which."""

    def weights_of(self, gram):
        self.gram = gram
        return torch.tensor(list(WEIGHTS.values()), dtype=F64)[:len(gram)]


class Net(nn.Module):
    """Two maps, of which the second follows from the first; task `b` reads
    the first one only."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(5, 7, dtype=F64)
        self.second = nn.Linear(7, 4, dtype=F64)
        self.decoders = nn.ModuleDict(
            {t: nn.Linear(7 if t == 'b' else 11, 1, dtype=F64)
             for t in WEIGHTS})

    def encode(self, x):
        first = self.first(x).tanh()
        return Features((first, self.second(first).tanh()))

    def losses(self, feats):
        both = torch.cat(feats.shared, 1)
        main = {
            t: d(feats.shared[0] if t == 'b' else both).square().mean()
            for t, d in self.decoders.items()
        }
        return TaskLosses(
            main,
            stages=dict(a=dict(s=StageLoss(both.square().sum(), .25))),
            extra=dict(coherence=both.abs().sum()),
            features=feats.shared)


def terms_of(losses):
    terms = dict(losses.main)
    terms['a'] = terms['a'] + losses.stages['a']['s'].value / 4
    return terms


@pytest.fixture
def x():
    return torch.randn(6, 5, dtype=F64)


def step(weighting, x, factor=1.):
    net = Net()
    losses = net.losses(weighting.cut(net.encode(x)))
    total = weighting(losses, losses.features) + losses.extra['coherence']
    (factor * total).backward()
    return total, {n: p.grad / factor for n, p in net.named_parameters()}


def definition(x):
    """Two ordinary backward passes: the encoder learns from the weighted
    sum, the decoders from the plain one, both from the label-free loss."""
    grads = {}
    for part, weights in (('decoders', dict.fromkeys(WEIGHTS, 1.)),
                          ('', WEIGHTS)):
        net = Net()
        losses = net.losses(net.encode(x))
        terms = terms_of(losses)
        total = sum(w * terms[t] for t, w in weights.items())
        (total + losses.extra['coherence']).backward()
        for name, p in net.named_parameters():
            if name.startswith('decoders') == (part == 'decoders'):
                grads[name] = p.grad
    return grads


class TestGradientWeighting:
    """Oracle: :func:`definition`, and torch.autograd.grad on detached maps."""

    @pytest.mark.parametrize('factor', [1., 1024.])
    def test_encoder_gets_the_weighted_sum(self, x, factor):
        """Also under the factor of a scaler."""
        total, found = step(Fixed(list(WEIGHTS)), x, factor)
        for name, grad in definition(x).items():
            torch.testing.assert_close(found[name], grad, msg=name)
        losses = Net().losses(Net().encode(x))
        torch.testing.assert_close(
            total, sum(terms_of(losses).values()) + losses.extra['coherence'])

    def test_gram_matrix(self, x):
        """Inner products over both maps, of what the decoders see."""
        weighting = Fixed(list(WEIGHTS))
        step(weighting, x)
        net = Net()
        maps = tuple(m.detach().requires_grad_()
                     for m in net.encode(x).shared)
        rows = []
        for term in terms_of(net.losses(Features(maps))).values():
            grads = torch.autograd.grad(
                term, maps, retain_graph=True, allow_unused=True)
            rows.append(torch.cat([
                (torch.zeros_like(m) if g is None else g).flatten()
                for g, m in zip(grads, maps)
            ]))
        rows = torch.stack(rows)
        torch.testing.assert_close(weighting.gram, rows @ rows.T)
        assert weighting.weights == WEIGHTS == weighting.step_weights

    def test_one_backward_of_the_encoder(self, x):
        """The tasks' own passes stop at the cut."""
        calls = []
        net, weighting = Net(), Fixed(list(WEIGHTS))
        feats = net.encode(x)
        feats.shared[0].register_hook(lambda grad: calls.append(0))
        losses = net.losses(weighting.cut(feats))
        total = weighting(losses, losses.features)
        assert not calls
        total.backward()
        assert calls == [0]

    def test_absent_task_keeps_its_weight(self, x):
        weighting = Fixed(list(WEIGHTS))
        net = Net()
        losses = net.losses(weighting.cut(net.encode(x)))
        del losses.main['a'], losses.stages['a']
        weighting(losses, losses.features).backward()
        assert weighting.gram.shape == (2, 2)
        assert weighting.weights == dict(a=1., b=2., c=-.5)

    def test_gradients_that_are_not_finite_change_nothing(self, x):
        weighting = Fixed(list(WEIGHTS))
        net = Net()
        losses = net.losses(weighting.cut(net.encode(x)))
        losses.main['c'] = losses.main['c'] * torch.inf
        weighting(losses, losses.features)
        assert not hasattr(weighting, 'gram')
        assert set(weighting.weights.values()) == {1.}

    def test_frozen_encoder_is_an_error(self, x):
        weighting, net = Fixed(list(WEIGHTS)), Net()
        losses = net.losses(net.encode(x).apply(torch.Tensor.detach))
        with pytest.raises(ValueError, match='encoder frozen.*FixedWeighting'):
            weighting(losses, losses.features)

    def test_without_gradients_it_is_the_plain_sum(self, x):
        weighting, net = Fixed(list(WEIGHTS)), Net()
        with torch.no_grad():
            losses = net.losses(weighting.cut(net.encode(x)))
            total = weighting(losses, losses.features)
            torch.testing.assert_close(total, sum(terms_of(losses).values()))
