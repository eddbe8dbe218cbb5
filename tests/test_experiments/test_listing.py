# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest

from mtcp_mm.experiments.listing import read_list
from mtcp_mm.experiments.run import plan_runs
from mtcp_mm.utils.settings import load_config_file

CONFIGS = Path(__file__).parents[2] / 'configs'


class TestReadList:
    """Oracle: the list in conftest.py, read by eye."""

    def test_reads(self, folder, experiments):
        assert experiments.title == 'Three rows'
        up, down = experiments.metrics
        assert (up.key, up.title, up.digits) == ('a/up', 'up ↑', 2)
        assert (down.title, down.digits, down.note) == ('b/down ↓', 1,
                                                        'in metres')
        only_a, _, both = experiments.experiments
        assert only_a.single_task == 'a/up'
        assert both.config == str(folder / 'both.py')
        assert (both.options, both.paper) == ({'x.y': 3}, {
            'a/up': 42,
            'b/down': 6
        })

    def test_base_is_relative_to_the_list(self, folder):
        file = folder / 'rows.yml'
        file.write_text('base: both.py\n' + file.read_text())
        assert read_list([str(file)]).base == str(folder / 'both.py')

    def test_configs_are_a_list_too(self, folder):
        found = read_list([str(folder / 'only_b.py'), str(folder / 'both.py')])
        assert [e.name for e in found.experiments] == ['only_b', 'both']
        assert found.metrics == ()

    @pytest.mark.parametrize('old, new, message', [
        ('config: both.py', 'config: bath.py', 'bath.py does not exist'),
        ('Only b', 'only-A', r"write to the folder \['only_a'\]"),
        ('better: lower', 'better: less', "'lower', but is 'less'"),
        ('single_task: b/down', 'single_task: c', r"speaks of \['c'\]"),
        ('a/up: 42', 'a/mp: 42', r"'Both \(ours\)' speaks of \['a/mp'\]"),
        ('digits: 1', 'digit: 1', r"metric b/down has .* keys \['digit'\]"),
        ('experiments:', 'rows:', 'must be a mapping with `experiments`'),
        ('title:', 'titel:', r"unknown keys \['titel'\]; known are"),
        ('    config: both.py', '    name: x', 'config'),
    ])
    def test_says_what_is_wrong(self, folder, old, new, message):
        file = folder / 'rows.yml'
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=message):
            read_list([str(file)])

    def test_rejects_other_files(self, folder):
        with pytest.raises(ValueError, match=r"not \['b.txt'\]"):
            read_list([str(folder / 'both.py'), 'b.txt'])


@pytest.mark.parametrize('name, table', [
    ('nyud', [[53.20], [.4923], [19.22], [52.78, .4803, 19.20],
              [55.12, .4561, 18.95], [54.02, .5025, 20.50],
              [49.23, .5519, 23.80], [55.25, .4516, 20.60],
              [54.50, .4823, 20.32], [56.25, .4316, 18.60]]),
    ('pascal', [[75.10], [68.29], [82.22], [79.96, 69.13, 84.20]]),
])
def test_lists_hold_the_numbers_of_the_paper(name, table):
    """Oracle: Tab. 2 to 4, typed anew, and the headers of the configs."""
    found = read_list([str(CONFIGS / 'ablations' / f'{name}.yml')])
    keys = [metric.key for metric in found.metrics]
    for experiment, numbers in zip(found.experiments, table, strict=True):
        wanted = [experiment.single_task] if len(numbers) == 1 else keys
        assert experiment.paper == dict(zip(wanted, numbers))
        if Path(experiment.config).name != 'lps.py' or name == 'nyud':
            header = Path(experiment.config).read_text()
            for key, number in experiment.paper.items():
                digits = 4 if key.startswith('depth') else 2
                assert f' {number:.{digits}f}' in header


@pytest.mark.parametrize('name, rows', [('methods', 9), ('diagnosis', 21)])
@pytest.mark.parametrize('base', ['replica', 'demo', 'replica_rooms'])
def test_every_row_of_the_comparison_builds(monkeypatch, tmp_path, name, rows,
                                            base):
    """Oracle: the configs of the rows, read one by one by hand."""
    found = read_list([str(CONFIGS / 'comparison' / f'{name}.yml')])
    monkeypatch.setenv(
        'MTCP_BASE', str((CONFIGS / 'comparison' / f'{base}.py').absolute()))
    runs = plan_runs(found, (0, ), tmp_path, ())
    assert len({run.stamp for run in runs}) == rows  # constants: as MT-CP
    for run in runs:
        cfg = load_config_file(
            run.experiment.config,
            dict(run.experiment.options))
        head, row = cfg.model.decode_head, run.experiment.name
        assert cfg.model.backbone.model_name == 'tf_efficientnet_lite0'
        shared = row.startswith('Shared encoder') and 'fusion' not in row
        plus = row.startswith('MT-CP plus') and 'fusion' not in row
        assert head.get('with_cfm', True) == (
            not shared and not plus and 'without CFM' not in row)
        assert len(cfg.model.tasks) == (1 if run.experiment.single_task else 3)
        gated = head.get('cfm', {}).get('shortcut') == 'gated'
        assert gated == ('gated' in row or 'plus with fusion' in row)
