# Copyright (c) mtcp_mm authors. All rights reserved.
import ast
from collections.abc import Mapping

from mmengine import registry
from mmengine.config import Config, ConfigDict

from mtcp_mm.registry import TASKS
from mtcp_mm.utils.config_tree import walk
from .compare import CheckpointError
from .files import TRUST, is_trusted


def without_checkpoints(cfg: dict) -> dict:
    """Drop what a model config would download, at any depth, in place.

    Values change neither size nor time of a model.

    Args:
        cfg (dict): ``init_cfg`` and ``task_checkpoints`` become None, and
            ``pretrained`` None, or False where it is a bool (timm).
    """
    for _, node in walk(cfg):
        for key in {'init_cfg', 'pretrained', 'task_checkpoints'} & set(node):
            node[key] = False if isinstance(node[key], bool) else None
    return cfg


class _DictCalls(ast.NodeTransformer):
    """``dict(a=1)``, as mmengine writes it, becomes ``{'a': 1}``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if getattr(node.func, 'id', None) != 'dict' or node.args or any(
                k.arg is None for k in node.keywords):
            return node  # literal_eval refuses it
        return ast.Dict([ast.Constant(k.arg) for k in node.keywords],
                        [k.value for k in node.keywords])


def read_literals(path: str, text: str) -> dict:
    """A config as mmengine writes it, read without running it.

    Args:
        path (str): The checkpoint, for the message.
        text (str): Assignments of literals.

    Raises:
        CheckpointError: There is anything else in it.
    """
    found = {}
    try:
        for node in ast.parse(text).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    found[name] = ast.literal_eval(_DictCalls().visit(value))
                case _:
                    raise ValueError(f'`{ast.unparse(node)[:60]}`')
    except (ValueError, SyntaxError, TypeError) as error:
        raise refuse(path, f'more than values: {error}') from None
    return found


def _is_registered(kind: str) -> bool:
    """Whether a ``type`` is a name of a registry.

    mmengine takes any other as the path of something to import and to call,
    such as 'subprocess.run'.
    """
    scope, _, name = str(kind).rpartition('.')
    nodes = [
        node for root in (*vars(registry).values(), TASKS)
        if isinstance(root, registry.Registry)
        for node in (root, *root.children.values())
        if scope in ('', node.scope)
    ]
    return any(name in node.module_dict for node in nodes) or any(
        node.import_from_location() or name in node.module_dict
        for node in nodes)


def refuse(path: str, what: str) -> CheckpointError:
    """The error on a config that would run code."""
    return CheckpointError(
        f'{path}: the config in it (`meta`) holds {what}. To use it could '
        'run code of whoever made the file.\nTo mend it: give a config of '
        'your own, or, if you trust where the file comes from, add '
        f'--trust-checkpoint (or set {TRUST}=1).')


def config_in_checkpoint(path: str, raw: Mapping) -> ConfigDict:
    """The config that mmengine saves beside the weights.

    Args:
        path (str): The file, for the message.
        raw (Mapping): What it holds.

    Raises:
        CheckpointError: There is no config in it, or one that names what is
            in no registry, or does more than to assign values.
    """
    text = raw.get('meta', {}).get('cfg')
    if text is None:
        raise CheckpointError(f'{path} holds no config (`meta.cfg`): give the '
                              'one that it was trained with.')
    if is_trusted():
        return Config.fromstring(text, file_format='.py')._cfg_dict
    cfg = ConfigDict(read_literals(path, text))
    for key, node in walk(cfg):
        if 'type' in node and not _is_registered(node['type']):
            raise refuse(path, f'`{key}.type` = {node["type"]!r}, which is '
                         'in no registry')
    return cfg


def disarm_resumed_config(path: str, meta: dict) -> None:
    """Leave of ``meta.config``, which mmengine runs, what it looks for.

    Raises:
        CheckpointError: It does more than to assign values.
    """
    if 'config' not in meta or is_trusted():
        return
    gpu_ids = read_literals(path, meta['config']).get('gpu_ids')
    meta['config'] = f'gpu_ids = {gpu_ids!r}'
