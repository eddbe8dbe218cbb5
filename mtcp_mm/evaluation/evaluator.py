# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.logging import print_log
from mmengine.registry import EVALUATOR as ALL_EVALUATORS
from prettytable import PrettyTable

from mtcp_mm.registry import EVALUATOR, METRICS
from mtcp_mm.tasks import DenseTask, build_tasks
from .functional.delta_mtl import delta_mtl
from .metrics import DenseTaskMetric
from .references import Reference

#: What is asked of every task that is not named.
ANY = '*'


def higher_is_better(metrics: Sequence[BaseMetric]) -> dict[str, bool]:
    """Which way is up, for every key of metrics that say so.

    Args:
        metrics (Sequence[BaseMetric]): Those of an evaluator.

    Returns:
        dict[str, bool]: E.g. ``{'semseg/mIoU': True, 'depth/rmse': False}``.
    """
    return {
        f'{metric.prefix}/{key}': higher
        for metric in metrics
        for key, higher in getattr(metric, 'higher_is_better', {}).items()
    }


def build_evaluator(cfg: Mapping | Sequence) -> Evaluator:
    """As :meth:`mmengine.runner.Runner.build_evaluator`."""
    if isinstance(cfg, Mapping) and 'metrics' in cfg:
        return ALL_EVALUATORS.build(dict(dict(type='Evaluator'), **cfg))
    return Evaluator(cfg)


def without_references(cfg: Mapping | Sequence) -> Mapping | Sequence:
    """Config of an evaluator that asks for no single-task results."""
    if isinstance(cfg, Mapping):
        skipped = ('references', 'delta_keys')
        return {k: v for k, v in cfg.items() if k not in skipped}
    return cfg


@EVALUATOR.register_module()
class MultiTaskEvaluator(Evaluator):
    """Evaluator that gets its metrics from the tasks of the data set.

    They are known once ``dataset_meta`` is set, as the loops of mmengine do
    before the first image.

    Args:
        metrics (dict | BaseMetric | Sequence, optional): As in mmengine's
            ``Evaluator``. None: those that the tasks name
            (``DenseTask.metric_cfgs``); a task that names none, or only
            helps, is not scored. A config must spell ``metrics=None`` out:
            without the key mmengine takes the dict for a metric.
        tasks (Mapping, optional): Tasks in place of those of the data set.
        protocols (Mapping, optional): Task, or '*' for all others, to names
            of protocols or 'all': these in place of what the metrics name
            (docs/protocols.md).
        references (Mapping, optional): Task to its single-task run, a config
            or ``dict(config=..., file=...)``, see
            :meth:`mtcp_mm.evaluation.references.Reference.from_cfg`. With it
            the score ``delta_mtl`` relates the tasks to those runs
            (:func:`mtcp_mm.evaluation.functional.delta_mtl`).
        delta_keys (Mapping, optional): Task to the score that counts in
            ``delta_mtl``, e.g. ``dict(saliency='saliency/mIoU')``. Defaults
            to the main score of the task's first metric.

    Raises:
        FileNotFoundError: The scores of a reference do not exist; the
            message has the command that makes them.
        ValueError: Neither tasks nor metrics; a scored task without
            reference; a key that no metric yields; an unknown protocol.

    Examples:
        >>> val_evaluator = dict(
        ...     type='mtcp_mm.MultiTaskEvaluator', metrics=None,
        ...     references=dict(depth='configs/stl/nyud_depth.py'))
    """

    def __init__(
            self,
            metrics: dict | BaseMetric | Sequence | None = None,
            tasks: Mapping[str, dict | DenseTask] | None = None,
            protocols: Mapping[str, str | Sequence[str]] | None = None,
            references: Mapping[str, str | dict] | None = None,
            delta_keys: Mapping[str, str] | None = None) -> None:
        self.protocols = dict(protocols or {})
        self.reference_cfgs, self.delta_keys = references, delta_keys
        self.tasks = None if tasks is None else build_tasks(tasks)
        self.references = self.reference_runs = {}
        self.waits = metrics is None and tasks is None
        if metrics is None:
            metrics = self._metrics_of_tasks()
        elif isinstance(metrics, (Mapping, BaseMetric)):
            metrics = [metrics]
        super().__init__([
            self._choose_protocols(metric) if isinstance(metric, Mapping) else
            metric for metric in metrics
        ])
        if not self.waits:
            self._complete()

    @property
    def dataset_meta(self) -> dict | None:
        """dict, optional: Metainfo of the data set, with its ``tasks``."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        if self.waits:
            cfgs = (dataset_meta or {}).get('tasks')
            if not cfgs:
                raise ValueError(
                    'MultiTaskEvaluator takes its metrics from the tasks that '
                    'the metainfo of the data set names, but it names none. '
                    'Give it `tasks` or `metrics`.')
            self.tasks, self.waits = build_tasks(cfgs), False
            self.metrics = [*self._metrics_of_tasks(), *self.metrics]
            self._complete()
        self._dataset_meta = dataset_meta
        for metric in self.metrics:
            metric.dataset_meta = dataset_meta

    def _complete(self) -> None:
        """What can be checked and read once all metrics are there."""
        scored = [m for m in self.metrics if isinstance(m, DenseTaskMetric)]
        for metric in scored if self.tasks else ():
            metric.dense_task = self.tasks.get(metric.task)
        known = sorted({metric.task for metric in scored})
        if unknown := sorted(set(self.protocols) - {ANY} - set(known)):
            raise ValueError(f'Protocols are asked for {unknown}, but the '
                             f'tasks with protocols are {known}.')
        references = self.reference_cfgs
        self.delta_keys = self._choose_delta_keys(references, self.delta_keys)
        self.reference_runs = {
            key: Reference.from_cfg(references[task])
            for task, key in self.delta_keys.items()
        }
        # read now: whoever waited for the scores wants no error then
        self.references = {
            key: run.score(key) for key, run in self.reference_runs.items()
        }

    def _metrics_of_tasks(self) -> list[BaseMetric]:
        metrics = []
        for name, task in (self.tasks or {}).items():
            if task.helper or not task.metric_cfgs:
                why = 'only helps' if task.helper else 'names no metric'
                print_log(
                    f'Task `{name}` {why}, it is not scored.',
                    logger='current')
                continue
            metrics += [
                METRICS.build(self._choose_protocols(dict(cfg, task=name)))
                for cfg in task.metric_cfgs
            ]
        return metrics

    def _choose_protocols(self, cfg: Mapping) -> Mapping:
        """Config of a metric with the protocols that are asked for."""
        task, kind = cfg.get('task'), cfg['type']
        names = self.protocols.get(task, self.protocols.get(ANY))
        cls = METRICS.get(kind) if isinstance(kind, str) else kind
        if names is None or not (isinstance(cls, type)
                                 and issubclass(cls, DenseTaskMetric)):
            return cfg
        try:
            return dict(cfg, protocols=list(cls.select_protocols(names)))
        except ValueError as error:
            raise ValueError(f'Task `{task}`: {error}') from error

    def _choose_delta_keys(
            self, references: Mapping | None,
            chosen: Mapping[str, str] | None) -> dict[str, str]:
        """Task to the key that counts in delta_MTL."""
        chosen = dict(chosen or {})
        if references is None and chosen:
            raise ValueError('`delta_keys` choose the scores of delta_MTL, '
                             'which needs `references`, too.')
        if references is None:
            return {}
        keys = {}
        for metric in self.metrics:
            if getattr(metric, 'higher_is_better', None):
                main = next(iter(metric.higher_is_better))
                keys.setdefault(metric.task, f'{metric.prefix}/{main}')
        for name, table in dict(
                references=references, delta_keys=chosen).items():
            unknown = sorted(set(table) - set(keys))
            if unknown:
                raise ValueError(f'`{name}` names {unknown}, but the tasks '
                                 f'that are scored are {sorted(keys)}.')
        lacking = sorted(set(keys) - set(references))
        if lacking:
            raise ValueError(
                f'delta_MTL is a mean over all tasks, but `references` lacks '
                f'{lacking}: name a single-task config for each, e.g. '
                f"references=dict({lacking[0]}='configs/stl/...')")
        keys.update(chosen)
        known = higher_is_better(self.metrics)
        for task, key in keys.items():
            if key not in known:
                raise ValueError(f'`delta_keys` of `{task}` is {key!r}, but '
                                 f'the metrics yield {sorted(known)}.')
        return keys

    def evaluate(self, size: int) -> dict:
        """See mmengine; adds ``delta_mtl`` where there are references.

        Raises:
            ValueError: Nobody said which tasks there are.
        """
        if self.waits:
            raise ValueError('MultiTaskEvaluator knows no task: set its '
                             '`dataset_meta`, or give it `tasks`.')
        scores = super().evaluate(size)
        if self.references:
            scores['delta_mtl'] = self._compare(scores)
        return scores

    def _compare(self, scores: Mapping[str, float]) -> float:
        better = higher_is_better(self.metrics)
        table = PrettyTable(['Score', 'Single-task', 'This', 'Change'])
        for key, reference in self.references.items():
            change = delta_mtl({key: scores[key]}, self.references, better)
            table.add_row([key, f'{reference:.4f}', f'{scores[key]:.4f}',
                           f'{change:+.2f} %'])
        total = delta_mtl({key: scores[key] for key in self.references},
                          self.references, better)
        table.add_row(['delta_MTL', '', '', f'{total:+.2f} %'])
        print_log(f'Held against single-task networks, + is better:\n{table}',
                  logger='current')
        return total

    @property
    def higher_is_better(self) -> dict[str, bool]:
        """dict[str, bool]: For every known key, e.g. ``'depth/rmse'``."""
        known = higher_is_better(self.metrics)
        return dict(known, delta_mtl=True) if self.references else known
