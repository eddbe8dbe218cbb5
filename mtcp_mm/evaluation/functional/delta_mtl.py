# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Mapping


def delta_mtl(scores: Mapping[str, float], references: Mapping[str, float],
              higher_is_better: Mapping[str, bool]) -> float:
    """How much better than single-task networks one multi-task network is.

    The mean over tasks of the relative change of one score each, counted
    positive where the score got better (ASTMT, Sec. 4; called delta_m or
    delta_MTL). The mean is as good as the choice of the scores: name them
    beside the number.

    Args:
        scores (Mapping): Of the multi-task network, one key per task.
        references (Mapping): Of the single-task networks; may hold more keys
            than ``scores``.
        higher_is_better (Mapping): Direction of every key of ``scores``.

    Returns:
        float: Percent; 0 = as good as the references. NaN if a score is NaN.

    Raises:
        ValueError: No score, a key without reference or direction, or a
            reference of 0, to which nothing relates.

    Examples:
        mIoU rises by 10 % and the error rises by 4 %:

        >>> round(delta_mtl({'semseg/mIoU': 55., 'depth/rmse': .52},
        ...                 {'semseg/mIoU': 50., 'depth/rmse': .50},
        ...                 {'semseg/mIoU': True, 'depth/rmse': False}), 6)
        3.0
    """
    if not scores:
        raise ValueError('delta_mtl needs at least one score, but got none.')
    changes = []
    for key, score in scores.items():
        for name, table in (('references', references),
                            ('higher_is_better', higher_is_better)):
            if key not in table:
                raise ValueError(f'`{name}` lacks {key!r}, it has '
                                 f'{sorted(table)}.')
        reference = references[key]
        if not reference:
            raise ValueError(f'The reference of {key!r} is {reference!r}, a '
                             'change relative to that does not exist.')
        change = (score - reference) / abs(reference)
        changes.append(change if higher_is_better[key] else -change)
    return 100 * math.fsum(changes) / len(changes)
