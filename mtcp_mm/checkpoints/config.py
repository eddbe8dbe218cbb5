# Copyright (c) mtcp_mm authors. All rights reserved.


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
