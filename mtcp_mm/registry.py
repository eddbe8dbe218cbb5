# Copyright (c) mtcp_mm authors. All rights reserved.
"""Registries of ``mtcp_mm``.

Every node hangs below mmengine's root, so a config of any OpenMMLab package
reaches our types as ``mtcp_mm.X``. ``locations`` are imported on the first
look-up: a config needs no ``custom_imports`` for them.
"""
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import EVALUATOR as MMENGINE_EVALUATOR
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import (
    OPTIM_WRAPPER_CONSTRUCTORS as MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS,
)
from mmengine.registry import PARAM_SCHEDULERS as MMENGINE_PARAM_SCHEDULERS
from mmengine.registry import RUNNERS as MMENGINE_RUNNERS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import VISUALIZERS as MMENGINE_VISUALIZERS
from mmengine.registry import Registry, build_runner_from_cfg

__all__ = [
    'DATASETS', 'EVALUATOR', 'HOOKS', 'METRICS', 'MODELS',
    'OPTIM_WRAPPER_CONSTRUCTORS', 'PARAM_SCHEDULERS', 'RUNNERS', 'TASKS',
    'TRANSFORMS', 'VISUALIZERS'
]

SCOPE = 'mtcp_mm'

#: Dense tasks (:class:`mtcp_mm.tasks.DenseTask`): what one task needs from
#: its label file to its picture. The only root registry of our own.
TASKS = Registry('task', scope=SCOPE, locations=['mtcp_mm.tasks'])
#: Estimators, necks, heads, layers, losses, loss weightings.
MODELS = Registry(
    'model',
    scope=SCOPE,
    parent=MMENGINE_MODELS,
    locations=['mtcp_mm.models'])
DATASETS = Registry(
    'dataset',
    scope=SCOPE,
    parent=MMENGINE_DATASETS,
    locations=['mtcp_mm.datasets'])
TRANSFORMS = Registry(
    'transform',
    scope=SCOPE,
    parent=MMENGINE_TRANSFORMS,
    locations=['mtcp_mm.datasets.transforms'])
HOOKS = Registry(
    'hook',
    scope=SCOPE,
    parent=MMENGINE_HOOKS,
    locations=['mtcp_mm.engine.hooks'])
METRICS = Registry(
    'metric',
    scope=SCOPE,
    parent=MMENGINE_METRICS,
    locations=['mtcp_mm.evaluation.metrics'])
EVALUATOR = Registry(
    'evaluator',
    scope=SCOPE,
    parent=MMENGINE_EVALUATOR,
    locations=['mtcp_mm.evaluation'])
VISUALIZERS = Registry(
    'visualizer',
    scope=SCOPE,
    parent=MMENGINE_VISUALIZERS,
    locations=['mtcp_mm.visualization'])
RUNNERS = Registry(
    'runner',
    build_func=build_runner_from_cfg,
    scope=SCOPE,
    parent=MMENGINE_RUNNERS,
    locations=['mtcp_mm.engine.runner'])
PARAM_SCHEDULERS = Registry(
    'parameter scheduler',
    scope=SCOPE,
    parent=MMENGINE_PARAM_SCHEDULERS,
    locations=['mtcp_mm.engine.schedulers'])
OPTIM_WRAPPER_CONSTRUCTORS = Registry(
    'optimizer wrapper constructor',
    scope=SCOPE,
    parent=MMENGINE_OPTIM_WRAPPER_CONSTRUCTORS,
    locations=['mtcp_mm.engine.optimizers'])
