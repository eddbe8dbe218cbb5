# Copyright (c) mtcp_mm authors. All rights reserved.
import subprocess

import pytest

from mtcp_mm.experiments import costs as costs_module
from mtcp_mm.experiments.costs import known_costs, measure_costs
from mtcp_mm.experiments.listing import Experiment, ExperimentList
from mtcp_mm.experiments.table import make_rows, to_markdown

FLOPS = """
import json, sys
options = sys.argv[1:]
json.dump(dict(parameters=dict(total=dict(all=2_500_000)),
               flops=dict(total=int(options[-1].split('=')[1]) * 10**9)),
          open(options[options.index('--out') + 1], 'w'))
"""
MEMORY = """
import json, sys
out = sys.argv[sys.argv.index('--out') + 1]
json.dump(dict(seconds=.25, memory=1.5), open(out, 'w'))
"""


@pytest.fixture
def run(folder, plan, monkeypatch):
    tools = folder / 'tools' / 'analysis_tools'
    tools.mkdir()
    (tools / 'get_flops.py').write_text(FLOPS)
    (tools / 'benchmark_memory.py').write_text(MEMORY)
    monkeypatch.setattr(costs_module, 'TOOLS', folder / 'tools')
    return plan(seeds=(7, ))[2]


class TestCosts:
    """Oracle: the numbers of tools that only pretend to measure; GFLOPs are
    the value of the last option, which is the seed."""

    expected = dict(parameters=2.5, flops=7, seconds=.25, memory=1.5)

    def test_measured_once(self, folder, run):
        assert known_costs(run) == {}
        assert measure_costs(run) == self.expected
        assert known_costs(run) == self.expected
        assert [p.name for p in run.folder.parent.iterdir()] == ['costs.json']

    def test_another_config_is_measured_anew(self, folder, run, plan):
        measure_costs(run)
        assert known_costs(plan(seeds=(7, ), options=('a=1', ))[2]) == {}

    def test_a_tool_that_fails(self, folder, run):
        tool = folder / 'tools' / 'analysis_tools' / 'get_flops.py'
        tool.write_text('raise SystemExit(3)')
        with pytest.raises(subprocess.CalledProcessError, match='status 3'):
            measure_costs(run)
        assert known_costs(run) == {}

    def test_in_the_table(self):
        """Without numbers of a paper no column is theirs."""
        experiments = ExperimentList(
            'Costs', (), (Experiment('a', 'a.py'), Experiment('b', 'b.py')),
            costs=True)
        rows = make_rows(experiments, {}, dict(a=self.expected))
        assert to_markdown(experiments, rows, [0]).splitlines()[:4] == [
            '| run | parameters (M) | GFLOPs | step (s) | peak (GiB) |',
            '|---|--:|--:|--:|--:|', '| a | 2.50 | 7.00 | 0.25 | 1.50 |',
            '| b | – | – | – | – |'
        ]
