# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score

from mtcp_mm.evaluation.edges import PROTOCOLS, make_protocol
from mtcp_mm.evaluation.functional import add_sums, edge_scores, edge_sums
from mtcp_mm.evaluation.functional.edge import edge_curve
from .. import edge_oracle

# no processing: what is marked is what the map says
PLAIN = make_protocol(
    'seism',
    thresholds=(.25, .5, .75),
    eight_bit=False,
    thin=False,
    boundary=False,
    max_dist=.06)


def image(seed, size=(21, 26)):
    """Broken lines, and a noisy map of them."""
    rng = np.random.RandomState(seed)
    edges = np.zeros(size, int)
    edges[7, 2:20] = edges[3:18, 12] = edges[15, 9:] = 1
    prob = edge_oracle.blurred(edges.astype(float), 2) * 4
    prob = np.clip(prob * rng.uniform(.3, 1.6, size), 0, 1)
    return prob.astype(np.float32), edges


def rows(**levels):
    """40x30 (diagonal 50) with lines of 20 pixels, e.g. r3=.5."""
    out = torch.zeros(1, 40, 30)
    for row, level in levels.items():
        out[0, int(row[1:]), 5:25] = level
    return out


class TestAgainstOracle:
    """Oracle: the whole benchmark pixel by pixel, see edge_oracle.py."""

    @pytest.mark.parametrize(
        'name', [k for k, rule in PROTOCOLS.items() if not rule.pixelwise])
    def test_sums(self, name):
        prob, edges = image(0)
        rule = make_protocol(name, max_dist=.05)
        marked, matched, target = edge_oracle.counts(prob, edges, name, .05)
        assert len(set(matched)) >= 8
        sums = edge_sums(
            torch.from_numpy(prob)[None],
            torch.from_numpy(edges)[None], rule)
        assert sums['marked'].tolist() == marked
        assert sums['matched'].tolist() == matched
        assert (sums['target'], sums['images']) == (target, 1)
        recall = np.array(matched) / target
        precision = np.array(matched) / np.maximum(marked, 1)
        f_values = 2 * precision * recall / np.maximum(precision + recall,
                                                       1e-12)
        assert edge_scores(sums)['odsF'] == pytest.approx(
            100 * f_values.max())
        assert edge_scores(sums)['oisF'] == edge_scores(sums)['odsF']


class TestByHand:
    """Lines of 20 pixels; a tolerance of 3 pixels."""

    def test_best_of_the_set_and_of_the_images(self):
        """The first is best at .5 and .75 (F = 1, 1 and 2/3 below), the
        second at .25 (1, later 0)."""
        first = edge_sums(rows(r3=.9, r20=.4), rows(r4=1), PLAIN)
        second = edge_sums(rows(r30=.3), rows(r30=1), PLAIN)
        assert first['marked'].tolist() == [40, 20, 20]
        assert first['matched'].tolist() == [20, 20, 20]
        assert second['matched'].tolist() == [20, 0, 0]
        scores = edge_scores(add_sums([first, second]))
        # .25: 40 pairs, 60 marked, 40 true; .5: 20 pairs, 20 marked
        assert scores == pytest.approx(dict(odsF=80., oisF=100.))

    def test_lowest_of_equal_thresholds(self):
        """An image without edges is at its best anywhere: as in seism the
        first threshold counts, with all that it marks."""
        sums = edge_sums(rows(r3=.6), rows(), PLAIN)
        assert sums['best_marked'] == 20 and sums['target'] == 0
        assert edge_scores(sums) == dict(odsF=0., oisF=0.)

    def test_nothing_found(self):
        scores = edge_scores(edge_sums(rows(), rows(r3=1), PLAIN))
        assert scores == dict(odsF=0., oisF=0.)

    def test_void_hides_both_sides(self):
        target = rows(r10=1, r30=255)
        target[0, 20, 5:15] = 255
        sums = edge_sums(rows(r10=1, r20=1, r30=1), target, PLAIN)
        assert sums['marked'].tolist() == [30] * 3
        assert (sums['target'], sums['matched'][0]) == (20, 20)
        assert edge_sums(rows(), rows() + 255, PLAIN) == {}

    def test_curve(self):
        sums = edge_sums(rows(r3=.9, r20=.4, r30=.4), rows(r4=1), PLAIN)
        curve = edge_curve(sums, PLAIN)
        assert curve['thresholds'] == [.25, .5, .75]
        assert curve['precision'] == pytest.approx([100 / 3, 100, 100])
        assert curve['recall'] == [100.] * 3
        assert curve['F'] == pytest.approx([50, 100, 100])

    def test_label_is_read_as_segmentation(self):
        """A filled square has the length of its outline as true edges."""
        target = torch.zeros(1, 20, 20)
        target[0, 5:15, 5:15] = 1
        as_edges = make_protocol('seism', boundary=False)
        assert edge_sums(target, target, as_edges)['target'] == 100
        assert edge_sums(target, target, 'seism')['target'] == (
            edge_oracle.thinned(
                edge_oracle.boundaries(target[0].numpy())).sum())


class TestArgmax:
    """Oracle: scikit-learn's F1, macro average over the labels it sees."""

    def test_is_the_mean_over_both_classes(self):
        prob, edges = image(0)
        edges[:4] = 255
        prob[5, 5] = .5  # the first of two equal logits: no edge
        other = rows(r3=.9, r20=.4), rows(r3=1, r4=1)
        pairs = [(torch.from_numpy(prob)[None], torch.from_numpy(edges)[None]),
                 other]
        found = edge_scores(add_sums([edge_sums(*p, 'argmax')
                                      for p in pairs]))
        true = np.concatenate([t.flatten() for _, t in pairs])
        pred = np.concatenate([p.flatten() > .5 for p, _ in pairs])
        known = true != 255
        assert found == dict(F1=pytest.approx(100 * f1_score(
            true[known], pred[known], average='macro')))

    def test_by_hand(self):
        """20 of 40 true pixels found, 1160 of 1200 are right: 2/3 for
        edges, 2 * 1160 / (1160 + 1180) for the rest."""
        sums = edge_sums(rows(r3=.9), rows(r3=1, r4=1), 'argmax')
        assert edge_scores(sums)['F1'] == pytest.approx(
            100 * (2 / 3 + 2 * 1160 / (1160 + 1180)) / 2)

    def test_absent_class_is_left_out(self):
        assert edge_scores(edge_sums(rows(), rows(), 'argmax'))['F1'] == 100
        assert edge_sums(rows(), rows() + 255, 'argmax') == {}


class TestErrors:

    @pytest.mark.parametrize('pred, target, protocol, message', [
        (rows(), rows()[:, 1:], PLAIN, r'\(1, 40, 30\).*\(1, 39, 30\)'),
        (rows(r3=3.5), rows(), PLAIN, r'holds 0\.\.3.5. Are these logits'),
        (rows() * np.nan, rows(), PLAIN, 'holds nan'),
        (rows(), rows(), 'hed', "no protocol 'hed', only"),
    ])
    def test_named(self, pred, target, protocol, message):
        with pytest.raises(ValueError, match=message):
            edge_sums(pred, target, protocol)
