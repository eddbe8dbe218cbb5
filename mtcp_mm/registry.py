# Copyright (c) mtcp_mm authors. All rights reserved.
"""Registries of ``mtcp_mm``.

Every node hangs below mmengine's root, so a config of any OpenMMLab package
reaches our types as ``mtcp_mm.X``. The locations are imported on the first
look-up: a config needs no ``custom_imports`` for them.
"""
from mmengine import registry as root
from mmengine.registry import Registry

__all__ = [
    'DATASETS', 'EVALUATOR', 'HOOKS', 'METRICS', 'MODELS',
    'OPTIM_WRAPPER_CONSTRUCTORS', 'PARAM_SCHEDULERS', 'RUNNERS', 'TASKS',
    'TRANSFORMS', 'VISUALIZERS'
]


def _child(parent: Registry, location: str) -> Registry:
    return Registry(
        parent.name,
        scope='mtcp_mm',
        parent=parent,
        locations=[f'mtcp_mm.{location}'])


#: Dense tasks (:class:`mtcp_mm.tasks.DenseTask`): what one task needs from
#: its label file to its picture. The only root registry of our own.
TASKS = Registry('task', scope='mtcp_mm', locations=['mtcp_mm.tasks'])
#: Estimators, necks, heads, layers, losses, loss weightings.
MODELS = _child(root.MODELS, 'models')
DATASETS = _child(root.DATASETS, 'datasets')
TRANSFORMS = _child(root.TRANSFORMS, 'datasets.transforms')
HOOKS = _child(root.HOOKS, 'engine.hooks')
RUNNERS = _child(root.RUNNERS, 'engine.runner')
PARAM_SCHEDULERS = _child(root.PARAM_SCHEDULERS, 'engine.schedulers')
OPTIM_WRAPPER_CONSTRUCTORS = _child(root.OPTIM_WRAPPER_CONSTRUCTORS,
                                    'engine.optimizers')
METRICS = _child(root.METRICS, 'evaluation.metrics')
EVALUATOR = _child(root.EVALUATOR, 'evaluation')
VISUALIZERS = _child(root.VISUALIZERS, 'visualization')
