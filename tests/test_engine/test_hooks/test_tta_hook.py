# Copyright (c) mtcp_mm authors. All rights reserved.
from types import SimpleNamespace

import pytest

from mtcp_mm.engine.hooks import TTAHook
from mtcp_mm.evaluation.metrics import SegmentationMetric
from mtcp_mm.models.estimators import MultiTaskTTAModel
from tests.test_models.test_estimators.toy_networks import toy


def runner(**options):
    return SimpleNamespace(
        model=toy(), test_evaluator=SimpleNamespace(
            metrics=[SegmentationMetric('semseg', 4, **options)]))


def test_wraps_the_test_and_nothing_else():
    """Oracle: the model object of before."""
    hook, run = TTAHook(), runner()
    model = run.model
    hook.before_test(run)
    assert isinstance(run.model, MultiTaskTTAModel)
    assert run.model.module is model
    hook.after_test(run)
    assert run.model is model


def test_protocols_without_a_single_input_size_are_refused():
    """Oracle: docs/protocols.md; these two resize label maps."""
    for name in ('mtcp', 'label_nearest'):
        with pytest.raises(ValueError, match=f"'{name}'.*semseg=logits"):
            TTAHook().before_test(runner(protocols=['logits', name]))
    TTAHook().before_test(runner(protocols=['logits', 'absent_zero']))
