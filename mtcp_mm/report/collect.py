# Copyright (c) mtcp_mm authors. All rights reserved.
"""Gather what a work directory holds of a run."""
import json
import math
from dataclasses import dataclass, field, fields
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mtcp_mm.evaluation import DenseTaskMetric
from mtcp_mm.evaluation.evaluator import build_evaluator, without_references
from mtcp_mm.evaluation.score_keys import (
    MetricInfo,
    is_score,
    metrics_of_meta,
)
from mtcp_mm.records.data import DataInfo, data_of_config
from mtcp_mm.records.environment import environment_of_log, seed_of
from mtcp_mm.records.logs import RunLog, log_files, read_log
from mtcp_mm.utils.errors import UsageError
from mtcp_mm.utils.settings import load_config_file, tasks_of
from .evaluate import evaluate, fingerprint, read_evaluation

#: What shows that a folder belongs to a run.
SIGNS = ('metrics.json', 'last_checkpoint', 'report_data/evaluation.json',
         '*.pth', '**/vis_data/scalars.json')


@dataclass
class Run:
    """A run, as far as its folder tells.

    Attributes:
        name (str): Name of the folder.
        work_dir (Path): The folder.
        config (Config, optional): What the run was started with.
        config_file (str): Where it was read.
        scores (dict[str, float | None]): Key to value, None for NaN.
        scores_from (str): Where the scores come from.
        checkpoint (str): Name of the weights that were scored, '' if nobody
            knows.
        meta (dict): metrics_meta.json, where the scores are of metrics.json.
        details (dict): Task, protocol, then e.g. lists per class.
        metrics (dict[str, MetricInfo]): What the metrics say of themselves.
        log (RunLog): Scalars of the training, maybe empty.
        evaluation (dict, optional): See :func:`evaluate`.
        data (DataInfo): The test data.
        trained_with (dict[str, str]): Versions and the like of the training.
        seed (str): Of the training.
        absent (dict[str, str]): Part of the report to why it is not there.
        notes (list[str]): What a reader has to know about the numbers.
    """

    name: str
    work_dir: Path
    config: Config | None = None
    config_file: str = ''
    scores: dict[str, float | None] = field(default_factory=dict)
    scores_from: str = ''
    checkpoint: str = ''
    meta: dict = field(default_factory=dict)
    details: dict = field(default_factory=dict)
    metrics: dict[str, MetricInfo] = field(default_factory=dict)
    log: RunLog = field(default_factory=RunLog)
    evaluation: dict | None = None
    data: DataInfo = field(default_factory=DataInfo)
    trained_with: dict[str, str] = field(default_factory=dict)
    seed: str = 'not known'
    absent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def require_work_dir(path: str | Path) -> Path:
    """Raise :class:`UsageError` unless a folder holds traces of a run."""
    path = Path(path)
    if not path.is_dir():
        raise UsageError(
            f'{path} is no folder. Expected the work directory of a run, '
            'such as work_dirs/mtcp_demo.')
    if not any(next(path.glob(sign), None) for sign in SIGNS):
        there = ', '.join(sorted(p.name for p in path.iterdir())[:8])
        raise UsageError(
            f'{path} is no work directory of a run: expected one of '
            f'{", ".join(SIGNS)} in it, but found {there or "nothing"}. Name '
            'the --work-dir of tools/train.py or tools/test.py.')
    return path


def find_checkpoint(work_dir: Path) -> Path | None:
    """The checkpoint that ``last_checkpoint`` names, else the newest.

    Only its name counts: the folder may have been moved.
    """
    pointer = work_dir / 'last_checkpoint'
    if pointer.is_file():
        file = work_dir / Path(pointer.read_text().strip()).name
        if file.is_file():
            return file
    files = sorted(work_dir.glob('*.pth'), key=lambda p: p.stat().st_mtime)
    return files[-1] if files else None


def find_config(work_dir: Path) -> Path | None:
    """The config that mmengine dumped, the newest if there are several."""
    files = list(work_dir.glob('*.py')) or list(
        work_dir.glob('*/vis_data/config.py'))
    return max(files, key=lambda p: p.stat().st_mtime, default=None)


def collect(work_dir: str | Path,
            checkpoint: str | Path | None = None,
            with_evaluation: bool = True,
            num_images: int = 3,
            device: str | None = None,
            cfg_options: dict | None = None) -> Run:
    """Gather what a report needs.

    Args:
        work_dir (str | Path): Folder of the run.
        checkpoint (str | Path, optional): Weights to evaluate. Defaults to
            :func:`find_checkpoint`.
        with_evaluation (bool): Run the checkpoint unless that was done
            before. False: take what is there. Defaults to True.
        num_images (int): Best and worst images per task, of each.
        device (str, optional): See :func:`evaluate`.
        cfg_options (dict, optional): Override settings of the config.

    Raises:
        UsageError: ``work_dir`` is no such folder.
    """
    work_dir = require_work_dir(work_dir)
    run = Run(name=work_dir.resolve().name, work_dir=work_dir)
    _read_config(run, cfg_options)
    _read_log(run)
    _evaluate(run, checkpoint, with_evaluation, num_images, device)
    _read_scores(run)
    return run


def _read_config(run: Run, cfg_options: dict | None) -> None:
    file = find_config(run.work_dir)
    if file is None:
        run.absent['config'] = (
            f'{run.work_dir} holds no config (*.py); mmengine writes one when '
            'a run starts.')
        return
    run.config = load_config_file(file, cfg_options, dumped=True)
    run.config_file = str(file)
    init_default_scope(run.config.get('default_scope', 'mmseg'))
    run.data = data_of_config(run.config)
    evaluator = run.config.get('test_evaluator') or run.config.get(
        'val_evaluator')
    if evaluator:
        evaluator = build_evaluator(without_references(evaluator))
        evaluator.dataset_meta = dict(tasks=tasks_of(run.config))
        run.metrics = {
            metric.prefix: metric.describe()
            for metric in evaluator.metrics
            if isinstance(metric, DenseTaskMetric)
        }


def _read_log(run: Run) -> None:
    try:
        run.log = read_log(run.work_dir)
        text = _text_of_log(run.work_dir)
    except FileNotFoundError as error:
        run.absent['curves'] = run.absent['weights'] = str(error)
        return
    if not run.log.train:
        run.absent['curves'] = 'The log holds no training step.'
    if not run.log.keys(['lps_weight_*']):
        run.absent['weights'] = (
            'The log holds no lps_weight_<task>: the losses were not weighted '
            "by custom_hooks = [dict(type='mtcp_mm.LPSHook')].")
    if not run.log.val:
        run.absent['validation'] = 'The log holds no validation.'
    run.trained_with = environment_of_log(text)
    run.seed = seed_of(run.config or {}, run.trained_with)


def _text_of_log(work_dir: Path) -> str:
    """Log of the newest process that trained."""
    for file in reversed(log_files(work_dir)):
        logs = sorted(file.parents[1].glob('*.log'))
        if logs:
            return logs[-1].read_text(encoding='utf-8', errors='replace')
    return ''


def _evaluate(run: Run, checkpoint: str | Path | None, with_evaluation: bool,
              num_images: int, device: str | None) -> None:
    """Use an evaluation of the same checkpoint and config, or make one."""
    run.evaluation = read_evaluation(run.work_dir)
    if with_evaluation:
        file = Path(checkpoint) if checkpoint else find_checkpoint(
            run.work_dir)
        reason = ''
        if file is None or not file.is_file():
            reason = f'{run.work_dir} holds no checkpoint (*.pth).'
        elif run.config is None:
            reason = run.absent['config']
        elif not (run.config.get('test_dataloader')
                  and run.config.get('test_evaluator')):
            reason = 'The config has no test_dataloader and test_evaluator.'
        elif (run.evaluation or {}).get('made_from') != fingerprint(
                run.config, file, num_images):
            try:
                run.evaluation = evaluate(run.config, run.work_dir, file,
                                          num_images, device)
            except FileNotFoundError as error:
                reason = f'The test data are not there: {error}'
        if reason:
            run.evaluation = None
            run.absent['evaluation'] = reason
    elif run.evaluation is None:
        run.absent['evaluation'] = (
            'It was not asked for (--no-eval), and no earlier report left '
            f'one in {run.work_dir}/report_data.')
    if run.evaluation:
        run.data = DataInfo(**run.evaluation['data'])
        run.details = run.evaluation['details']


def _read_scores(run: Run) -> None:
    """From metrics.json, else the evaluation, else the last validation."""
    file = run.work_dir / 'metrics.json'
    evaluated = (run.evaluation or {}).get('scores')
    if file.is_file():
        run.scores = json.loads(file.read_text(encoding='utf-8'))
        run.scores_from = f'{file.name} of tools/test.py'
        _read_meta(run)
        _compare(run, evaluated)
    elif evaluated:
        run.scores = evaluated
        run.scores_from = 'evaluation for this report'
        run.checkpoint = run.evaluation['made_from']['checkpoint']
    elif run.log.val:
        last = run.log.val[-1]
        run.scores = {k: v for k, v in last.items() if is_score(k)}
        run.scores_from = f'last validation, step {last["step"]}'
    else:
        run.absent['scores'] = (
            f'{run.work_dir} holds no metrics.json (tools/test.py writes it) '
            'and no validation.')


def _read_meta(run: Run) -> None:
    """What tools/test.py wrote beside metrics.json, if it did."""
    file = run.work_dir / 'metrics_meta.json'
    if not file.is_file():
        return
    run.meta = json.loads(file.read_text(encoding='utf-8'))
    run.checkpoint = Path(run.meta.get('checkpoint', '')).name
    run.details = run.meta.get('details') or run.details
    run.metrics = run.metrics or metrics_of_meta(run.meta.get('scores', {}))
    if not run.evaluation and run.meta.get('data'):
        known = {f.name for f in fields(DataInfo)}
        run.data = DataInfo(**{
            k: v for k, v in run.meta['data'].items() if k in known
        })


def _compare(run: Run, evaluated: dict | None) -> None:
    """Tell a metrics.json of another checkpoint or other code."""
    different = [
        key for key, value in (evaluated or {}).items()
        if key in run.scores and not _close(run.scores[key], value)
    ]
    if different:
        made_from = run.evaluation['made_from']['checkpoint']
        run.notes.append(
            f'metrics.json differs from what {made_from} gives now, in '
            f'{", ".join(different[:4])}'
            f'{", ..." if len(different) > 4 else ""}: pictures, scores per '
            'class and per image below do not belong to the scores. Test the '
            'checkpoint again with tools/test.py.')


def _close(first: float | None, second: float | None) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=1e-3, abs_tol=1e-6)
