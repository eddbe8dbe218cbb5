# Copyright (c) mtcp_mm authors. All rights reserved.
import warnings

import numpy as np
import pytest
import torch
from sklearn.metrics import fbeta_score, jaccard_score

from mtcp_mm.evaluation.functional import (
    add_sums,
    saliency_scores,
    saliency_sums,
)
from mtcp_mm.evaluation.functional.saliency import PROTOCOLS

#: Images, by what is special about them.
KINDS = ('plain', 'plain', 'plain', 'no foreground', 'all foreground',
         'marks nothing', 'nothing at all', 'void')


def images(seed):
    """Predictions float32 and targets (1, H, W) of different size; many
    predictions lie exactly on a threshold or an 8-bit level."""
    rng = np.random.RandomState(seed)
    out = []
    for kind in KINDS:
        size = (1, *rng.randint(9, 14, 2))
        target = (rng.rand(*size) < .35).astype(int)
        if kind in ('no foreground', 'nothing at all'):
            target[:] = 0
        if kind == 'all foreground':
            target[:] = 1
        pred = rng.beta(2, 3, size) * .6 + .4 * target * rng.rand(*size)
        grid = rng.rand(*size)
        pred = np.where(grid < .2, np.round(pred * 20) / 20, pred)
        pred = np.where(grid > .8, np.round(pred * 255) / 255, pred)
        if kind in ('marks nothing', 'nothing at all'):
            pred *= .04
        target = np.where(rng.rand(*size) < .1, 255, target)
        if kind == 'void':
            target[:] = 255
        out.append((pred.astype(np.float32), target))
    return out


def score(pairs, protocol):
    return saliency_scores(
        add_sums([
            saliency_sums(torch.from_numpy(p), torch.from_numpy(t), protocol)
            for p, t in pairs
        ]), protocol)


def labelled(pairs):
    """Flat predictions and bool targets of the labelled pixels, image by
    image; an image without any is left out."""
    return [(p[t != 255], t[t != 255] == 1) for p, t in pairs
            if (t != 255).any()]


class TestDatasetF03:
    """Oracle: scikit-learn on the pixels of all images."""

    @pytest.mark.parametrize('seed', range(3))
    def test_max_f(self, seed):
        pairs = images(seed)
        pred, target = map(np.concatenate, zip(*labelled(pairs)))
        limits = torch.arange(.05, 1, .05).numpy()  # as ATRC has them
        assert len(limits) == 19 and limits.dtype == np.float32
        best = max(
            fbeta_score(target, pred >= t, beta=.3**.5, zero_division=0)
            for t in limits)
        got = score(pairs, 'dataset_f03')
        assert got['maxF'] == pytest.approx(100 * best, rel=1e-12)

    def test_mean_iou_of_images(self):
        pairs = images(0)
        iou = np.array([[
            jaccard_score(t, p >= limit, zero_division=1)
            for limit in torch.arange(.05, 1, .05).numpy()
        ] for p, t in labelled(pairs)])
        assert score(pairs, 'dataset_f03')['mIoU'] == pytest.approx(
            100 * iou.mean(0).max(), rel=1e-12)


class TestPerImageF1:
    """Oracle: 8-bit files, loops and float64, as ASTMT does it."""

    @pytest.mark.parametrize('seed', range(3))
    def test_scores(self, seed):
        pairs = images(seed)
        known = labelled(pairs)
        limits = np.linspace(.2, .9, 15)
        precision, recall, iou = np.zeros((3, len(known), len(limits)))
        for i, (pred, target) in enumerate(known):
            file = (pred * np.float32(255)).astype(np.uint8)
            for j, limit in enumerate(limits):
                # in whole levels: 51 / 255 is not above 0.2
                mask = file > round(255 * limit, 6)
                hits = float((mask & target).sum())
                precision[i, j] = hits / (mask.sum() + 1e-12)
                recall[i, j] = hits / (target.sum() + 1e-12)
                union = (mask | target).sum()
                iou[i, j] = hits / union if union else 1.
        p, r = precision.mean(0), recall.mean(0)
        got = score(pairs, 'per_image_f1')
        assert got['maxF'] == pytest.approx(
            100 * (2 * p * r / (p + r + 1e-12)).max(), rel=1e-10)
        assert got['mIoU'] == pytest.approx(
            100 * iou.mean(0).max(), rel=1e-12)

    def test_level_at_the_threshold_does_not_pass(self):
        """By hand: 0.2 is level 51, hence not above 0.2; 0.2039 is 51.99,
        which the file rounds down; level 52 passes."""
        target = torch.ones(1, 1, 1)
        for value, expected in ((.2, 0), (.2039, 0), (52 / 255, 100)):
            pred = torch.full((1, 1, 1), value)
            got = saliency_scores(
                saliency_sums(pred, target, 'per_image_f1'), 'per_image_f1')
            assert got['maxF'] == pytest.approx(expected), value


class TestDoubleSigmoid:
    """Oracle: scikit-learn on probabilities squashed once more."""

    @pytest.mark.parametrize('seed', range(3))
    def test_max_f(self, seed):
        pairs = images(seed)
        pred, target = map(np.concatenate, zip(*labelled(pairs)))
        squashed = torch.sigmoid(torch.from_numpy(pred)).numpy()
        best = max(
            fbeta_score(target, squashed >= t, beta=.3**.5, zero_division=0)
            for t in torch.arange(.05, 1, .05).numpy())
        got = score(pairs, 'double_sigmoid')
        assert got == dict(maxF=pytest.approx(100 * best, rel=1e-12))

    def test_only_four_thresholds_work(self):
        """ln(t / (1 - t)) of the thresholds 0.55, 0.6, 0.65 and 0.7."""
        grid = torch.linspace(0, 1, 10001)
        sums = saliency_sums(grid, torch.ones(10001), 'double_sigmoid')
        marked = sums['marked'].tolist()
        assert marked[:10] == [10001] * 10 and marked[14:] == [0] * 5
        lowest = [1 - n / 1e4 for n in marked[10:14]]
        assert lowest == pytest.approx([.2007, .4055, .6190, .8473], abs=2e-4)


@pytest.mark.parametrize('protocol', PROTOCOLS)
class TestAllProtocols:

    def test_parts_add_up(self, protocol):
        """Any grouping of the images gives the same bits."""
        parts = [
            saliency_sums(torch.from_numpy(p), torch.from_numpy(t), protocol)
            for p, t in images(3)
        ]
        expected = saliency_scores(add_sums(parts), protocol)
        for order in (np.arange(8)[::-1], [3, 1, 7, 5, 0, 2, 6, 4]):
            again = saliency_scores(
                add_sums([parts[i] for i in order]), protocol)
            assert again == expected

    def test_perfect_and_inverted(self, protocol):
        target = torch.tensor([[[0., 1., 1., 0.]]])
        right = saliency_scores(
            saliency_sums(target, target, protocol), protocol)
        assert right['maxF'] == pytest.approx(100)
        assert right.get('mIoU', 100) == 100
        wrong = saliency_scores(
            saliency_sums(1 - target, target, protocol), protocol)
        # the best that a threshold can do is to mark everything, if it can
        limit = {'dataset_f03': 0, 'per_image_f1': 0}
        beta = .3
        everything = 100 * (1 + beta) * .5 / (beta * .5 + 1)
        assert wrong['maxF'] == pytest.approx(limit.get(protocol, everything))

    def test_void_does_not_count(self, protocol):
        pred = torch.tensor([[[.9, .9, .1]]])
        target = torch.tensor([[[1., 255., 0.]]])
        scores = saliency_scores(
            saliency_sums(pred, target, protocol), protocol)
        assert scores['maxF'] == pytest.approx(100)

    def test_nothing_salient_anywhere(self, protocol):
        """An F-measure without denominator is 0; no warning, no NaN."""
        pred, target = torch.zeros(1, 2, 2), torch.zeros(1, 2, 2)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            scores = saliency_scores(
                saliency_sums(pred, target, protocol), protocol)
        assert scores['maxF'] == 0 and scores.get('mIoU', 100) == 100

    def test_rejects(self, protocol):
        with pytest.raises(ValueError, match=r'in \[0, 1\].*-3..4.*logits'):
            saliency_sums(
                torch.tensor([-3., 4.]), torch.tensor([0., 1.]), protocol)
        with pytest.raises(ValueError, match='nan'):
            saliency_sums(
                torch.tensor([float('nan')]), torch.tensor([1.]), protocol)
        with pytest.raises(ValueError, match=r'\(1, 2, 3\).*\(1, 2, 2\)'):
            saliency_sums(torch.zeros(1, 2, 3), torch.zeros(1, 2, 2), protocol)


def test_protocols_differ():
    """If they did not, there would be no point in naming them."""
    pairs = images(1)
    scores = {round(score(pairs, name)['maxF'], 3) for name in PROTOCOLS}
    assert len(scores) == len(PROTOCOLS)


def test_unknown_protocol():
    with pytest.raises(ValueError, match="'f1'.*dataset_f03"):
        saliency_sums(torch.zeros(1), torch.zeros(1), 'f1')
