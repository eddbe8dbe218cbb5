# Copyright (c) mtcp_mm authors. All rights reserved.
"""Start runs: one after the other here, or all at once through Slurm."""
import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Sequence

from .run import Run

#: Why a run was left out: another call of the tool trains it now.
BUSY = 'another process is at it'


def run_locally(runs: Sequence[Run], about: dict,
                gpus: int = 1) -> dict[str, str]:
    """Run one after the other; a failing one does not stop the others.

    Several processes may work on the same list: a run that another one is at
    is left to it. The lock belongs to the running script too, so it outlives
    a killed parent.

    Args:
        runs (Sequence[Run]): Those that are not finished.
        about (dict): For run.json, see :meth:`Run.prepare`.
        gpus (int): Ranks of each run. Defaults to 1.

    Returns:
        dict[str, str]: Name of every run that has no scores now, and why.
    """
    failures = {}
    for number, run in enumerate(runs, 1):
        run.folder.parent.mkdir(parents=True, exist_ok=True)
        with open(f'{run.folder}.lock', 'w') as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                failures[run.name] = BUSY
                continue
            if run.read_scores() is not None:
                continue  # by another process, since we looked
            script = run.prepare(run.script('none', gpus), about)
            start = time.time()
            print(f'[{number}/{len(runs)}] {run.name}: {run.log}')
            with open(run.log, 'a') as log:
                code = subprocess.call(['bash', str(script)],
                                       stdout=log,
                                       stderr=subprocess.STDOUT,
                                       pass_fds=[lock.fileno()])
            record = run.read_record()
            record['seconds'] += round(time.time() - start)
            run.write_record(record)
            if code:
                failures[run.name] = f'exit code {code}, see {run.log}'
                lines = run.log.read_text(errors='replace').splitlines()
                print(f'    FAILED with exit code {code}, the log ends with',
                      *lines[-8:], sep='\n    | ')
    return failures


def slurm_command(run: Run, partition: str, gpus: int) -> list[str]:
    """Command that submits a job and ends with it.

    ``singleton`` lets a job wait for one of the same name, that is for the
    same run submitted earlier. Environment: GPUS_PER_NODE (8), CPUS_PER_TASK
    (5), SBATCH_ARGS (further options), as in tools/slurm_train.sh.

    Args:
        run (Run): What to run; its script is ``run.sh``.
        partition (str): Slurm partition.
        gpus (int): Ranks.
    """
    per_node = min(gpus, int(os.environ.get('GPUS_PER_NODE', 8)))
    return [
        'sbatch', '--wait', f'--partition={partition}',
        f'--job-name=mtcp-{run.stamp[:12]}', '--dependency=singleton',
        f'--comment={run.name}', f'--ntasks={gpus}',
        f'--ntasks-per-node={per_node}', f'--gres=gpu:{per_node}',
        f'--cpus-per-task={os.environ.get("CPUS_PER_TASK", 5)}',
        f'--output={run.log}', '--open-mode=append',
        *os.environ.get('SBATCH_ARGS', '').split(),
        str(run.folder / 'run.sh')
    ]


def run_on_slurm(runs: Sequence[Run], about: dict, partition: str,
                 gpus: int = 1) -> dict[str, str]:
    """Submit one job per run and wait for all of them.

    Interrupting this leaves the jobs in the queue.

    Args:
        runs (Sequence[Run]): Those that are not finished.
        about (dict): For run.json, see :meth:`Run.prepare`.
        partition (str): Slurm partition.
        gpus (int): Ranks of each run. Defaults to 1.

    Returns:
        dict[str, str]: Name of every run that has no scores now, and why.

    Raises:
        ValueError: There is no Slurm here.
    """
    if shutil.which('sbatch') is None:
        raise ValueError('--launcher slurm needs the command sbatch. Start '
                         'this on a login node of the cluster.')
    jobs = []
    for run in runs:
        run.prepare(run.script('slurm', gpus), about)
        jobs.append((run,
                     subprocess.Popen(slurm_command(run, partition, gpus))))
    print(f'{len(jobs)} jobs submitted to {partition}. Waiting; to look '
          'later, interrupt this and start it again.')
    failures = {}
    for run, job in jobs:
        code = job.wait()
        print(f'{run.name}: {"done" if code == 0 else f"FAILED ({code})"}')
        if code:
            failures[run.name] = f'exit code {code}, see {run.log}'
    return failures
