# Copyright (c) mtcp_mm authors. All rights reserved.
import math
import warnings

import cv2
import numpy as np
import pytest
import torch
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    jaccard_score,
    recall_score,
)

from mtcp_mm.evaluation.functional import (
    add_sums,
    segmentation_scores,
    segmentation_sums,
)
from mtcp_mm.evaluation.functional.segmentation import resize_label_map

N = 6


def images(seed, count=4, absent=()):
    rng = np.random.RandomState(seed)
    classes = [c for c in range(N) if c not in absent]
    out = []
    for _ in range(count):
        target = rng.choice(classes + [255], (1, 11, 7))
        guess = rng.choice(classes, target.shape)
        pred = np.where((rng.rand(*target.shape) < .5) & (target != 255),
                        target, guess)
        out.append((pred, target))
    return out


def score(pairs, **kwargs):
    return segmentation_scores(
        add_sums([
            segmentation_sums(torch.from_numpy(p), torch.from_numpy(t), N)
            for p, t in pairs
        ]), **kwargs)


def pooled(pairs):
    pred = np.concatenate([p[t != 255] for p, t in pairs])
    return np.concatenate([t[t != 255] for _, t in pairs]), pred


class TestSegmentation:
    """Oracle: scikit-learn on the pixels of all images."""

    def test_areas_match_confusion_matrix(self):
        (pred, target), = images(0, 1)
        sums = segmentation_sums(
            torch.from_numpy(pred), torch.from_numpy(target), N)
        matrix = confusion_matrix(
            *pooled([(pred, target)]), labels=np.arange(N))
        assert sums['intersect'].tolist() == matrix.diagonal().tolist()
        assert sums['label'].tolist() == matrix.sum(1).tolist()
        assert sums['pred'].tolist() == matrix.sum(0).tolist()
        assert {s.dtype for s in sums.values()} == {torch.int64}

    @pytest.mark.parametrize('absent', [(), (2, ), (0, 5)])
    @pytest.mark.parametrize('protocol, policy', [
        ('logits', 'skip'),
        ('absent_zero', 'zero'),
        ('label_nearest', 'skip'),
        ('mtcp', 'zero'),
    ])
    def test_scores_match_sklearn(self, absent, protocol, policy):
        pairs = images(1, absent=absent)
        scores = score(pairs, protocol=protocol)
        target, pred = pooled(pairs)
        options = dict(
            labels=np.arange(N),
            average=None,
            zero_division=np.nan if policy == 'skip' else 0)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            iou = jaccard_score(
                target, pred, **dict(options, zero_division=0))
            recall = recall_score(target, pred, **options)
        if policy == 'skip':
            iou[list(absent)] = np.nan
        assert scores['mIoU'] == pytest.approx(100 * np.nanmean(iou))
        assert scores['mAcc'] == pytest.approx(100 * np.nanmean(recall))
        assert scores['aAcc'] == pytest.approx(
            100 * accuracy_score(target, pred))
        present = [c for c in range(N) if c not in absent]
        np.testing.assert_allclose(
            np.array(scores['IoU'])[present], 100 * iou[present])
        assert np.isnan(np.array(scores['IoU'])[list(absent)]).all()

    def test_class_that_is_only_predicted_has_iou_0(self):
        # by hand: class 0: 1 hit of 2, class 1: predicted once, never there
        scores = score([(np.array([[[0, 1]]]), np.array([[[0, 0]]]))])
        assert scores['mIoU'] == 25 and scores['mAcc'] == 50

    def test_void_does_not_count(self):
        scores = score([(np.array([[[0, 3]]]), np.array([[[0, 255]]]))])
        assert scores['mIoU'] == 100 and scores['aAcc'] == 100

    @pytest.mark.parametrize('protocol', ['logits', 'absent_zero'])
    def test_only_void_is_nan(self, protocol):
        scores = score([(np.zeros((1, 2, 2), int), np.full((1, 2, 2), 255))],
                       protocol=protocol)
        assert all(math.isnan(scores[k]) for k in ('mIoU', 'mAcc', 'aAcc'))

    def test_rejects_unknown_class(self):
        good, bad = torch.zeros(1, 2, 2).long(), torch.full((1, 2, 2), N)
        with pytest.raises(ValueError, match='ground truth holds class 6'):
            segmentation_sums(good, bad, N)
        with pytest.raises(ValueError, match='prediction holds class 6'):
            segmentation_sums(bad, good, N)

    def test_rejects_other_size(self):
        with pytest.raises(ValueError, match=r'\(1, 2, 3\).*\(1, 2, 2\)'):
            segmentation_sums(torch.zeros(1, 2, 3), torch.zeros(1, 2, 2), N)

    def test_rejects_unknown_protocol(self):
        with pytest.raises(ValueError, match="'one'.*'logits', 'absent_zero'"):
            score(images(0), protocol='one')


class TestResizeLabelMap:
    """Oracle: OpenCV."""

    @pytest.mark.parametrize('old, new', [
        ((4, 6), (9, 20)), ((12, 16), (5, 7)), ((7, 7), (7, 7)),
        ((144, 192), (384, 512)), ((480, 640), (425, 560)),
        ((512, 512), (375, 500))
    ], ids=str)
    def test_matches_opencv(self, old, new):
        labels = np.random.RandomState(0).randint(0, 40, old)
        resized = resize_label_map(torch.from_numpy(labels[None]), new)
        expected = cv2.resize(
            labels.astype(np.uint8), new[::-1],
            interpolation=cv2.INTER_NEAREST)
        assert resized.dtype == torch.int64
        np.testing.assert_array_equal(resized[0], expected)

    def test_every_size(self):
        """OpenCV rounds 1 / (new / old) twice: 2 to 98 is no `i * 2 // 98`."""
        for old in range(1, 100, 3):
            labels = np.arange(old, dtype=np.int32)[None]
            for new in range(1, 160):
                resized = resize_label_map(
                    torch.from_numpy(labels[None]), (1, new))
                expected = cv2.resize(
                    labels.astype(np.uint8), (new, 1),
                    interpolation=cv2.INTER_NEAREST)
                np.testing.assert_array_equal(resized[0], expected)
