# Copyright (c) mtcp_mm authors. All rights reserved.
"""The arithmetic of the loss prioritization scheme (MT-CP, Sec. 3.5).

Plain floats in, plain floats out, keyed by task. Sums are exact
(``math.fsum``), so the order of the tasks does not matter to the last bit.
"""
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class LPSStep(NamedTuple):
    """Outcome of :func:`lps_weights`, each keyed by task.

    Attributes:
        weights (dict[str, float]): New weights, >= ``min_weight`` if there
            is one.
        unclamped (dict[str, float]): The same before the floor.
        shares (dict[str, float]): Shares of the tasks in the current total.
    """
    weights: dict[str, float]
    unclamped: dict[str, float]
    shares: dict[str, float]


def loss_shares(losses: Mapping[str, float]) -> dict[str, float]:
    """Share of each task in the sum of the losses.

    Args:
        losses (Mapping[str, float]): Losses >= 0. If all are 0, all tasks
            have the same share.

    Returns:
        dict[str, float]: Shares in [0, 1] that add up to 1.
    """
    total = math.fsum(losses.values())
    if total == 0:
        return dict.fromkeys(losses, 1 / max(len(losses), 1))
    return {task: loss / total for task, loss in losses.items()}


def priorities(shares: Mapping[str, float],
               past: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Present share over mean past share (MT-CP, eq. 4).

    Args:
        shares (Mapping[str, float]): Shares of this interval.
        past (Sequence[Mapping[str, float]]): Shares of the H intervals
            before, same tasks, H >= 1.

    Returns:
        dict[str, float]: > 1 for a task whose loss falls slower than those
        of the others. 1 for a task whose past shares are all 0: no rate can
        be told.
    """
    weights = {}
    for task, share in shares.items():
        mean = math.fsum(p[task] for p in past) / len(past)
        weights[task] = share / mean if mean > 0 else 1.
    return weights


def spread(weights: Mapping[str, float], kappa: float) -> dict[str, float]:
    """Scale the deviations from the mean weight (MT-CP, eqs. 5 and 6).

    Args:
        weights (Mapping[str, float]): At least one task.
        kappa (float): 1 changes nothing, > 1 drives the weights apart.

    Returns:
        dict[str, float]: Weights with the same mean; they can be < 0.
    """
    mean = math.fsum(weights.values()) / len(weights)
    return {t: mean + kappa * (w - mean) for t, w in weights.items()}


def lps_weights(history: Mapping[str, Sequence[float]],
                current: Mapping[str, float],
                kappa: float = 2.5,
                min_weight: float | None = 0.1,
                log: bool = True) -> LPSStep:
    """Weights from the loss history (MT-CP, eqs. 3 to 6).

    Shares are only ever compared between the same tasks: those that have a
    loss now *and* a past. A task that was absent for a while stands with the
    losses it had last, so neither its absence nor its return moves the
    weights of the others. The history reaches back as far as that of the
    youngest of these tasks.

    Args:
        history (Mapping[str, Sequence[float]]): Mean losses >= 0 of the
            previous intervals, oldest first, as many as eq. 4 shall average.
        current (Mapping[str, float]): Mean losses >= 0 of this interval; a
            task without labels is not in it.
        kappa (float): Spread factor. Defaults to 2.5.
        min_weight (float, optional): Floor of the weights. None: none.
            Defaults to 0.1.
        log (bool): Compare ``log(1 + L)`` (eq. 3) instead of ``L``. Defaults
            to True.

    Returns:
        LPSStep: ``weights`` and ``unclamped`` lack the tasks without a past
        (all tasks in the first interval) or without a current loss.
    """
    project = math.log1p if log else float
    present = {task: project(loss) for task, loss in current.items()}
    past = {
        task: [project(loss) for loss in history[task]]
        for task in present if history.get(task)
    }
    shares = loss_shares(present)
    if not past:
        return LPSStep({}, {}, shares)
    length = min(len(losses) for losses in past.values())
    now = loss_shares({task: present[task] for task in past})
    before = [
        loss_shares({task: losses[-lag] for task, losses in past.items()})
        for lag in range(1, length + 1)
    ]
    unclamped = spread(priorities(now, before), kappa)
    floor = -math.inf if min_weight is None else min_weight
    weights = {t: max(w, floor) for t, w in unclamped.items()}
    return LPSStep(weights, unclamped, shares)
