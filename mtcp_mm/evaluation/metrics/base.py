# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor

from mtcp_mm.evaluation.functional import add_sums
from mtcp_mm.tasks import DenseTask


class DenseTaskMetric(BaseMetric):
    """Score of one dense task: fetch the fields, keep sums, add, score.

    A subclass says what the sums of one image are (:meth:`update`), how
    scores follow from the added sums (:meth:`compute`) and which way is up
    (:attr:`higher_is_better`).

    Every sample yields exactly one small result, also a sample without
    ground truth: mmengine drops the samples that a distributed sampler
    repeats by counting results.

    Args:
        task (str): Name of the task: scores ``pred_<task>`` against
            ``gt_<task>``.
        prefix (str, optional): Defaults to ``task``, hence ``depth/rmse``.
        **kwargs: ``collect_device``, ``collect_dir``; see
            :class:`mmengine.evaluator.BaseMetric`.
    """

    #: Keys of the scores (without prefix); True: the higher the better.
    higher_is_better: dict[str, bool] = {}

    def __init__(self, task: str, prefix: str | None = None, **kwargs) -> None:
        super().__init__(prefix=prefix or task, **kwargs)
        self.task = task
        #: The task itself, where an evaluator knows it.
        self.dense_task: DenseTask | None = None

    @property
    def task_meta(self) -> dict:
        """dict: What the data set tells about the task, e.g. ``classes``."""
        meta = (self.dataset_meta or {}).get('task_meta') or {}
        return meta.get(self.task) or {}

    @abstractmethod
    def update(self, pred: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Sums of one image; both maps are (C, H, W)."""

    @abstractmethod
    def compute(self, sums: dict[str, Tensor]) -> dict[str, float]:
        """Scores from the added sums."""

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Append the sums of every sample to ``results``.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples as dicts.

        Raises:
            KeyError: A sample with ground truth has no prediction.
            ValueError: Prediction and ground truth do not fit each other.
        """
        for sample in data_samples:
            target = sample.get(f'gt_{self.task}')
            if target is None:
                self.results.append({})
                continue
            pred = sample.get(f'pred_{self.task}')
            if pred is None:
                raise KeyError(
                    f'{type(self).__name__} finds no `pred_{self.task}` in '
                    f'the sample, which has {sorted(sample)}. Does the model '
                    f'know the task `{self.task}`?')
            pred, target = pred['data'], target['data']
            try:
                sums = self.update(pred, target.to(pred.device))
            except ValueError as error:
                raise ValueError(f'{sample.get("img_path", "sample")}, task '
                                 f'`{self.task}`: {error}') from error
            self.results.append({k: v.cpu() for k, v in sums.items()})

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """See :class:`mmengine.evaluator.BaseMetric`."""
        sums = add_sums(results)
        if sums:
            scores = self.compute(sums)
        else:
            scores = dict.fromkeys(self.higher_is_better, math.nan)
        if all(map(math.isnan, scores.values())):
            print_log(
                f'Task `{self.task}` has no labelled pixel in the '
                f'{len(results)} samples, its scores are NaN.',
                logger='current',
                level=logging.WARNING)
        return scores
