# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
from mmengine.config import Config

from mtcp_mm.evaluation.protocols import choose_protocols, parse_protocols
from mtcp_mm.registry import EVALUATOR

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
    depth=dict(type='mtcp_mm.DepthTask'))
OF_TASKS = dict(type='mtcp_mm.MultiTaskEvaluator', metrics=None)
ALL = ['pooled', 'mtcp', 'range', 'per_image', 'clamped', 'clamped_images',
       'median_scaled', 'densemtl']


def config(evaluator, tasks=TASKS):
    data = dict(dataset=dict(type='RepeatDataset', dataset=dict(tasks=tasks)))
    return Config(dict(test_dataloader=data, test_evaluator=evaluator))


def metrics_of(cfg, tasks=TASKS):
    """Task to protocols, from the built evaluator."""
    evaluator = EVALUATOR.build(dict(cfg.test_evaluator, _scope_='mtcp_mm'))
    evaluator.dataset_meta = dict(tasks=tasks)
    return {m.task: list(m.protocols) for m in evaluator.metrics
            if hasattr(m, 'protocols')}


class TestParse:

    @pytest.mark.parametrize('word', ['depth', 'depth=', '=mtcp', '='])
    def test_wrong_words(self, word):
        with pytest.raises(ValueError, match=f"'all'.*{word!r}"):
            parse_protocols([word])

    def test_words(self):
        assert parse_protocols(['depth=all', 'normals=float,uint8']) == dict(
            depth='all', normals=['float', 'uint8'])


class TestChoose:
    """Oracle: the protocols of the metrics that the config builds."""

    def test_of_tasks(self):
        cfg = config(OF_TASKS)
        choose_protocols(cfg, parse_protocols(['depth=mtcp,pooled']))
        assert metrics_of(cfg) == dict(
            semseg=['logits'], depth=['mtcp', 'pooled'])

    def test_named_task_wins_over_all(self):
        cfg = config(OF_TASKS)
        choose_protocols(cfg, parse_protocols(['semseg=mtcp', 'all']))
        assert metrics_of(cfg) == dict(semseg=['mtcp'], depth=ALL)

    @pytest.mark.parametrize('wrap', [
        lambda metric: metric,
        lambda metric: [metric, dict(type='mmengine.DumpResults',
                                     out_file_path='x.pkl')],
        lambda metric: dict(type='Evaluator', metrics=[metric]),
        lambda metric: dict(OF_TASKS, metrics=metric),
    ])
    def test_of_metrics(self, wrap):
        cfg = config(wrap(dict(type='mtcp_mm.DepthMetric', task='depth')))
        choose_protocols(cfg, parse_protocols(['all']))
        assert metrics_of(cfg) == dict(depth=ALL)

    def test_protocols_of_config_stay(self):
        tasks = dict(
            TASKS,
            depth=dict(
                type='mtcp_mm.DepthTask',
                metric=dict(type='mtcp_mm.DepthMetric', protocols=['range'])))
        cfg = config(OF_TASKS, tasks)
        choose_protocols(cfg, parse_protocols(['semseg=all']))
        assert metrics_of(cfg, tasks)['depth'] == ['range']

    def test_references_are_not_read_yet(self):
        cfg = config(dict(OF_TASKS, references=dict(depth='nowhere.py')))
        choose_protocols(cfg, parse_protocols(['all']))
        assert cfg.test_evaluator.references == dict(depth='nowhere.py')

    @pytest.mark.parametrize('word, match', [
        ('parts=all', r"\['parts'\].*\['depth', 'semseg'\]"),
        ('depth=uint8', "Task `depth`.*'uint8'.*'pooled', 'mtcp'"),
    ])
    def test_errors(self, word, match):
        with pytest.raises(ValueError, match=match):
            choose_protocols(config(OF_TASKS), parse_protocols([word]))
