# Copyright (c) mtcp_mm authors. All rights reserved.
import multiprocessing
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from typing import Any

import cv2


def threadless_context() -> BaseContext:
    """Start method of processes that are no fork of this one.

    Torch and data loaders have threads here; a fork copies the locks that
    they hold, but not the threads that would open them, and hangs.
    """
    if 'forkserver' not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context('spawn')
    context = multiprocessing.get_context('forkserver')
    # imported once, by the server
    context.set_forkserver_preload(['__main__', 'mtcp_mm.evaluation.edges'])
    return context


class OrderedPool:
    """Compute in other processes, results in the order of the calls.

    Processes start with the first call, from a server without threads
    (:func:`threadless_context`). At most four calls per process are under
    way, then :meth:`submit` waits for the oldest, so memory stays bounded.

    Args:
        num_workers (int): Processes; 0 computes at once in this one.
    """

    def __init__(self, num_workers: int = 0) -> None:
        if num_workers < 0:
            raise ValueError(
                f'`num_workers` must be 0 or more, but is {num_workers}.')
        self.num_workers = num_workers
        self._executor: ProcessPoolExecutor | None = None
        self._running: deque[Future] = deque()
        self._done: list = []

    def submit(self, function: Callable, *args: Any) -> None:
        """Call a function of a module; arguments and result are pickled."""
        if not self.num_workers:
            self._done.append(function(*args))
            return
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self.num_workers,
                mp_context=threadless_context(),
                initializer=cv2.setNumThreads,
                initargs=(1, ))
        while len(self._running) >= 4 * self.num_workers:
            self._collect_oldest()
        self._running.append(self._executor.submit(function, *args))

    def put(self, result: Any) -> None:
        """Add a result that is known, at its place in the order."""
        if not self._running:
            self._done.append(result)
            return
        future = Future()
        future.set_result(result)
        self._running.append(future)

    def _collect_oldest(self) -> None:
        try:
            self._done.append(self._running.popleft().result())
        except BrokenProcessPool as error:
            raise RuntimeError(
                f'One of {self.num_workers} worker processes died; it may '
                'have run out of memory. Use fewer, or num_workers=0 to '
                'compute without them.') from error

    def collect(self) -> list:
        """Await all calls since the last time and return their results.

        Raises:
            Exception: What the first failed call raised; the others are given
                up.
        """
        try:
            while self._running:
                self._collect_oldest()
        except BaseException:
            self.close()
            raise
        done, self._done = self._done, []
        return done

    def __getstate__(self) -> dict:
        if self._running:
            raise RuntimeError(
                f'{len(self._running)} calls are under way: collect them '
                'before you pickle or copy the pool.')
        return dict(self.__dict__, _executor=None)

    def close(self) -> None:
        """Give up what is under way and end the processes."""
        self._running.clear()
        self._done = []
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None
