# Copyright (c) mtcp_mm authors. All rights reserved.
import math

from mtcp_mm.evaluation import DepthMetric, NormalsMetric
from mtcp_mm.evaluation.score_table import score_table


def cells(table):
    return [[c.strip() for c in line.strip('|').split('|')]
            for line in table.splitlines() if not line.startswith('+')]


class TestScoreTable:
    """Oracle: the cells of the printed text, by hand."""

    def test_protocols_side_by_side(self):
        metrics = [
            DepthMetric('depth', protocols=['pooled', 'mtcp', 'per_image']),
            NormalsMetric('normals', protocols='uint8')
        ]
        scores = {
            'depth/rmse': .5,
            'depth/rmse@mtcp': .25,
            'depth/rmse@per_image': .125,
            'depth/delta1@mtcp': 1 / 3,
            'normals/mean@uint8': math.nan,
            'delta_mtl': -2.
        }
        rows = {row[0]: row[1:] for row in cells(score_table(scores, metrics))}
        assert rows['depth'] == ['better', '[pooled]', '@mtcp', '@per_image']
        assert rows['rmse'][0] == 'lower' and rows['delta1'][0] == 'higher'
        assert rows['delta1'] == ['higher', '', '0.3333', '']
        assert rows['normals'] == ['better', '@uint8', '', '']
        assert rows['mean'] == ['lower', 'nan', '', '']
        assert rows['delta_mtl'] == ['', '-2.0000', '', '']
        assert ['rmse', 'lower', '0.5000', '0.2500', '0.1250'] in cells(
            score_table(scores, metrics))

    def test_scores_of_others(self):
        assert cells(score_table({'x/y': 1.}, [])) == [['x/y', '', '1.0000']]
        assert score_table({}, []) == 'no scores'
