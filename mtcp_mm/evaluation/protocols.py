# Copyright (c) mtcp_mm authors. All rights reserved.
"""Score one run under other protocols than those of its config."""
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mmengine.config import Config

from mtcp_mm.registry import METRICS
from mtcp_mm.tasks import build_tasks
from .metrics import DenseTaskMetric

#: What is asked of every task that is not named.
ANY = '*'


def parse_protocols(words: Iterable[str]) -> dict[str, str | list[str]]:
    """Read protocols from a command line.

    Args:
        words (Iterable[str]): 'all', or '<task>=<name>[,<name>...]', or
            '<task>=all'.

    Returns:
        dict[str, str | list[str]]: Task, or :data:`ANY`, to names.

    Raises:
        ValueError: A word is none of these.

    Examples:
        >>> parse_protocols(['all', 'depth=pooled,mtcp'])
        {'*': 'all', 'depth': ['pooled', 'mtcp']}
    """
    choice = {}
    for word in words:
        task, equals, names = word.partition('=')
        if word == 'all':
            choice[ANY] = 'all'
        elif task and equals and names:
            choice[task] = 'all' if names == 'all' else names.split(',')
        else:
            raise ValueError(
                f"Protocols are 'all', or TASK=NAME,NAME,... such as "
                f"'depth=pooled,mtcp', but this is {word!r}.")
    return choice


def choose_protocols(cfg: Config,
                     choice: Mapping[str, str | Sequence[str]]) -> None:
    """Make the test evaluator of a config use some protocols.

    Also tells the tasks of the model, which have to hand out what a protocol
    scores.

    Args:
        cfg (Config): Changed in place.
        choice (Mapping): From :func:`parse_protocols`.

    Raises:
        ValueError: There is no such task, or a task has no such protocol.
    """
    scored = {}
    for task, metric in _metrics_of(cfg):
        cls = METRICS.get(metric['type'])
        if not (isinstance(cls, type) and issubclass(cls, DenseTaskMetric)):
            continue
        names = choice.get(task, choice.get(ANY))
        if names is not None:
            try:
                metric['protocols'] = list(cls.select_protocols(names))
            except ValueError as error:
                raise ValueError(f'Task `{task}`: {error}') from error
        scored.setdefault(task, []).append(metric)
    unknown = sorted(set(choice) - {ANY} - set(scored))
    if unknown:
        raise ValueError(f'Protocols are asked for {unknown}, but the tasks '
                         f'with protocols are {sorted(scored)}.')
    for name, task in cfg.get('model', {}).get('tasks', {}).items():
        if name in scored:
            task['metric'] = [dict(metric) for metric in scored[name]]


def _metrics_of(cfg: Config) -> Iterator[tuple[str, dict]]:
    """Task and config of every metric of the test evaluator, as they are in
    the config: a change of one changes the other."""
    evaluator = cfg.test_evaluator
    if isinstance(evaluator, Mapping):
        if evaluator.get('metrics') is None and 'tasks' in evaluator:
            for name, task in build_tasks(evaluator['tasks']).items():
                evaluator['tasks'][name]['metric'] = task.metric_cfgs
                for metric in evaluator['tasks'][name]['metric']:
                    yield name, metric
            return
        evaluator = evaluator.get('metrics', evaluator)
    if isinstance(evaluator, Mapping):
        evaluator = [evaluator]
    for metric in evaluator:
        yield metric.get('task'), metric
