# Copyright (c) mtcp_mm authors. All rights reserved.
"""Scores of single images, and which of them are the best and the worst."""
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.structures import BaseDataElement

from mtcp_mm.evaluation import DenseTaskMetric
from mtcp_mm.evaluation.functional import add_sums
from mtcp_mm.evaluation.score_keys import join_key
from .ranking import BestAndWorst


def finite(value) -> float | None:
    """JSON knows no NaN."""
    value = float(value)
    return value if math.isfinite(value) else None


@contextmanager
def quiet(level: int) -> Iterator[None]:
    """Metrics report what they compute; here only from a level on."""
    logger = MMLogger.get_current_instance()
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


class ImageScores:
    """Main score of every task for every image, best and worst kept.

    The score of an image is what the metric computes from the sums of this
    image alone, in its house protocol if that was asked for.

    Args:
        evaluator (Evaluator): Gets all samples through :meth:`process`.
        num_images (int): Best and worst images to keep, of each.
    """

    def __init__(self, evaluator: Evaluator, num_images: int) -> None:
        self.evaluator = evaluator
        self.metrics: dict[str, tuple[DenseTaskMetric, str, str]] = {}
        for metric in evaluator.metrics:
            if (not isinstance(metric, DenseTaskMetric)
                    or metric.prefix in self.metrics):
                continue
            known = list(metric.known_protocols)
            protocol = min(metric.protocols, key=known.index)
            name = next(iter(metric.scores_of(protocol)))
            self.metrics[metric.prefix] = metric, name, protocol
        self.values = {prefix: {} for prefix in self.metrics}
        self.rankings = {
            prefix: BestAndWorst(num_images,
                                 metric.scores_of(protocol)[name])
            for prefix, (metric, name, protocol) in self.metrics.items()
        }

    def process(self, samples: list[BaseDataElement], batch: dict) -> None:
        """Score a batch, also for the evaluator."""
        before = {p: len(m.results) for p, (m, *_) in self.metrics.items()}
        self.evaluator.process(samples, batch)
        for prefix, (metric, name, protocol) in self.metrics.items():
            results = metric.results[before[prefix]:]
            for sample, result in zip(samples, results):
                sums = add_sums([result.get(protocol, {})])
                if not sums:
                    continue
                with quiet(logging.ERROR):
                    score = metric.compute(sums, protocol)[name]
                key = sample_name(sample)
                self.values[prefix][key] = finite(score)
                self.rankings[prefix].offer(
                    score, (key, metric.task, sample))

    def table(self) -> dict[str, dict]:
        """Per task: key of the score, its direction, scores by image."""
        return {
            prefix: dict(
                key=join_key(prefix, metric.key(name, protocol)),
                higher=metric.scores_of(protocol)[name],
                scores=self.values[prefix])
            for prefix, (metric, name, protocol) in self.metrics.items()
        }

    def kept(self) -> dict[str, dict[str, list]]:
        """Per task: ``worst`` and ``best``, lists of (score, item)."""
        return {
            prefix: dict(worst=ranking.worst, best=ranking.best)
            for prefix, ranking in self.rankings.items()
        }


def sample_name(sample: BaseDataElement) -> str:
    """Id of an image, or the name of its file."""
    return str(sample.get('sample_id') or Path(sample.img_path).stem)
