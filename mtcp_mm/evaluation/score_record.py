# Copyright (c) mtcp_mm authors. All rights reserved.
"""Scores as files: what they are, and what they were made from."""
import dataclasses
import datetime
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import get_world_size
from mmengine.evaluator import BaseMetric
from mmengine.runner import Runner

from mtcp_mm.records.data import data_of_dataset
from mtcp_mm.records.environment import describe_environment
from mtcp_mm.utils.files import write_atomically
from .metrics import DenseTaskMetric, ImageSizes

#: Changes when a reader of earlier files would stumble.
FORMAT = 1


def describe_keys(metrics: Sequence[BaseMetric]) -> dict[str, dict]:
    """What is behind the keys of the scores.

    Args:
        metrics (Sequence[BaseMetric]): Those of an evaluator.

    Returns:
        dict[str, dict]: Key to ``task``, ``metric``, ``protocol``, ``note``
        (one line on the protocol) and ``higher_is_better``.
    """
    return {
        key.key: dict(
            task=metric.task,
            metric=key.metric,
            protocol=key.protocol,
            note=key.note,
            higher_is_better=key.higher)
        for metric in metrics if isinstance(metric, DenseTaskMetric)
        for key in metric.score_keys()
    }


def describe_run(runner: Runner, checkpoint: str) -> dict[str, Any]:
    """What the scores of a finished test were made from.

    Args:
        runner (Runner): After ``test()``; its evaluator has ``ImageSizes``
            where sizes are to be told.
        checkpoint (str): The weights.

    Returns:
        dict: The content of metrics_meta.json, see docs/protocols.md.
    """
    evaluator = runner.test_evaluator
    metrics = evaluator.metrics
    loader = runner.test_dataloader
    counters = [m.sizes for m in metrics if isinstance(m, ImageSizes)]
    data = data_of_dataset(loader.dataset, runner.cfg,
                           sum(counters, Counter()))
    weights = Path(checkpoint)
    return dict(
        format=FORMAT,
        time=datetime.datetime.now().astimezone().isoformat('T', 'seconds'),
        config=runner.cfg.filename,
        checkpoint=checkpoint,
        checkpoint_bytes=weights.stat().st_size if weights.is_file() else None,
        ranks=get_world_size(),
        batch_size=loader.batch_size,
        test_cfg=(runner.cfg.get('model') or {}).get('test_cfg'),
        tta=getattr(runner, 'test_views', None),
        data=dict(dataclasses.asdict(data), name=data.name),
        environment=describe_environment(),
        scores=describe_keys(metrics),
        details={
            metric.prefix: metric.details
            for metric in metrics
            if isinstance(metric, DenseTaskMetric) and metric.details
        },
        references={
            key: dict(
                value=evaluator.references[key],
                file=str(run.file),
                config=run.config)
            for key, run in getattr(evaluator, 'reference_runs', {}).items()
        })


def write_json(file: Path, content: Any) -> None:
    """Write a file on rank 0; NaN and infinity, unknown to JSON, are null."""
    write_atomically(file, json.dumps(_finite(content), indent=2) + '\n')


def _finite(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _finite(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_finite(value) for value in node]
    if isinstance(node, float) and not math.isfinite(node):
        return None
    return node
