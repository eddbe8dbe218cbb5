# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from operator import itemgetter
from typing import Any


class BestAndWorst:
    """Keep the best and the worst of many items, and no others.

    Of equal scores the earlier item ranks first, on both lists.

    Args:
        size (int): How many of each.
        higher_is_better (bool): Which way is up.

    Attributes:
        best (list[tuple]): Scores and items, the best first.
        worst (list[tuple]): Scores and items, the worst first.
    """

    def __init__(self, size: int, higher_is_better: bool) -> None:
        self.size, self.higher_is_better = size, higher_is_better
        self.best: list[tuple[float, Any]] = []
        self.worst: list[tuple[float, Any]] = []

    def offer(self, score: float, item: Any) -> None:
        """Show an item; a score that is not finite does not rank."""
        if math.isfinite(score):
            for ranked, falling in ((self.best, self.higher_is_better),
                                    (self.worst, not self.higher_is_better)):
                ranked.append((score, item))
                ranked.sort(key=itemgetter(0), reverse=falling)
                del ranked[self.size:]
