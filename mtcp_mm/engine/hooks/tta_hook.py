# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mtcp_mm.registry import HOOKS, MODELS
from mtcp_mm.utils.errors import UsageError


@HOOKS.register_module()
class TTAHook(Hook):
    """Wraps the model for test-time augmentation while it is tested.

    Not before: loading, EMA and the hooks of the training see the model that
    was trained. :meth:`mtcp_mm.engine.runner.MultiTaskRunner.augment_test`
    registers this hook, and gives the data set the views.

    Args:
        model (dict, optional): The wrapper, a ``BaseTTAModel``. Defaults to
            :class:`mtcp_mm.MultiTaskTTAModel`.
    """

    def __init__(self, model: dict | None = None) -> None:
        self.model = dict(model or dict(type='mtcp_mm.MultiTaskTTAModel'))

    def before_test(self, runner: Runner) -> None:
        """Wrap.

        Raises:
            UsageError: A protocol scores what averaged views do not have.
        """
        for metric in runner.test_evaluator.metrics:
            needs = getattr(metric, 'input_size_protocols', ())
            if lost := [p for p in getattr(metric, 'protocols', ())
                        if p in needs]:
                raise UsageError(
                    f'protocol {lost[0]!r} of task `{metric.task}` scores the '
                    "prediction at the size of the network's input, and the "
                    'views of test-time augmentation have several. Choose '
                    f'another one: --protocols {metric.task}='
                    f'{next(iter(metric.known_protocols))}')
        runner.model = MODELS.build(dict(self.model, module=runner.model))

    def after_test(self, runner: Runner) -> None:
        """Give the model back."""
        runner.model = runner.model.module
