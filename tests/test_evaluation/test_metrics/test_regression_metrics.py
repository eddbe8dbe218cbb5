# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.evaluation import DepthMetric, NormalsMetric


def data(*values):
    """One row of pixels: vectors (3, ) or scalars."""
    return dict(data=torch.tensor(values).float().view(1, len(values),
                                                       -1).transpose(0, 2))


class TestDepthMetric:
    """Oracle: by hand, errors 3 and 4 m, one pixel without label."""

    def test_scores(self):
        metric = DepthMetric('depth')
        metric.process(None, [
            dict(gt_depth=data(1, 0, 2), pred_depth=data(4, 9, 6)),
        ])
        assert metric.evaluate(1) == pytest.approx({
            'depth/rmse': 12.5**.5,
            'depth/mae': 3.5,
            'depth/abs_rel': 2.5,
            'depth/sq_rel': 8.5,
            'depth/rmse_log': ((math.log(4)**2 + math.log(3)**2) / 2)**.5,
            'depth/delta1': 0,
            'depth/delta2': 0,
            'depth/delta3': 0
        })

    def test_protocols_in_one_pass(self):
        """By hand: errors 1 | 3, 5 m, the last one beyond 6.55 m; scaled by
        1 / 2 and 2 / 5 they are 0 | 0, 3.4."""
        metric = DepthMetric('depth', protocols='all')
        metric.process(None, [
            dict(gt_depth=data(1), pred_depth=data(2)),
            dict(gt_depth=data(2, 9), pred_depth=data(5, 14)), {}
        ])
        scores = metric.evaluate(3)
        assert {k: v for k, v in scores.items() if '/mae' in k} == {
            'depth/mae': 3,
            'depth/mae@mtcp': 2,
            'depth/mae@range': 3,
            'depth/mae@per_image': 2.5,
            'depth/mae@clamped': 3,
            'depth/mae@clamped_images': 2.5,
            'depth/mae@median_scaled': pytest.approx(.85),
            'depth/mae@densemtl': pytest.approx(2.5)
        }
        assert {f'depth/{k}' for k in metric.higher_is_better} == set(scores)
        assert metric.higher_is_better['delta1@mtcp']
        assert not metric.higher_is_better['rmse@mtcp']

    def test_rejects_other_size(self):
        sample = dict(
            gt_depth=data(1, 1), pred_depth=data(1, 1, 1), img_path='a.jpg')
        with pytest.raises(ValueError, match='a.jpg, task `depth`: .*'):
            DepthMetric('depth').process(None, [sample])


class TestNormalsMetric:
    """Oracle: by hand, angles of 90, 0 and 0 degrees."""

    def test_scores(self):
        metric = NormalsMetric('normals')
        target = data((1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0))
        pred = data((0, 2, 0), (0, .1, 0), (0, 0, 1), (1, 1, 1))
        metric.process(None, [dict(gt_normals=target, pred_normals=pred)])
        scores = metric.evaluate(1)
        assert scores.pop('normals/median') == pytest.approx(0, abs=.05)
        assert scores == pytest.approx({
            'normals/mean': 30,
            'normals/rmse': 2700**.5,
            'normals/within_11.25': 200 / 3,
            'normals/within_22.5': 200 / 3,
            'normals/within_30': 200 / 3
        })

    def test_protocols_in_one_pass(self):
        """A right answer is 0 degrees off, and 0.3178 after 8 bits."""
        metric = NormalsMetric('normals', protocols='all')
        field = data((0, 1, 0))
        metric.process(None, [dict(gt_normals=field, pred_normals=field)])
        scores = metric.evaluate(1)
        assert scores['normals/mean'] == scores['normals/mean@densemtl'] == 0
        assert scores['normals/mean@uint8'] == pytest.approx(
            math.degrees(math.atan(math.hypot(1, 1) / 255)))
        assert {f'normals/{k}' for k in metric.higher_is_better
                } == set(scores)
