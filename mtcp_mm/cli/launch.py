# Copyright (c) mtcp_mm authors. All rights reserved.
"""What the tools share: arguments, config, ranks, files."""
import argparse
import datetime
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.config import Config, DictAction
from mmengine.dist import is_distributed
from mmengine.logging import print_log
from mmengine.registry import init_default_scope

from mtcp_mm.checkpoints.files import TRUST
from mtcp_mm.utils.config_tree import walk
from mtcp_mm.utils.errors import UsageError
from mtcp_mm.utils.settings import load_config_file
from mtcp_mm.utils.task_agreement import check_task_agreement
from .config_keys import check_keys, check_values
from .config_parts import check_parts
from .errors import user_message


def run_tool(main: Callable[[], int | None]) -> None:
    """Run a tool and leave with its exit code, unless that is 0.

    What a user can mend (:func:`mtcp_mm.cli.errors.user_message`) is told
    without a stack, exit code 2 (of a full disk 1), unless the command line
    has ``--traceback``.

    Args:
        main (Callable): Returns the exit code; None is 0.
    """
    with_stack = '--traceback' in sys.argv
    if with_stack:
        sys.argv.remove('--traceback')
    try:
        code = main()
    except SystemExit:  # of argparse
        if {'-h', '--help'} & set(sys.argv):
            print('  --traceback           show the stack of every error')
        raise
    except Exception as error:
        message = user_message(error)
        if with_stack or message is None:
            raise
        print(f'{Path(sys.argv[0]).name}: error: {message}', file=sys.stderr)
        full = getattr(error, 'errno', None) in (errno.ENOSPC, errno.EDQUOT,
                                                 errno.EFBIG)
        code = 1 if full else 2
    finally:
        if is_distributed():  # its threads may abort an exit
            torch.distributed.destroy_process_group()
    if code:  # a tool may also be run inside of another program
        sys.exit(code)


class _Trust(argparse.Action):
    """Say it to everything that reads a checkpoint, ranks included."""

    def __call__(self, *_) -> None:
        os.environ[TRUST] = '1'


def add_trust_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add ``--trust-checkpoint``."""
    parser.add_argument(
        '--trust-checkpoint',
        action=_Trust,
        nargs=0,
        help='let checkpoints run code that is in them: for files of your '
        'own that hold more than tensors and plain values')


def make_parser(doc: str,
                with_config: bool = False) -> argparse.ArgumentParser:
    """Parser of a tool.

    Args:
        doc (str): Its help, shown with the lines as they are.
        with_config (bool): Add what :func:`read_config` reads.
    """
    parser = argparse.ArgumentParser(
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    if with_config:
        parser.add_argument('config', help='config file')
        add_cfg_options(parser)
    return parser


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that training and testing have in common."""
    parser.add_argument(
        '--work-dir',
        help='folder of logs and checkpoints, work_dirs/<config> by default')
    add_trust_checkpoint(parser)
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the ranks were started')
    # torch.distributed.launch passes this one; torchrun sets LOCAL_RANK.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


class CfgOptions(DictAction):
    """``KEY=VALUE``; what is none is told as argparse tells it."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        """See the base class."""
        for value in values:
            if not value.partition('=')[0] or '=' not in value:
                parser.error(f'{option_string}: {value!r} is not KEY=VALUE')
        try:
            super().__call__(parser, namespace, values, option_string)
        except (AssertionError, ValueError) as error:
            parser.error(f'{option_string} {" ".join(values)}: {error}')


def device_name(name: str) -> str:
    """Type of an argument ``--device``: one that is there."""
    try:
        kind, index = torch.device(name).type, torch.device(name).index or 0
    except RuntimeError:
        kind = ''
    if kind not in ('cpu', 'cuda') or kind == 'cpu' and index:
        raise argparse.ArgumentTypeError(
            f'{name!r} is no device: cpu, cuda or cuda:1 are')
    count = torch.cuda.device_count()
    if kind == 'cuda' and index >= count:
        raise argparse.ArgumentTypeError(
            f'{name!r} is not there, {count} GPUs are seen: use cpu'
            f'{"" if not count else " or a lower number"}')
    return name


def add_cfg_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--cfg-options``, which :func:`read_config` merges."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=CfgOptions,
        metavar='KEY=VALUE',
        help='override settings of the config: a.b=1 c="[1,2]" d="(x,y)"')


def read_config(args: argparse.Namespace) -> Config:
    """Read the config ``args.config`` and merge ``args.cfg_options``.

    Parts are built in the scope that the config names, from here on.

    Raises:
        UsageError: There is no such file, it is no Python, a key is misspelt
            (:func:`check_keys`), or a setting has no effect.
    """
    require_file(args.config, 'config')
    if not args.config.endswith(('.py', '.yml', '.yaml', '.json')):
        raise UsageError(
            f'config {args.config} does not end in .py, .yml, .yaml or .json. '
            'Are the arguments in their order? The config comes first.')
    try:
        cfg = load_config_file(args.config, args.cfg_options)
        check_keys(cfg, args.cfg_options or ())
        check_values(cfg)
        check_parts(cfg)
    except Exception as error:  # a config is a program
        message = user_message(error)
        if message is None:
            raise
        raise UsageError(f'{args.config}: {message}') from error
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    return cfg


def require_file(path: str, what: str) -> None:
    """Raise :class:`UsageError` if there is no such file, or a folder.

    Args:
        path (str): The file; a URL is taken on trust.
        what (str): What it should be, for the message.
    """
    if '://' in path or Path(path).is_file():
        return
    if not path:
        raise UsageError(f'The name of the {what} is empty, expected is a '
                         'file.')
    is_folder = Path(path).is_dir()
    folder = Path(path) if is_folder else Path(path).parent
    there = sorted(p.name for p in folder.glob(f'*{Path(path).suffix}'))
    hint = (f'{folder} has {", ".join(there[:8])}' if there else
            f'{folder.absolute()} has no such files')
    found = 'is a folder, expected is a file' if is_folder else (
        'does not exist')
    raise UsageError(f'{what} {path} {found} ({hint}).')


def load_config(args: argparse.Namespace) -> Config:
    """Read the config and merge what the command line says.

    Args:
        args (argparse.Namespace): With ``config`` and the arguments of
            :func:`add_common_arguments`.

    Returns:
        Config: With ``launcher`` and ``work_dir`` set, fit for CPU ranks.

    Raises:
        UsageError: There is no such file, or its parts disagree on tasks.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args)
    cfg.launcher = args.launcher
    try:
        check_task_agreement(cfg)
    except ValueError as error:
        raise UsageError(f'{args.config}: {error}') from error
    if args.work_dir:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(args.config).stem))
    if args.launcher == 'pytorch' and not torch.cuda.is_available():
        use_cpu_ranks(cfg)
    return cfg


def use_cpu_ranks(cfg: Config) -> None:
    """Start the process group of ranks without a GPU, and fit the config.

    mmengine's own start and its model wrapper both ask for a GPU per rank.
    It leaves a running group and a given wrapper alone, though.

    Args:
        cfg (Config): Changed in place.
    """
    dist_cfg = cfg.get('env_cfg', {}).get('dist_cfg', {})
    dist_cfg['backend'] = 'gloo'
    if not is_distributed():
        timeout = dist_cfg.get('timeout')
        torch.distributed.init_process_group(
            'gloo',
            timeout=None if timeout is None else datetime.timedelta(
                seconds=timeout))
    cfg.setdefault(
        'model_wrapper_cfg',
        dict(
            type='MMDistributedDataParallel',
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False)))
    cfg.model_wrapper_cfg['device_ids'] = None
    norms = [node for _, node in walk(cfg.get('model', {}))
             if node.get('type') == 'SyncBN']
    for node in norms:
        node['type'] = 'BN'
    if norms:
        print_log(
            'SyncBN needs GPUs: this run normalises every rank by itself.',
            'current')
