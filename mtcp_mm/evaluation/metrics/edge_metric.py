# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from mmengine.fileio import list_from_file
from mmengine.logging import print_log
from torch import Tensor

from mtcp_mm.evaluation.edges import (
    DEFAULT_MAX_DIST,
    PROTOCOLS,
    EdgeProtocol,
    OrderedPool,
    count_all,
    make_protocol,
)
from mtcp_mm.evaluation.functional.edge import (
    check_edge_map,
    edge_curve,
    edge_scores,
    edge_sums,
)
from mtcp_mm.registry import METRICS
from .base import DenseTaskMetric

CUSTOM = 'custom'


@METRICS.register_module()
class EdgeMetric(DenseTaskMetric):
    """odsF and oisF of edges, in percent, with the matching of BSDS; or F1.

    Predicted and true edge pixels are paired one to one within a tolerance,
    at every threshold; docs/edges.md explains it and the protocols. Counting
    runs in processes of its own beside the model: about a second per image
    and protocol.

    The tolerance is that of the protocol, else what the data set says
    (``task_meta``, entry ``max_dist``), else 0.0075 of the image diagonal.

    Args:
        task (str): Name of the task.
        ignore_index (int): Label of a void pixel. Defaults to 255.
        protocols (str | Sequence[str], optional): Out of ``bsds_tools``,
            ``seism``, ``seism_nms``, ``argmax`` ('all' are these) and
            ``custom``. ``argmax`` is pixel by pixel and has another score,
            F1. See :class:`DenseTaskMetric`.
        custom (Mapping, optional): Rules of the protocol ``custom``: ``base``
            and what differs from it, e.g. ``dict(base='seism',
            max_dist=0.01)``. See
            :class:`mtcp_mm.evaluation.edges.EdgeProtocol`.
        image_list (str, optional): File with one sample id per line; other
            samples are not scored. None: all are.
        num_workers (int): Processes that count; 0: this one, while the model
            waits. Defaults to 2.
        **kwargs: See :class:`DenseTaskMetric`.
    """

    known_protocols = {
        **{name: rule.note
           for name, rule in PROTOCOLS.items()}, CUSTOM: 'your own'
    }
    higher_is_better = dict(odsF=True, oisF=True)

    def __init__(self,
                 task: str,
                 ignore_index: int = 255,
                 custom: Mapping | None = None,
                 image_list: str | None = None,
                 num_workers: int = 2,
                 **kwargs) -> None:
        super().__init__(task, **kwargs)
        if CUSTOM in self.protocols and custom is None:
            raise ValueError(
                'The protocol `custom` of EdgeMetric has no rules: add e.g. '
                "custom=dict(base='bsds_tools', max_dist=0.01).")
        self._rules = {
            name: PROTOCOLS.get(name) or make_protocol(**custom)
            for name in self.protocols
        }
        self.ignore_index = ignore_index
        self.image_list = image_list
        self._listed = image_list and frozenset(
            line.strip() for line in list_from_file(image_list)
            if line.strip())
        self._pool = OrderedPool(num_workers)

    @property
    def results(self) -> list[dict]:
        """list[dict]: Counts of the samples so far; awaits the workers."""
        self._results.extend({
            name: {k: torch.as_tensor(v).long()
                   for k, v in counts.items()}
            for name, counts in result.items()
        } for result in self._pool.collect())
        return self._results

    @results.setter
    def results(self, results: list[dict]) -> None:
        self._results = results

    @classmethod
    def select_protocols(
            cls, protocols: str | Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """See :class:`DenseTaskMetric`; 'all' are those that have a name."""
        if protocols == 'all':
            return tuple(PROTOCOLS)
        return super().select_protocols(protocols)

    @classmethod
    def scores_of(cls, protocol: str) -> dict[str, bool]:
        """See :class:`DenseTaskMetric`."""
        if protocol != CUSTOM and PROTOCOLS[protocol].pixelwise:
            return dict(F1=True)
        return super().scores_of(protocol)

    def rule(self, protocol: str) -> EdgeProtocol:
        """Rules of a protocol, with its tolerance."""
        rule = self._rules[protocol]
        if rule.pixelwise:
            return rule
        distance = (rule.max_dist or self.task_meta.get('max_dist')
                    or DEFAULT_MAX_DIST)
        return replace(rule, max_dist=distance)

    def update(self, pred: Tensor, target: Tensor,
               protocol: str) -> dict[str, Tensor]:
        """See :class:`DenseTaskMetric`."""
        return edge_sums(pred, target, self.rule(protocol), self.ignore_index)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """See :class:`DenseTaskMetric`; the workers do :meth:`update`."""
        rules = {name: self.rule(name) for name in self.protocols}
        for sample in data_samples:
            target = sample.get(f'gt_{self.task}')
            if target is None or not self._is_listed(sample):
                self._pool.put({})
                continue
            target = target['data']
            if not (target != self.ignore_index).any():
                self._pool.put({})
                continue
            pred = self.finite_prediction(sample, self.protocols[0])
            try:
                check_edge_map(pred, target)
            except ValueError as error:
                raise ValueError(f'{sample.get("img_path", "sample")}, task '
                                 f'`{self.task}`: {error}') from error
            self._pool.submit(count_all, pred[0].float().cpu().numpy(),
                              target[0].cpu().numpy().astype(np.uint8), rules,
                              self.ignore_index)

    def _is_listed(self, sample: dict) -> bool:
        if self._listed is None:
            return True
        if 'sample_id' not in sample:
            raise KeyError(
                f'`image_list` of EdgeMetric needs the `sample_id` of the '
                f'samples, which have {sorted(sample)}. Let the data set '
                'give it, and PackMultiTaskInputs pack it.')
        return str(sample['sample_id']) in self._listed

    def evaluate(self, size: int) -> dict[str, float]:
        """See :class:`mmengine.evaluator.BaseMetric`; ends the workers."""
        try:
            return super().evaluate(size)
        finally:
            self._pool.close()

    def compute(self, sums: dict[str, Tensor],
                protocol: str) -> dict[str, float]:
        """See :class:`DenseTaskMetric`; says what was scored."""
        rule, images = self.rule(protocol), int(sums['images'])
        curve = edge_curve(sums, rule)
        best = int(np.argmax(curve['F']))
        self.details[protocol] = dict(
            images=images, max_dist=rule.max_dist, **curve)
        tolerance = ('none' if rule.pixelwise else
                     f'{rule.max_dist} of the diagonal')
        print_log(
            f'Task `{self.task}`, protocol `{protocol}`: {images} images, '
            f'tolerance {tolerance}, best threshold '
            f'{rule.thresholds[best]:g} with precision '
            f'{curve["precision"][best]:.2f} and recall '
            f'{curve["recall"][best]:.2f}.',
            logger='current')
        if self._listed is not None and images < len(self._listed):
            print_log(
                f'{self.image_list} lists {len(self._listed)} images, but '
                f'only {images} of them were there with a label.',
                logger='current',
                level=logging.WARNING)
        return edge_scores(sums)
