# Copyright (c) mtcp_mm authors. All rights reserved.
"""What a row of the table costs: size, operations, time, memory."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from mtcp_mm.utils.files import write_atomically
from .listing import MetricColumn
from .run import TOOLS, Run

#: Columns of the table, by their keys in costs.json.
COST_COLUMNS = (
    MetricColumn('parameters', 'parameters (M)'),
    MetricColumn('flops', 'GFLOPs'),
    MetricColumn('seconds', 'step (s)'),
    MetricColumn('memory', 'peak (GiB)'),
)


def known_costs(run: Run) -> dict[str, float]:
    """What was measured for this config; empty if nothing was."""
    file = run.folder.parent / 'costs.json'
    known = json.loads(file.read_text()) if file.is_file() else {}
    return known if known.pop('stamp', None) == run.stamp else {}


def measure_costs(run: Run) -> dict[str, float]:
    """Measure an experiment.

    Operations are those of one image of the test, a step is one of the
    training with the batch size of the config and images of that size, on
    whatever device there is. The times of a list are comparable if nothing
    else runs meanwhile.

    Args:
        run (Run): One of the experiment; the costs stand beside its folder.

    Returns:
        dict[str, float]: Parameters in millions, GFLOPs per image, the
        fastest of five steps in seconds, and the peak memory in GiB (CPU: of
        the process, GPU: of torch).

    Raises:
        subprocess.CalledProcessError: A tool failed; it said why.
    """
    run.folder.parent.mkdir(parents=True, exist_ok=True)
    network = _call(run, 'get_flops', '--repeat', '0')
    step = _call(run, 'benchmark_memory', '--iters', '5')
    costs = dict(
        parameters=network['parameters']['total']['all'] / 1e6,
        flops=network['flops']['total'] / 1e9,
        seconds=step['seconds'],
        memory=step['memory'])
    write_atomically(
        run.folder.parent / 'costs.json',
        json.dumps(dict(costs, stamp=run.stamp), indent=2) + '\n')
    return costs


def _call(run: Run, tool: str, *arguments: str) -> dict:
    """What an analysis tool writes, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, f'{tool}.json')
        command = [
            sys.executable, str(TOOLS / 'analysis_tools' / f'{tool}.py'),
            run.experiment.config, *arguments, '--out', str(out),
            '--cfg-options', *run.options
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(out.read_text())
