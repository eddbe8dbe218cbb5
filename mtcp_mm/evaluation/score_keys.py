# Copyright (c) mtcp_mm authors. All rights reserved.
"""Keys of scores: ``<task>/<metric>``, ``<task>/<metric>@<protocol>``.

A key without protocol is that of the house protocol; one without task is a
score of all tasks.
"""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

#: Scores of all tasks together; True: the higher the better.
TOTALS = {'delta_mtl': True}


class KeyParts(NamedTuple):
    """Parts of a key, '' where it has none."""

    task: str
    metric: str
    protocol: str


def split_key(key: str) -> KeyParts:
    """Take a key apart.

    >>> split_key('depth/rmse@mtcp')
    KeyParts(task='depth', metric='rmse', protocol='mtcp')
    """
    task, _, rest = key.rpartition('/')
    metric, _, protocol = rest.partition('@')
    return KeyParts(task, metric, protocol)


def join_key(task: str, metric: str, protocol: str = '') -> str:
    """Make a key; the inverse of :func:`split_key`.

    >>> join_key('depth', 'rmse'), join_key('', 'rmse', 'mtcp')
    ('depth/rmse', 'rmse@mtcp')
    """
    return (f'{task}/' if task else '') + metric + (
        f'@{protocol}' if protocol else '')


def is_score(key: str) -> bool:
    """Whether a key of a log is that of a score, not of a loss or a time."""
    return bool(split_key(key).task) or key in TOTALS


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
    """A key with what is known about it.

    Attributes:
        key (str): E.g. 'depth/rmse@mtcp'.
        task (str): 'depth'; '' for a score of all tasks.
        metric (str): 'rmse'.
        protocol (str): 'mtcp'; for a key without suffix the house protocol,
            '' if nobody knows its name.
        suffix (str): 'mtcp'; '' for the house protocol.
        higher (bool, optional): Whether the higher value is the better one.
        note (str): What is special about the protocol.
    """

    key: str
    task: str
    metric: str
    protocol: str
    suffix: str
    higher: bool | None = None
    note: str = ''

    @property
    def better(self) -> str:
        """str: 'higher', 'lower', or '' if nobody knows."""
        return {True: 'higher', False: 'lower'}.get(self.higher, '')

    def under(self, suffix: str) -> str:
        """Key of the same score under another protocol, '' = house."""
        return join_key(self.task, self.metric, suffix)


def parse_key(key: str, infos: Mapping[str, MetricInfo]) -> ScoreKey:
    """Take a key apart, and say what the metrics know about it.

    Args:
        key (str): '<task>/<metric>' or '<task>/<metric>@<protocol>'.
        infos (Mapping): Task to what its metric says.

    Examples:
        >>> info = MetricInfo(dict(pooled='all pixels'),
        ...                   dict(pooled=dict(rmse=False)))
        >>> parse_key('depth/rmse', dict(depth=info)).protocol
        'pooled'
        >>> parse_key('depth/rmse@mtcp', {}).protocol
        'mtcp'
    """
    task, metric, suffix = split_key(key)
    info = infos.get(task, MetricInfo())
    protocol = suffix or info.house
    return ScoreKey(
        key, task, metric, protocol, suffix,
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
        return tasks.index(key.task), bool(key.suffix), place

    return sorted(parsed, key=rank)


def metrics_of_meta(scores: Mapping[str, Mapping]) -> dict[str, MetricInfo]:
    """What the metrics of a test said of themselves.

    Args:
        scores (Mapping): Of metrics_meta.json: key to ``metric``,
            ``protocol``, ``note`` and ``higher_is_better``.

    Returns:
        dict[str, MetricInfo]: By task.
    """
    infos: dict[str, MetricInfo] = {}
    # the house protocol, whose keys have no suffix, comes first
    for key in sorted(scores, key=lambda key: bool(split_key(key).protocol)):
        said = scores[key]
        info = infos.setdefault(split_key(key).task, MetricInfo())
        info.protocols[said['protocol']] = said['note']
        info.scores.setdefault(said['protocol'], {})[
            said['metric']] = said['higher_is_better']
    return infos
