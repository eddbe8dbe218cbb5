# Copyright (c) mtcp_mm authors. All rights reserved.
import ast
import inspect
import logging
import multiprocessing
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from typing import Any

import cv2
from mmengine.logging import print_log


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


def main_is_guarded() -> bool:
    """Whether other processes can import the script that runs.

    They do so when they start, and begin its work anew unless it stands below
    ``if __name__ == '__main__':``. True also where there is no script.
    """
    main, frame = sys.modules['__main__'], inspect.currentframe()
    while frame is not None and not (frame.f_code.co_name == '<module>'
                                     and frame.f_globals is vars(main)):
        frame = frame.f_back
    try:
        nodes = ast.walk(ast.parse(inspect.getsource(main)))
    except (OSError, TypeError, SyntaxError):  # a console, `python -c`
        return True
    return frame is None or any(
        isinstance(node, ast.If) and '__name__' in ast.unparse(node.test)
        and node.lineno <= frame.f_lineno <= node.end_lineno
        for node in nodes)


class OrderedPool:
    """Compute in other processes, results in the order of the calls.

    Processes start with the first call, from a server without threads
    (:func:`threadless_context`); a warning says that there are none if the
    script cannot be imported (:func:`main_is_guarded`). At most four calls
    per process are under way, then :meth:`submit` waits for the oldest, so
    memory stays bounded.

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
        if self.num_workers and self._executor is None and (
                not main_is_guarded()):
            print_log(
                f'{sys.modules["__main__"].__file__} does its work at the top '
                'level, where other processes would begin it anew: edges are '
                'counted in this process, which is slower. Put the work below '
                "`if __name__ == '__main__':`, or set num_workers=0.",
                logger='current',
                level=logging.WARNING)
            self.num_workers = 0
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
        try:
            self._running.append(self._executor.submit(function, *args))
        except BrokenProcessPool as error:
            raise self._death() from error

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
            raise self._death() from error

    def _death(self) -> RuntimeError:
        return RuntimeError(
            f'One of {self.num_workers} worker processes died; it may have '
            'run out of memory. Use fewer, or num_workers=0 to compute '
            'without them.')

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
