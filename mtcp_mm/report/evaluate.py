# Copyright (c) mtcp_mm authors. All rights reserved.
"""Run a checkpoint over its test data for what no log holds.

Scores of single images, the best and the worst of them with their pictures,
scores per class, and the time per image.
"""
import dataclasses
import hashlib
import json
import logging
import statistics
import time
from collections import Counter
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from rich.console import Console
from rich.progress import track

from mtcp_mm.checkpoints.config import without_checkpoints
from mtcp_mm.checkpoints.files import read_checkpoint
from mtcp_mm.checkpoints.whole import load_into
from mtcp_mm.evaluation.evaluator import build_evaluator, without_references
from mtcp_mm.records.data import data_of_dataset
from mtcp_mm.records.environment import describe_environment
from mtcp_mm.registry import MODELS
from mtcp_mm.utils.files import write_atomically
from .complexity import (
    NOT_COUNTED,
    count_flops,
    count_parameters,
    describe_device,
)
from .image_scores import ImageScores, finite, quiet
from .pictures import write_pictures

#: Changes when the files of earlier reports cannot be read any more.
FORMAT = 1
FOLDER = 'report_data'


def evaluation_file(work_dir: Path) -> Path:
    """Where the evaluation of a run lies."""
    return work_dir / FOLDER / 'evaluation.json'


def fingerprint(cfg: Config, checkpoint: Path, num_images: int) -> dict:
    """What an evaluation depends on, code apart."""
    stat = checkpoint.stat()
    parts = [cfg.get(key) for key in ('model', 'test_dataloader',
                                      'test_evaluator')]
    text = json.dumps(parts, sort_keys=True, default=str)
    return dict(
        format=FORMAT,
        checkpoint=checkpoint.name,
        size=stat.st_size,
        modified=stat.st_mtime_ns,
        config=hashlib.sha256(text.encode()).hexdigest()[:16],
        num_images=num_images)


def read_evaluation(work_dir: Path) -> dict | None:
    """What :func:`evaluate` wrote, None if there is none of this format."""
    file = evaluation_file(work_dir)
    if not file.is_file():
        return None
    record = json.loads(file.read_text(encoding='utf-8'))
    return record if record['made_from'].get('format') == FORMAT else None


def evaluate(cfg: Config,
             work_dir: Path,
             checkpoint: Path,
             num_images: int = 3,
             device: str | None = None) -> dict:
    """Score a checkpoint image by image.

    Args:
        cfg (Config): With ``model``, ``test_dataloader``, ``test_evaluator``.
        work_dir (Path): ``<work_dir>/report_data`` gets the files.
        checkpoint (Path): Weights.
        num_images (int): Best and worst images to keep, of each.
            Defaults to 3.
        device (str, optional): Defaults to cuda if there is one.

    Returns:
        dict: As written to ``evaluation.json``: ``scores``, ``details``,
        ``per_image``, ``images``, ``data``, ``cost``, ``environment`` and
        ``made_from``.

    Raises:
        FileNotFoundError: The data are not there.
        CheckpointError: The checkpoint does not fit the model.
    """
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    loader_cfg = dict(cfg.test_dataloader, persistent_workers=False)
    loader = Runner.build_dataloader(loader_cfg, seed=0)
    evaluator = build_evaluator(without_references(cfg.test_evaluator))
    evaluator.dataset_meta = loader.dataset.metainfo
    model = _load_model(cfg, checkpoint)
    meta = loader.dataset.metainfo.get('task_meta', {})
    image_scores = ImageScores(evaluator, num_images)
    seconds, sizes, shape, done = [], Counter(), None, 0
    cost = dict(parameters=count_parameters(model))
    for batch in track(loader, 'report', console=Console(stderr=True)):
        if shape is None:
            shape, cost['flops'] = _count(model, batch)
            model.to(device)
        start = time.perf_counter()
        with torch.no_grad():
            samples = model.test_step(batch)
        if device != 'cpu':
            torch.cuda.synchronize()
        seconds.append((time.perf_counter() - start) / len(samples))
        image_scores.process(samples, batch)
        sizes.update('x'.join(map(str, s.ori_shape[:2])) for s in samples)
        done += len(samples)
    with quiet(logging.WARNING):
        scores = evaluator.evaluate(done)
    cost.update(
        shape=list(shape),
        not_counted=NOT_COUNTED,
        # the first batch warms up, if there are others
        seconds=statistics.median(seconds[1:] or seconds),
        batch_size=loader_cfg.get('batch_size', 1),
        device=describe_device(device))
    record = dict(
        made_from=fingerprint(cfg, checkpoint, num_images),
        scores={k: finite(v) for k, v in scores.items()},
        details={
            metric.prefix: metric.details
            for metric in evaluator.metrics if getattr(metric, 'details', None)
        },
        per_image=image_scores.table(),
        images=write_pictures(image_scores.kept(), model.tasks, meta,
                              evaluation_file(work_dir).parent),
        data=dataclasses.asdict(
            data_of_dataset(loader.dataset, cfg, sizes)),
        cost=cost,
        environment=describe_environment())
    write_atomically(
        evaluation_file(work_dir), json.dumps(record, indent=1) + '\n')
    return record


def _load_model(cfg: Config, checkpoint: Path) -> torch.nn.Module:
    _, tensors = read_checkpoint(checkpoint)
    model_cfg = without_checkpoints(cfg.copy().model)
    model = MODELS.build(model_cfg)
    if not torch.cuda.is_available():
        model = revert_sync_batchnorm(model)
    load_into(model, tensors, checkpoint, cfg.get('allow_partial', ()))
    return model.eval()


def _count(model, batch: dict) -> tuple[list[int], dict[str, int]]:
    """Size of the input of the network, and its work, for one image."""
    first = {
        key: value[:1] if isinstance(value, (list, torch.Tensor)) else value
        for key, value in batch.items()
    }
    inputs = model.data_preprocessor(first, False)['inputs']
    return list(inputs.shape[-2:]), count_flops(model, inputs, mode='tensor')
