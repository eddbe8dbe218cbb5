# Copyright (c) mtcp_mm authors. All rights reserved.
"""Kill a training at random moments: does it end as one that was left alone?

    python tests/kill_and_resume.py --kills 20 --ranks 2

A small model with all shipped augmentations, dropout and drop path trains
twice by the commands that a user types. One training is left alone; all
processes of the other get SIGKILL, and `--resume` goes on. The moments are
drawn, in training, validation and saving in turn. At the end all must be
equal to the bit (tests/run_state.py), but for what the clock says. The exit
code is 1 if something is not.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from run_state import compare, state_of

from mtcp_mm.preparation.demo_scenes import write_demo

HERE = Path(__file__).parent
ROOT = HERE.parent
PHASES = ('training', 'validation', 'saving')
SPARE = 3  # kills to come until each phase was hit
STEPS = 2  # of an epoch
CONFIG = """
_base_ = {base!r}
custom_imports = dict(imports=['mtcp_mm', 'phase_hook'])
data_root = {data!r}
image_scale, crop_size = (80, 64), (64, 80)
max_epochs = {epochs}
model = dict(backbone=dict(drop_path_rate=.3, drop_rate=.1))
train_pipeline = [
    *_base_.train_pipeline[:2],
    dict(type='mtcp_mm.MultiTaskRandomRotate', degrees=20),
    *_base_.train_pipeline[2:]
]
train_dataloader = dict(batch_size={batch}, num_workers=2)
val_dataloader = dict(batch_size=2, num_workers=2)
train_cfg = dict(val_interval=1)
default_hooks = dict(
    logger=dict(interval=1), checkpoint=dict(max_keep_ckpts=1))
custom_hooks = [dict(type='mtcp_mm.LPSHook'), dict(type='PhaseHook')]
"""
ITERATIONS = """
max_epochs = None
train_dataloader = dict(sampler=dict(type='InfiniteSampler'))
train_cfg = dict(
    _delete_=True, type='IterBasedTrainLoop', max_iters={iters},
    val_interval={steps})
param_scheduler = [dict(type='LinearLR', start_factor=.1, end=30,
                        by_epoch=False)]
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(log_metric_by_epoch=False),
    checkpoint=dict(by_epoch=False, interval={steps}))
custom_hooks[0].update(interval={steps}, by_epoch=False)
"""


def write_config(folder, epochs, ranks, loop):
    """Config of a training in rounds of STEPS steps and a validation."""
    values = dict(
        base=str(ROOT / 'configs/mtcp_demo.py'), data=str(folder / 'data'),
        epochs=epochs, steps=STEPS, iters=epochs * STEPS, batch=4 // ranks)
    write_demo(values['data'], 4 * STEPS, 4, (64, 80), workers=1)
    text = CONFIG.format(**values)
    path = folder / 'config.py'
    path.write_text(text)
    if loop == 'iterations':
        path = folder / 'iterations.py'
        path.write_text("_base_ = 'config.py'\ncustom_hooks = _base_."
                        'custom_hooks\n' + ITERATIONS.format(**values))
    return path


class Training:
    """A training, in processes of its own."""

    def __init__(self, config, work_dir, ranks, options=()):
        self.config, self.ranks = config, ranks
        self.folder, self.options = work_dir, options
        self.starts = 0

    def start(self):
        """Start, or go on after a kill."""
        args = [self.config, '--work-dir', self.folder, '--resume']
        args += ['--cfg-options', *self.options] if self.options else []
        command = [sys.executable, ROOT / 'tools/train.py', *args]
        if self.ranks > 1:
            args.insert(1, self.ranks)
            command = ['bash', ROOT / 'tools/dist_train.sh', *args]
        env = dict(os.environ, PYTHONPATH=f'{ROOT}:{HERE}', VENV=sys.prefix,
                   OMP_NUM_THREADS='1')
        self.seen = len(self.marks())
        self.log = self.folder.with_suffix(f'.{self.starts}.log')
        self.starts += 1
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen(
                list(map(str, command)), env=env, stdout=log, stderr=log)

    def marks(self):
        """What began when, since the first start."""
        path = self.folder / 'phases'
        lines = path.read_text().split('\n')[:-1] if path.exists() else []
        return [(p, float(t)) for p, t in map(str.split, lines)]

    def finish(self):
        """Wait for the end."""
        if self.process.wait(timeout=600):
            raise RuntimeError(self.log.read_text()[-3000:])

    def kill(self, phase, skip, delay):
        """Kill all processes in a phase; the phase in which that fell.

        Args:
            phase (str): One of PHASES.
            skip (int): How often it passes before.
            delay (float): Seconds from its start.
        """
        def phases():
            return [p for p, _ in self.marks()[self.seen:]]

        while phases().count(phase) <= skip:
            if self.process.poll() is not None:
                raise RuntimeError('no kill: ' + self.log.read_text()[-3000:])
            time.sleep(.0005)
        time.sleep(delay)
        for pid in family(self.process.pid):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        return phases()[-1]


def family(pid):
    """A process and all that came from it, oldest first."""
    parents = {}
    for path in Path('/proc').glob('[0-9]*/stat'):
        try:
            parent = int(path.read_text().rpartition(')')[2].split()[1])
        except OSError:  # it ended
            continue
        parents.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def kill_and_resume(folder, kills=20, ranks=1, seed=0, loop='epochs',
                    options=()):
    """Run both trainings.

    Args:
        folder (Path): Empty or not there.
        options (Sequence[str]): For `--cfg-options` of both trainings.

    Returns:
        tuple[list[str], dict]: What is not equal, and figures.
    """
    rng = random.Random(seed)
    plan = [(phase, rng.choice((0, 0, 1)), rng.random())
            for phase in (rng.sample(PHASES, 3) * kills)[:kills]]
    rounds = sum(skip + 1 for _, skip, _ in plan) + SPARE + 1
    folder.mkdir(parents=True, exist_ok=True)
    config = write_config(folder, rounds, ranks, loop)
    start = time.monotonic()
    whole, cut = (Training(config, folder / name, ranks, options)
                  for name in ('whole', 'cut'))
    whole.start()
    whole.finish()
    marks = whole.marks()
    last = {phase: median(b - a for (p, a), (_, b) in zip(marks, marks[1:])
                          if p == phase) for phase in PHASES}
    hit, halves = Counter(), 0
    while plan or len(hit) < len(PHASES):
        if plan:
            phase, skip, part = plan.pop(0)
        elif sum(hit.values()) == kills + SPARE:
            raise RuntimeError(f'Not each phase was hit, only {dict(hit)}.')
        else:
            phase = next(p for p in PHASES if p not in hit)
            skip, part = 0, rng.random() / 2
        cut.start()
        hit[cut.kill(phase, skip, part * last[phase])] += 1
        halves += bool(list(cut.folder.glob('.*.pth.*')))
    cut.start()
    cut.finish()
    figures = dict(
        kills=dict(hit), torn_files=halves, rounds=rounds,
        milliseconds={p: round(1000 * s) for p, s in last.items()},
        seconds=round(time.monotonic() - start))
    return compare(*(state_of(t.folder) for t in (whole, cut))), figures


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--ranks', type=int, default=1)
    parser.add_argument('--loop', choices=['epochs', 'iterations'],
                        default='epochs')
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    parser.add_argument('--work-dir', type=Path, help='a temporary one by '
                        'default; must be empty')
    parser.add_argument('--cfg-options', nargs='+', default=(),
                        metavar='KEY=VALUE', help='for both trainings')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found, figures = kill_and_resume(
            args.work_dir or Path(scratch), args.kills, args.ranks, args.seed,
            args.loop, args.cfg_options)
    print(figures)
    print('\n'.join([*found[:40], f'{len(found)} differences']))
    return int(bool(found))


if __name__ == '__main__':
    sys.exit(main())
