# Copyright (c) mtcp_mm authors. All rights reserved.
"""The score that chooses the best checkpoint, before the first epoch."""
from mmengine.evaluator import Evaluator
from mmengine.hooks import CheckpointHook

from mtcp_mm.evaluation import MultiTaskEvaluator
from mtcp_mm.evaluation.evaluator import higher_is_better
from mtcp_mm.utils.errors import UsageError


def choose_best(hook: CheckpointHook, evaluator: Evaluator) -> None:
    """Settle ``save_best`` of a hook, or refuse it.

    'auto' becomes the main score of the first task that is scored. Keys are
    not checked if some of the metrics do not say which they yield, as those
    of other packages.

    Args:
        hook (CheckpointHook): Changed in place.
        evaluator (Evaluator): Of the validation; it knows the data set.

    Raises:
        UsageError: No metric yields the score, or ``rule`` keeps the worst.
    """
    metrics = evaluator.metrics
    better = (evaluator.higher_is_better if isinstance(
        evaluator, MultiTaskEvaluator) else higher_is_better(metrics))
    if hook.key_indicators == ['auto'] and better:
        hook.key_indicators = [next(iter(better))]
        hook.rules = [None]
    says_all = all(getattr(m, 'higher_is_better', None) for m in metrics)
    for i, key in enumerate(hook.key_indicators):
        if key not in better:
            if says_all:
                raise UsageError(
                    f'`default_hooks.checkpoint.save_best` is {key!r}, but '
                    f'the validation yields {sorted(better)}. Take one of '
                    "these, or 'auto' for the main score of the first task.")
            continue
        rule = 'greater' if better[key] else 'less'
        if hook.rules[i] not in (None, rule):
            raise UsageError(
                f'`default_hooks.checkpoint.rule` is {hook.rules[i]!r}, which '
                f'keeps the checkpoint with the worst {key!r}. Set '
                f'rule={rule!r}.')
        hook.rules[i] = rule
        hook.is_better_than[key] = hook.rule_map[rule]
