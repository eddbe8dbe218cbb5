# Copyright (c) mtcp_mm authors. All rights reserved.
"""Score one run under other protocols than those of its config."""
from collections.abc import Iterable, Mapping, Sequence

from mmengine.config import Config

from mtcp_mm.utils.settings import tasks_of
from .evaluator import ANY, MultiTaskEvaluator, without_references


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

    Args:
        cfg (Config): With its settings applied; changed in place.
        choice (Mapping): From :func:`parse_protocols`.

    Raises:
        ValueError: There is no such task, or a task has no such protocol.
    """
    evaluator = cfg.test_evaluator
    if not (isinstance(evaluator, Mapping) and 'metrics' in evaluator):
        evaluator = dict(metrics=evaluator)
    if evaluator.get('type', 'Evaluator') == 'Evaluator':
        evaluator = dict(evaluator, type='mtcp_mm.MultiTaskEvaluator')
    cfg.test_evaluator = dict(evaluator, protocols=dict(choice))
    # tell what is wrong now, not after the data set was read
    options = without_references(cfg.test_evaluator)
    built = MultiTaskEvaluator(
        **{k: v for k, v in options.items() if k != 'type'})
    built.dataset_meta = dict(tasks=tasks_of(cfg))
