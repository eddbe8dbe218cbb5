# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.logging import print_log

from mtcp_mm.registry import EVALUATOR, METRICS
from mtcp_mm.tasks import DenseTask, build_tasks
from .metrics import DenseTaskMetric


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


@EVALUATOR.register_module()
class MultiTaskEvaluator(Evaluator):
    """Evaluator that gets its metrics from the tasks.

    Args:
        metrics (dict | BaseMetric | Sequence, optional): As in mmengine's
            ``Evaluator``. None: those that the tasks name
            (``DenseTask.metric_cfgs``); a task that names none is not
            scored. A config must spell ``metrics=None`` out: without the key
            mmengine takes the dict for a metric.
        tasks (Mapping, optional): The ``tasks`` of the config.

    Examples:
        >>> tasks = dict(depth=dict(type='mtcp_mm.DepthTask'))
        >>> val_evaluator = dict(
        ...     type='mtcp_mm.MultiTaskEvaluator', tasks=tasks, metrics=None)
    """

    def __init__(
            self,
            metrics: dict | BaseMetric | Sequence | None = None,
            tasks: Mapping[str, dict | DenseTask] | None = None) -> None:
        if metrics is None and tasks is None:
            raise ValueError(
                'MultiTaskEvaluator needs `tasks` (and takes their metrics) '
                'or `metrics`, but got neither.')
        self.tasks = {} if tasks is None else build_tasks(tasks)
        if metrics is None:
            metrics = self._metrics_of_tasks()
        super().__init__(metrics)
        for metric in self.metrics:
            if isinstance(metric, DenseTaskMetric):
                metric.dense_task = self.tasks.get(metric.task)

    def _metrics_of_tasks(self) -> list[BaseMetric]:
        metrics = []
        for name, task in self.tasks.items():
            metrics += [
                METRICS.build(dict(cfg, task=name)) for cfg in task.metric_cfgs
            ]
            if not task.metric_cfgs:
                print_log(
                    f'Task `{name}` names no metric, it is not scored.',
                    logger='current')
        return metrics

    @property
    def higher_is_better(self) -> dict[str, bool]:
        """dict[str, bool]: For every known key, e.g. ``'depth/rmse'``."""
        return higher_is_better(self.metrics)
