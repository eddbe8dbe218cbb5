# Copyright (c) mtcp_mm authors. All rights reserved.
"""Keys of scores: which task, which metric, which protocol."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mmengine.evaluator import Evaluator
from mmengine.registry import EVALUATOR

from mtcp_mm.evaluation import DenseTaskMetric

#: Scores of all tasks together; True: the higher the better.
TOTALS = {'delta_mtl': True}


@dataclass(frozen=True)
class MetricInfo:
    """What a metric says of itself.

    Attributes:
        protocols (dict[str, str]): Name to what is special; the first one is
            the house protocol, whose keys have no suffix.
        scores (dict[str, dict[str, bool]]): Protocol to its scores; True: the
            higher the better. The first score is the main one.
    """

    protocols: dict[str, str] = field(default_factory=dict)
    scores: dict[str, dict[str, bool]] = field(default_factory=dict)

    @property
    def house(self) -> str:
        """str: Name of the house protocol, '' if nobody knows."""
        return next(iter(self.protocols), '')

    @property
    def main(self) -> str:
        """str: Name of the main score, e.g. 'rmse'."""
        return next(iter(self.scores.get(self.house, {})), '')


@dataclass(frozen=True)
class ScoreKey:
    """A key of metrics.json, taken apart.

    Attributes:
        key (str): E.g. 'depth/rmse@mtcp'.
        task (str): 'depth'; '' for a score of all tasks.
        metric (str): 'rmse'.
        protocol (str): 'mtcp'; for a key without suffix the house protocol,
            '' if nobody knows its name.
        is_house (bool): The key has no suffix.
        higher (bool, optional): Whether the higher value is the better one.
        note (str): What is special about the protocol.
    """

    key: str
    task: str
    metric: str
    protocol: str
    is_house: bool
    higher: bool | None = None
    note: str = ''


def build_evaluator(cfg: Mapping | list) -> Evaluator:
    """As :meth:`mmengine.runner.Runner.build_evaluator`."""
    if isinstance(cfg, Mapping) and 'metrics' in cfg:
        return EVALUATOR.build(dict(dict(type='Evaluator'), **cfg))
    return Evaluator(cfg)


def without_references(cfg: Mapping | list) -> Mapping | list:
    """Config of an evaluator that asks for no single-task results."""
    if isinstance(cfg, Mapping):
        skipped = ('references', 'delta_keys')
        return {k: v for k, v in cfg.items() if k not in skipped}
    return cfg


def describe_metrics(evaluator: Evaluator) -> dict[str, MetricInfo]:
    """Protocols and scores of the metrics of an evaluator, by prefix."""
    infos = {}
    for metric in evaluator.metrics:
        if isinstance(metric, DenseTaskMetric):
            infos[metric.prefix] = describe_metric(type(metric))
    return infos


def describe_metric(cls: type[DenseTaskMetric]) -> MetricInfo:
    """Protocols and scores of a class of metrics."""
    return MetricInfo(
        dict(cls.known_protocols),
        {p: dict(cls.scores_of(p)) for p in cls.known_protocols})


def metrics_of_meta(scores: Mapping[str, Mapping]) -> dict[str, MetricInfo]:
    """As :func:`describe_metrics`, from metrics_meta.json.

    Args:
        scores (Mapping): Key to ``task``, ``metric``, ``protocol``, ``note``
            and ``higher_is_better``.
    """
    infos: dict[str, MetricInfo] = {}
    # the house protocol, whose keys have no suffix, comes first
    for key, said in sorted(scores.items(), key=lambda item: '@' in item[0]):
        info = infos.setdefault(key.rpartition('/')[0], MetricInfo())
        info.protocols[said['protocol']] = said['note']
        info.scores.setdefault(said['protocol'], {})[
            said['metric']] = said['higher_is_better']
    return infos


def parse_key(key: str, infos: Mapping[str, MetricInfo]) -> ScoreKey:
    """Take a key apart.

    Args:
        key (str): '<task>/<metric>' or '<task>/<metric>@<protocol>'.
        infos (Mapping): From :func:`describe_metrics`.

    Examples:
        >>> info = MetricInfo(dict(pooled='all pixels'),
        ...                   dict(pooled=dict(rmse=False)))
        >>> parse_key('depth/rmse', dict(depth=info)).protocol
        'pooled'
        >>> parse_key('depth/rmse@mtcp', {}).protocol
        'mtcp'
    """
    task, slash, rest = key.rpartition('/')
    metric, _, suffix = rest.partition('@')
    info = infos.get(task, MetricInfo())
    protocol = suffix or info.house
    return ScoreKey(
        key=key,
        task=task,
        metric=metric,
        protocol=protocol,
        is_house=not suffix,
        higher=info.scores.get(protocol, {}).get(metric, TOTALS.get(key)),
        note=info.protocols.get(protocol, ''))


def order_keys(keys: Iterable[str],
               infos: Mapping[str, MetricInfo]) -> list[ScoreKey]:
    """Keys by task (as they come), house protocol first."""
    parsed = [parse_key(key, infos) for key in dict.fromkeys(keys)]
    tasks = list(dict.fromkeys(k.task for k in parsed))

    def rank(key: ScoreKey) -> tuple:
        known = list(infos.get(key.task, MetricInfo()).protocols)
        place = known.index(key.protocol) if key.protocol in known else 99
        return tasks.index(key.task), not key.is_house, place

    return sorted(parsed, key=rank)
