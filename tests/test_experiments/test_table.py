# Copyright (c) mtcp_mm authors. All rights reserved.
import csv
import io
import json

import pytest

from mtcp_mm.experiments.listing import MetricColumn
from mtcp_mm.experiments.table import (
    make_rows,
    mean_and_std,
    to_csv,
    to_json,
    to_markdown,
)

SCORES = {
    'Only a': {0: {'a/up': 38.}, 1: {'a/up': 42.}},  # mean 40
    'Only b': {0: {'b/down': 10., 'b/other': 1.}, 1: {'b/down': 10.}},
    'Both (ours)': {
        0: {'a/up': 44., 'b/down': 9.},  # +10 %, +10 %
        1: {'a/up': 36., 'b/down': 12.},  # -10 %, -20 %
    },
}
DELTAS = {0: 10., 1: -15.}  # mean -2.5, deviation 12.5 * sqrt(2)


class TestRows:
    """Oracle: the arithmetic in the comments above, done by hand."""

    def test_delta_against_single_task_runs(self, experiments):
        *single, both = make_rows(experiments, SCORES)
        assert both.ours['delta_mtl'] == pytest.approx(DELTAS)
        # the paper: 42 / 40 is +5 %, 6 / 8 is 25 % less
        assert both.paper['delta_mtl'] == pytest.approx(15)
        assert [row.ours for row in single] == [
            {'a/up': {0: 38, 1: 42}}, {'b/down': {0: 10, 1: 10}}
        ]

    def test_no_delta_without_all_single_tasks(self, experiments):
        scores = {**SCORES, 'Only b': {}}
        both = make_rows(experiments, scores)[2]
        assert 'delta_mtl' not in both.ours
        assert 'delta_mtl' in both.paper

    @pytest.mark.parametrize('missing', [None, float('nan')])
    def test_a_seed_without_score_does_not_count(self, experiments, missing):
        scores = {**SCORES, 'Both (ours)': {
            **SCORES['Both (ours)'], 1: {'a/up': missing, 'b/down': 8.}}}
        both = make_rows(experiments, scores)[2]
        assert both.ours['a/up'] == {0: 44}
        assert both.ours['b/down'] == {0: 9, 1: 8}
        assert both.ours['delta_mtl'] == pytest.approx({0: 10})

    def test_no_delta_without_directions(self, experiments):
        metrics = (MetricColumn('a/up'), experiments.metrics[1])
        plain = type(experiments)('x', metrics, experiments.experiments)
        assert 'delta_mtl' not in make_rows(plain, SCORES)[2].ours

    def test_mean_and_std(self):
        assert mean_and_std([2., 4., 9.]) == (5., pytest.approx(13**.5))
        assert mean_and_std([2.]) == (2., None)


class TestFormats:
    """Oracle: the table, written by hand."""

    def test_markdown(self, experiments):
        rows = make_rows(experiments, SCORES)
        assert to_markdown(experiments, rows, (0, 1)).splitlines() == [
            '| run | up ↑, paper | ours | b/down ↓, paper | ours | '
            'Δ_MTL (%) ↑, paper | ours |',
            '|---|--:|--:|--:|--:|--:|--:|',
            '| Only a | 40.00 | 40.00 ± 2.83 | – | – | – | – |',
            '| Only b | – | – | 8.0 | 10.0 ± 0.0 | – | – |',
            '| Both (ours) | 42.00 | 40.00 ± 5.66 | 6.0 | 10.5 ± 2.1 | '
            '15.00 | -2.50 ± 17.68 |',
            '',
            '- ours: mean ± standard deviation of the sample over the seeds '
            '0, 1',
            '- b/down: in metres',
        ]

    def test_markdown_says_what_is_not_run(self, experiments):
        scores = {'Both (ours)': {0: SCORES['Both (ours)'][0]}}
        rows = make_rows(experiments, scores)
        lines = to_markdown(experiments, rows, (0, 1, 2)).splitlines()
        assert lines[2] == '| Only a | 40.00 | not run | – | – | – | – |'
        assert lines[4] == (
            '| Both (ours) | 42.00 | 44.00 (1 of 3 seeds) | 6.0 | 9.0 (1 of '
            '3 seeds) | 15.00 | not run |')

    def test_csv(self, experiments):
        rows = make_rows(experiments, SCORES)
        found = list(csv.DictReader(io.StringIO(to_csv(rows))))
        values = {(r['run'], r['score'], r['seed']): float(r['value'])
                  for r in found}
        assert values['Both (ours)', 'b/down', '1'] == 12
        assert values['Both (ours)', 'delta_mtl', '1'] == pytest.approx(-15)
        assert values['Only a', 'a/up', 'paper'] == 40
        assert len(found) == 2 * (1 + 2) + 3 * (1 + 2)

    def test_json(self, experiments):
        rows = make_rows(experiments, SCORES)
        found = json.loads(to_json(experiments, rows, dict(commit='abc')))
        assert (found['title'], found['commit']) == ('Three rows', 'abc')
        both = found['rows'][2]
        assert both['ours']['a/up'] == dict(
            mean=40, std=pytest.approx(32**.5), seeds={'0': 44, '1': 36})
        assert both['paper']['b/down'] == 6
