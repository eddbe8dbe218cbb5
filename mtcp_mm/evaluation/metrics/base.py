# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import math
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from torch import Tensor

from mtcp_mm.evaluation.functional import add_sums
from mtcp_mm.evaluation.score_keys import (
    MetricInfo,
    ScoreKey,
    join_key,
    parse_key,
)
from mtcp_mm.tasks import DenseTask, build_tasks
from mtcp_mm.utils.numbers import NumbersError


class DenseTaskMetric(BaseMetric):
    """Score of one dense task: fetch the fields, keep sums, add, score.

    A subclass says what the sums of one image are (:meth:`update`), how
    scores follow from the added sums (:meth:`compute`) and which way is up
    (:attr:`higher_is_better`).

    Every sample yields exactly one small result, also a sample without
    ground truth: mmengine drops the samples that a distributed sampler
    repeats by counting results.

    **Protocols.** The same prediction scored by different rules gives
    different numbers, so a rule has a name and the name stands in the key. A
    subclass lists its rules in :attr:`known_protocols`, the house protocol
    first; :meth:`update` and :meth:`compute` are called once per protocol
    that was asked for, all in one pass over the predictions. The keys of the
    house protocol have no suffix (``depth/rmse``), all others end in
    ``@<protocol>`` (``depth/rmse@mtcp``), also when the house protocol was
    not asked for: a number always says what it is.

    Args:
        task (str): Name of the task: scores ``pred_<task>`` against
            ``gt_<task>``.
        prefix (str, optional): Defaults to ``task``, hence ``depth/rmse``.
        protocols (str | Sequence[str], optional): Names, or 'all'. Defaults
            to the house protocol alone.
        **kwargs: ``collect_device``, ``collect_dir``; see
            :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        ValueError: A protocol is unknown or named twice, or none is named.
    """

    #: Protocols: name to one line that says what is special; the first is
    #: the house protocol.
    known_protocols: dict[str, str] = dict(default='the only one')
    #: Scores of the house protocol, the main one first; True: the higher the
    #: better. An instance has here the keys that it yields, with suffixes,
    #: without prefix.
    higher_is_better: dict[str, bool] = {}
    #: Protocols that score the prediction at the size of the network's
    #: input, see :attr:`mtcp_mm.tasks.DenseTask.input_size_key`.
    input_size_protocols: tuple[str, ...] = ()

    def __init__(self,
                 task: str,
                 prefix: str | None = None,
                 protocols: str | Sequence[str] | None = None,
                 **kwargs) -> None:
        super().__init__(prefix=prefix or task, **kwargs)
        self.task = task
        self.protocols = self.select_protocols(protocols)
        self.higher_is_better = {
            self.key(name, protocol): higher
            for protocol in self.protocols
            for name, higher in self.scores_of(protocol).items()
        }
        #: What :meth:`compute` knows beyond the scores (lists per class,
        #: curves), by protocol, as plain numbers: `tools/test.py` writes it
        #: to metrics_meta.json.
        self.details: dict[str, dict] = {}

    @classmethod
    def select_protocols(
            cls, protocols: str | Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """Names of protocols, checked; see the argument of the class."""
        known = list(cls.known_protocols)
        if protocols is None:
            return (known[0], )
        if isinstance(protocols, str):
            protocols = known if protocols == 'all' else [protocols]
        names = tuple(protocols)
        bad = [p for p in names if p not in known]
        if bad or not names or len(set(names)) < len(names):
            fault = (f'there is no {bad[0]!r}' if bad else
                     f'{list(names)} names one twice' if names else
                     'the list is empty')
            raise ValueError(
                f'`protocols` of {cls.__name__}: {fault}. It must be a list '
                f'of some of {known} ({known[0]!r} is the house protocol), '
                "or 'all'.")
        return names

    @classmethod
    def scores_of(cls, protocol: str) -> dict[str, bool]:
        """Scores that a protocol yields; True: the higher the better.

        All of :attr:`higher_is_better`; a subclass whose protocols yield
        different scores overrides this.

        Args:
            protocol (str): One of :attr:`known_protocols`.
        """
        return cls.higher_is_better

    @classmethod
    def key(cls, name: str, protocol: str) -> str:
        """Key of a score: 'rmse' and 'mtcp' make 'rmse@mtcp'."""
        house = next(iter(cls.known_protocols))
        return join_key('', name, '' if protocol == house else protocol)

    @classmethod
    def describe(cls) -> MetricInfo:
        """All protocols and their scores."""
        return MetricInfo(
            dict(cls.known_protocols),
            {p: dict(cls.scores_of(p)) for p in cls.known_protocols})

    def score_keys(self) -> list[ScoreKey]:
        """Keys that this metric yields, with prefix, protocol by protocol."""
        info = {self.prefix: self.describe()}
        return [parse_key(join_key(self.prefix, key), info)
                for key in self.higher_is_better]

    @cached_property
    def dense_task(self) -> DenseTask | None:
        """DenseTask, optional: The task itself, if the data set knows it."""
        cfg = ((self.dataset_meta or {}).get('tasks') or {}).get(self.task)
        return cfg and build_tasks({self.task: cfg})[self.task]

    @property
    def task_meta(self) -> dict:
        """dict: What the data set tells about the task, e.g. ``classes``."""
        meta = (self.dataset_meta or {}).get('task_meta') or {}
        return meta.get(self.task) or {}

    @abstractmethod
    def update(self, pred: Tensor, target: Tensor,
               protocol: str) -> dict[str, Tensor]:
        """Sums of one image.

        Args:
            pred (Tensor): What :meth:`fetch_prediction` found, (C, H, W).
            target (Tensor): Ground truth (C, H, W).
            protocol (str): One of :attr:`known_protocols`.

        Returns:
            dict[str, Tensor]: Tensors that can be added up
            (:func:`mtcp_mm.evaluation.functional.add_sums`), the same keys
            and shapes for every image. Empty: the protocol leaves this image
            out.
        """

    @abstractmethod
    def compute(self, sums: dict[str, Tensor],
                protocol: str) -> dict[str, float]:
        """Scores from the added sums.

        Args:
            sums (dict[str, Tensor]): Never empty.
            protocol (str): One of :attr:`known_protocols`.

        Returns:
            dict[str, float]: One for each key of :meth:`scores_of`.
        """

    def fetch_prediction(self, sample: dict, protocol: str) -> Tensor:
        """Take the prediction out of a sample.

        Args:
            sample (dict): Of the model, with ``img_path`` and the like.
            protocol (str): One of :attr:`known_protocols`.

        Raises:
            KeyError: There is none.
        """
        pred = sample.get(f'pred_{self.task}')
        if pred is None:
            raise KeyError(
                f'{type(self).__name__} finds no `pred_{self.task}` in '
                f'the sample, which has {sorted(sample)}. Does the model '
                f'know the task `{self.task}`?')
        return pred['data']

    def finite_prediction(self, sample: dict, protocol: str) -> Tensor:
        """:meth:`fetch_prediction`, checked.

        Raises:
            NumbersError: The prediction is not finite.
        """
        pred = self.fetch_prediction(sample, protocol)
        if wrong := int((~pred.isfinite()).sum()):
            raise NumbersError(
                f'{sample.get("img_path", "sample")}, task `{self.task}`: '
                f'{wrong} of the {pred.numel()} values of the prediction are '
                'not finite')
        return pred

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Append the sums of every sample to ``results``.

        Args:
            data_batch (Any): Not used.
            data_samples (Sequence[dict]): Samples as dicts.

        Raises:
            KeyError: A sample with ground truth has no prediction.
            NumbersError: A prediction is not finite.
            ValueError: Prediction and ground truth do not fit each other.
        """
        for sample in data_samples:
            target = sample.get(f'gt_{self.task}')
            result = {}
            for protocol in self.protocols if target is not None else ():
                pred = self.finite_prediction(sample, protocol)
                try:
                    sums = self.update(pred, target['data'].to(pred.device),
                                       protocol)
                except ValueError as error:
                    raise ValueError(
                        f'{sample.get("img_path", "sample")}, task '
                        f'`{self.task}`: {error}') from error
                result[protocol] = {k: v.cpu() for k, v in sums.items()}
            self.results.append(result)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """See :class:`mmengine.evaluator.BaseMetric`."""
        scores, self.details = {}, {}
        for protocol in self.protocols:
            sums = add_sums([r.get(protocol, {}) for r in results])
            if sums:
                part = self.compute(sums, protocol)
            else:
                part = dict.fromkeys(self.scores_of(protocol), math.nan)
            if all(map(math.isnan, part.values())):
                print_log(
                    f'Task `{self.task}` has no labelled pixel in the '
                    f'{len(results)} samples, its scores are NaN (protocol '
                    f'`{protocol}`).',
                    logger='current',
                    level=logging.WARNING)
            scores.update({self.key(k, protocol): v for k, v in part.items()})
        return scores
