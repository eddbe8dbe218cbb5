# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
from mmengine.config import Config

from mtcp_mm.evaluation import MultiTaskEvaluator
from mtcp_mm.evaluation.protocols import choose_protocols, parse_protocols
from mtcp_mm.tasks import build_tasks

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
    depth=dict(type='mtcp_mm.DepthTask'))
OF_TASKS = dict(
    type='mtcp_mm.MultiTaskEvaluator', tasks=TASKS, metrics=None)
ALL = ['pooled', 'mtcp', 'range', 'per_image']


def config(evaluator):
    return Config(dict(model=dict(tasks=TASKS), test_evaluator=evaluator))


def metrics_of(cfg):
    """Task to protocols, from a built evaluator."""
    evaluator = cfg.test_evaluator
    if isinstance(evaluator, dict) and 'tasks' in evaluator:
        built = MultiTaskEvaluator(evaluator.metrics, evaluator.tasks)
    else:
        built = MultiTaskEvaluator(getattr(evaluator, 'metrics', evaluator))
    return {m.task: list(getattr(m, 'protocols', [])) for m in built.metrics}


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
        evaluator = cfg.test_evaluator
        metrics = evaluator if isinstance(
            evaluator, list) else evaluator.get('metrics', evaluator)
        metric = metrics[0] if isinstance(metrics, list) else metrics
        assert metric['protocols'] == ALL

    def test_model_hands_out_what_is_scored(self):
        cfg = config([
            dict(type='mtcp_mm.SegmentationMetric', task='semseg'),
            dict(type='mtcp_mm.DepthMetric', task='depth')
        ])
        choose_protocols(cfg, parse_protocols(['semseg=label_nearest']))
        tasks = build_tasks(cfg.model.tasks)
        assert tasks['semseg'].needs_input_size
        assert not tasks['depth'].needs_input_size

    def test_protocols_of_config_stay(self):
        tasks = dict(
            TASKS,
            depth=dict(
                type='mtcp_mm.DepthTask',
                metric=dict(type='mtcp_mm.DepthMetric', protocols=['range'])))
        cfg = config(dict(OF_TASKS, tasks=tasks))
        choose_protocols(cfg, parse_protocols(['semseg=all']))
        assert metrics_of(cfg)['depth'] == ['range']

    @pytest.mark.parametrize('word, match', [
        ('parts=all', r"\['parts'\].*\['depth', 'semseg'\]"),
        ('depth=uint8', "Task `depth`.*'uint8'.*'pooled', 'mtcp'"),
    ])
    def test_errors(self, word, match):
        with pytest.raises(ValueError, match=match):
            choose_protocols(config(OF_TASKS), parse_protocols([word]))
