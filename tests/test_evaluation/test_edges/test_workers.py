# Copyright (c) mtcp_mm authors. All rights reserved.
import math
import multiprocessing
import operator
import os
import pickle
import subprocess
import sys
import time

import pytest

from mtcp_mm.evaluation.edges import OrderedPool


@pytest.fixture(params=['fork', 'spawn'])
def start_method(request):
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(request.param, force=True)
    yield request.param
    multiprocessing.set_start_method(before, force=True)


def results(pool, count):
    for i in range(count):
        if i % 3:
            pool.submit(operator.mul, i, 10)
        else:
            pool.put(i * 10)
    done = pool.collect()
    pool.close()
    return done


class TestOrderedPool:
    """Oracle: the same calls, one after the other."""

    def test_order_with_any_start_method(self, start_method):
        assert results(OrderedPool(2), 23) == list(range(0, 230, 10))

    def test_without_processes(self):
        assert results(OrderedPool(0), 5) == [0, 10, 20, 30, 40]

    def test_runs_elsewhere_and_ends(self):
        pool = OrderedPool(2)
        for _ in range(4):
            pool.submit(os.getpid)
        pids = set(pool.collect())
        pool.close()
        assert os.getpid() not in pids
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)

    def test_can_be_used_again(self):
        pool = OrderedPool(1)
        assert results(pool, 2) == results(pool, 2) == [0, 10]

    def test_does_not_run_ahead(self):
        """The caller waits instead of filling the memory."""
        pool = OrderedPool(1)
        start = time.monotonic()
        for _ in range(6):
            pool.submit(time.sleep, .05)
        waited = time.monotonic() - start
        pool.close()
        assert waited >= .1  # for two of six; four may be under way

    @pytest.mark.parametrize('num_workers', [0, 1])
    def test_error_of_a_call_arrives(self, num_workers):
        pool = OrderedPool(num_workers)
        with pytest.raises(ValueError):
            pool.submit(math.sqrt, -1)
            pool.collect()
        assert results(pool, 2) == [0, 10]

    def test_dead_process_is_named(self):
        pool = OrderedPool(1)
        pool.submit(os._exit, 1)
        with pytest.raises(RuntimeError, match='worker processes died'):
            pool.collect()

    def test_calls_after_a_death(self):
        pool = OrderedPool(1)
        pool.submit(os._exit, 1)
        with pytest.raises(RuntimeError, match='worker processes died'):
            while True:
                pool.submit(os.getpid)
        pool.close()

    @pytest.mark.parametrize('guard, once', [
        ("if __name__ == '__main__':", False), ('if True:', True)])
    def test_script_without_guard(self, tmp_path, guard, once):
        """Its work is done once, here, and it is told why and what to do."""
        script = tmp_path / 'score.py'
        script.write_text(
            'import os, sys\n'
            'from mtcp_mm.evaluation.edges import OrderedPool\n'
            f'{guard}\n'
            '    print("work")\n'
            '    pool = OrderedPool(1)\n'
            '    pool.submit(os.getpid)\n'
            '    here = pool.collect() == [os.getpid()]\n'
            '    pool.close()\n'
            '    print("here" if here else "elsewhere")\n')
        done = subprocess.run([sys.executable, script], capture_output=True,
                              text=True, timeout=100)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count('work\n') == 1
        assert ('elsewhere' in done.stdout) != once
        told = done.stdout + done.stderr
        assert ("Put the work below `if __name__ == '__main__':`"
                in told) == once
        assert ('score.py does its work at the top' in told) == once

    def test_pickle(self):
        pool = OrderedPool(1)
        assert results(pickle.loads(pickle.dumps(pool)), 2) == [0, 10]
        pool.submit(os.getpid)
        with pytest.raises(RuntimeError, match='1 calls are under way'):
            pickle.dumps(pool)
        pool.close()

    def test_negative_number(self):
        with pytest.raises(ValueError, match='0 or more, but is -1'):
            OrderedPool(-1)
