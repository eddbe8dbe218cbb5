# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest

from mtcp_mm.experiments.curves import draw_curves, mean_curve
from mtcp_mm.experiments.listing import MetricColumn
from mtcp_mm.records.logs import RunLog


def log(**scores):
    """A run that was validated at the epochs 2, 4, ..."""
    steps = len(next(iter(scores.values())))
    val = [dict(step=2 * i + 2, **{f'a/{k}': v[i] for k, v in scores.items()})
           for i in range(steps)]
    return RunLog([dict(step=10, epoch=1, loss=1.)], val)


class TestCurves:
    """Oracle: means and deviations by hand."""

    def test_mean_over_seeds(self):
        runs = [log(up=[1., 5., 9.]), log(up=[3., math.nan, 15.])]
        steps, means, deviations = mean_curve(runs, 'a/up')
        assert steps == [2, 6]  # one seed has no score at 4
        assert means == [2, 12]
        assert deviations == pytest.approx([math.sqrt(2), 3 * math.sqrt(2)])

    def test_one_seed_has_no_deviation(self):
        assert mean_curve([log(up=[1., 5.])], 'a/up')[2] == [0, 0]

    def test_lines_of_the_chart(self):
        metrics = [MetricColumn('a/up', 'Up', 'higher'),
                   MetricColumn('a/down', better='lower')]
        logs = {'Both': [log(up=[1., 5.], down=[4., 2.])],
                'Up only': [log(up=[2., 7.])],
                'Nothing yet': [], 'One': [log(up=[3.])]}
        figure = draw_curves(logs, metrics)
        up, down = figure.axes
        assert [list(line.get_ydata()) for line in up.lines] == [
            [1, 5], [2, 7]]
        assert [list(line.get_ydata()) for line in down.lines] == [[4, 2]]
        assert up.get_title() == 'Up ↑'
        assert up.get_xlabel() == 'epoch'
        names = [t.get_text() for t in figure.legends[0].get_texts()]
        assert names == ['Both', 'Up only']

    def test_nothing_to_draw(self):
        assert draw_curves({'One': [log(up=[3.])]},
                           [MetricColumn('a/up')]) is None
        assert draw_curves({'One': [log(up=[3., 4.])]}, []) is None
