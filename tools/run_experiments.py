# Copyright (c) mtcp_mm authors. All rights reserved.
"""Run a list of configs and set the scores beside those of the paper.

    python tools/run_experiments.py configs/ablations/nyud.yml --seeds 0 1 2
    python tools/run_experiments.py configs/mtcp_nyud.py configs/mtcp_pascal.py

On a cluster add --launcher slurm --partition NAME --gpus 8: one job per run.
Every run is trained, and tested with its last checkpoint, in
WORK_DIR/<name>/seed_<seed>. A run whose metrics.json was made with the same
config is kept, one that was broken off goes on, one of another config is put
aside. A run that fails does not stop the others; the exit code is then 1. The
table goes to WORK_DIR/table.md, .csv and .json, the validations over training
to WORK_DIR/curves.png.
"""
import argparse
import os
import shlex
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from mmengine.logging import MMLogger

from mtcp_mm.cli.launch import make_parser, require_file, run_tool
from mtcp_mm.experiments.costs import known_costs, measure_costs
from mtcp_mm.experiments.curves import draw_curves
from mtcp_mm.experiments.launch import (
    BUSY,
    run_locally,
    run_on_slurm,
    slurm_command,
)
from mtcp_mm.experiments.listing import read_list
from mtcp_mm.experiments.run import plan_runs
from mtcp_mm.experiments.table import (
    main_columns,
    make_rows,
    to_csv,
    to_json,
    to_markdown,
)
from mtcp_mm.records.environment import describe_environment
from mtcp_mm.records.logs import read_log
from mtcp_mm.utils.files import write_atomically


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument(
        'experiments', nargs='+', help='one list (.yml), or configs (.py)')
    parser.add_argument(
        '--seeds', nargs='+', type=int, default=[0], help='default: 0')
    parser.add_argument(
        '--only', nargs='+', metavar='NAME', help='run these of the list')
    parser.add_argument(
        '--base',
        metavar='CONFIG',
        help='base of the configs instead of their own (MTCP_BASE)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='override settings of all configs')
    parser.add_argument(
        '--work-dir', help='default: work_dirs/<list>[_on_<base>]')
    parser.add_argument('--gpus', type=int, default=1, help='of each run')
    parser.add_argument(
        '--launcher', choices=['none', 'slurm'], default='none')
    parser.add_argument('--partition', help='of Slurm')
    parser.add_argument(
        '--dry-run', action='store_true', help='print the commands only')
    parser.add_argument(
        '--table-only', action='store_true', help='run nothing')
    args = parser.parse_args()
    if args.launcher == 'slurm' and not args.partition:
        parser.error('--launcher slurm needs --partition')
    if args.gpus < 1:
        parser.error(f'--gpus must be at least 1, but is {args.gpus}')
    if wrong := [o for o in args.cfg_options if '=' not in o]:
        parser.error(f'--cfg-options wants KEY=VALUE, not {wrong}')
    if len(set(args.seeds)) < len(args.seeds):
        parser.error(f'--seeds {args.seeds} names one twice')
    return args


def main() -> int:
    args = parse_args()
    # mmengine tells whenever a config reads MTCP_BASE
    MMLogger.get_instance('run_experiments', log_level='WARNING')
    for path in [*args.experiments, *filter(None, [args.base])]:
        require_file(path, 'file')
    experiments = read_list(args.experiments)
    folder = Path(args.experiments[0]).stem if len(
        args.experiments) == 1 else 'experiments'
    if args.base:
        folder += f'_on_{Path(args.base).stem}'
    base = args.base or experiments.base
    if base:
        os.environ['MTCP_BASE'] = os.path.abspath(base)
    work_dir = Path(args.work_dir or Path('work_dirs', folder))
    runs = plan_runs(experiments, args.seeds, work_dir, args.cfg_options)
    names = [e.name for e in experiments.experiments]
    if unknown := sorted(set(args.only or ()) - set(names)):
        raise ValueError(f'--only: {unknown} are not in the list: {names}')
    missing = [run for run in runs if run.read_scores() is None
               and run.experiment.name in (args.only or names)]
    print(f'{len(runs)} runs, {len(missing)} of them to do, in {work_dir}')
    if args.dry_run:
        for run in missing:
            print(f'\n# {run.name}')
            if args.launcher == 'slurm':
                print('#', shlex.join(
                    slurm_command(run, args.partition, args.gpus)))
            print(run.script(args.launcher, args.gpus))
        return 0
    failures = {}
    about = dict(
        command=shlex.join(['python', 'tools/run_experiments.py',
                            *sys.argv[1:]]),
        base=base,
        started=time.strftime('%Y-%m-%d %H:%M:%S'),
        environment=describe_environment())
    if missing and not args.table_only:
        if args.launcher == 'slurm':
            failures = run_on_slurm(missing, about, args.partition, args.gpus)
        else:
            failures = run_locally(missing, about, args.gpus)
    scores = {name: {} for name in names}
    for run in runs:
        if (found := run.read_scores()) is not None:
            scores[run.experiment.name][run.seed] = found
    if not experiments.metrics:
        experiments = replace(experiments, metrics=main_columns(scores))
    costs = {}
    busy = BUSY in failures.values()
    if experiments.costs and busy:
        print('Costs are not measured while another process trains: call '
              'again when it is done')
    for run in runs if experiments.costs else ():
        name = run.experiment.name
        if run.experiment.trivial or run.seed != args.seeds[0]:
            continue
        costs[name] = known_costs(run)
        if (args.table_only or busy or costs[name]
                or name not in (args.only or names)):
            continue
        print(f'Costs of {name}: let nothing else run meanwhile')
        try:
            costs[name] = measure_costs(run)
        except subprocess.CalledProcessError as error:
            failures[f'costs of {name}'] = str(error)
    rows = make_rows(experiments, scores, costs)
    table = to_markdown(experiments, rows, args.seeds)
    about['runs'] = [
        dict(run.read_record(), scores=run.read_scores()) for run in runs
        if run.read_scores() is not None
    ]
    write_atomically(work_dir / 'table.md',
                     f'# {experiments.title}\n\n{table}')
    write_atomically(work_dir / 'table.csv', to_csv(rows))
    write_atomically(work_dir / 'table.json',
                     to_json(experiments, rows, about))
    logs = {name: [] for name in names}
    for run in runs:
        if run.experiment.trivial or run.read_scores() is None:
            continue
        try:
            logs[run.experiment.name].append(read_log(run.folder))
        except FileNotFoundError as error:
            print(f'{run.name} has no curve: {error}')
    if figure := draw_curves(logs, experiments.metrics):
        figure.savefig(work_dir / 'curves.png', dpi=110)
    print(f'\n{experiments.title}\n\n{table}\nWritten to {work_dir}/table.*')
    for name, why in failures.items():
        print(f'FAILED: {name}: {why}', file=sys.stderr)
    return 1 if failures else 0


if __name__ == '__main__':
    run_tool(main)
