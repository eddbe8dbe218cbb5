# Copyright (c) mtcp_mm authors. All rights reserved.
"""Ways through the nested dicts and lists of a config."""
from collections.abc import Iterator, Mapping
from typing import Any


def walk(node: Any, path: str = '') -> Iterator[tuple[str, Mapping]]:
    """Every dict below a node of a config, outer ones first.

    A dict may be changed while it is handed out.

    Args:
        node (Any): A config, or a part of one.
        path (str): Its key. Defaults to ''.

    Yields:
        tuple[str, Mapping]: Dotted key, e.g. 'train_dataloader.dataset', and
        the dict.
    """
    if isinstance(node, Mapping):
        yield path, node
        children = list(node.items())
    elif isinstance(node, (list, tuple)):
        children = list(enumerate(node))
    else:
        return
    for key, child in children:
        yield from walk(child, f'{path}.{key}' if path else str(key))


def dataset_leaves(node: Any,
                   path: str = 'dataset') -> Iterator[tuple[str, Mapping]]:
    """Configs of the data sets below wrappers, with their keys.

    Args:
        node (Any): Config of a data set, or of a wrapper with ``dataset`` or
            ``datasets``. Anything else, as None, has no leaves.
        path (str): Its key. Defaults to 'dataset'.
    """
    if not isinstance(node, Mapping):
        return
    inner = {f'{path}.dataset': node['dataset']} if isinstance(
        node.get('dataset'), Mapping) else {
            f'{path}.datasets.{i}': child
            for i, child in enumerate(node.get('datasets') or ())
        }
    if not inner:
        yield path, node
    for key, child in inner.items():
        yield from dataset_leaves(child, key)


def plain(node: Any) -> Any:
    """The same in dicts and lists of Python, tuples as lists."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [plain(value) for value in node]
    return node
