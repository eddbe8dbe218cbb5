# Copyright (c) mtcp_mm authors. All rights reserved.
import heapq
import math
from itertools import count
from typing import Any


class BestAndWorst:
    """Keep the best and the worst of many items, and no others.

    Of equal scores the earlier item ranks first, on both lists.

    Args:
        size (int): How many of each.
        higher_is_better (bool): Which way is up.
    """

    def __init__(self, size: int, higher_is_better: bool) -> None:
        self.size = size
        self.sign = 1 if higher_is_better else -1
        self._best: list[tuple] = []
        self._worst: list[tuple] = []
        self._order = count()

    def offer(self, score: float, item: Any) -> None:
        """Show an item; a score that is not finite does not rank."""
        if not math.isfinite(score) or not self.size:
            return
        number = next(self._order)
        for heap, value in ((self._best, self.sign * score),
                            (self._worst, -self.sign * score)):
            entry = (value, -number, score, item)
            if len(heap) < self.size:
                heapq.heappush(heap, entry)
            elif entry > heap[0]:
                heapq.heapreplace(heap, entry)

    @property
    def best(self) -> list[tuple[float, Any]]:
        """list: Scores and items, the best first."""
        return [entry[2:] for entry in sorted(self._best, reverse=True)]

    @property
    def worst(self) -> list[tuple[float, Any]]:
        """list: Scores and items, the worst first."""
        return [entry[2:] for entry in sorted(self._worst, reverse=True)]
