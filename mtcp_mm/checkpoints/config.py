# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping

from mmengine.config import Config, ConfigDict

from .compare import CheckpointError


def without_checkpoints(cfg: dict) -> dict:
    """Drop what a model config would download, at any depth, in place.

    Values change neither size nor time of a model.

    Args:
        cfg (dict): ``init_cfg`` becomes None, and ``pretrained`` None, or
            False where it is a bool (timm).
    """
    for key, value in list(cfg.items()):
        if key in ('init_cfg', 'pretrained'):
            cfg[key] = False if isinstance(value, bool) else None
        else:
            children = value if isinstance(value, (list, tuple)) else [value]
            for child in children:
                if isinstance(child, dict):
                    without_checkpoints(child)
    return cfg


def config_in_checkpoint(path: str, raw: Mapping) -> ConfigDict:
    """The config that mmengine saves beside the weights.

    Args:
        path (str): The file, for the message.
        raw (Mapping): What it holds.

    Raises:
        CheckpointError: There is no config in it.
    """
    text = raw.get('meta', {}).get('cfg')
    if text is None:
        raise CheckpointError(f'{path} holds no config (`meta.cfg`): give the '
                              'one that it was trained with.')
    return Config.fromstring(text, file_format='.py')._cfg_dict
