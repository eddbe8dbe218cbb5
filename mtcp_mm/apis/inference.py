# Copyright (c) mtcp_mm authors. All rights reserved.
"""The two functions of OpenMMLab: make a model, ask it."""
import copy
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.utils.settings import load_config_file
from .multi_task_inferencer import Input, MultiTaskInferencer


def init_model(config: str | Path | Config,
               checkpoint: str | Path | None = None,
               device: str | None = None,
               cfg_options: dict | None = None) -> nn.Module:
    """Build a model for inference.

    Args:
        config (str | Path | Config): The config, or its path.
        checkpoint (str | Path, optional): File or URL. None: random weights.
        device (str, optional): Defaults to the best one that is there.
        cfg_options (dict, optional): Settings to override, by dotted key.

    Returns:
        nn.Module: In evaluation mode, with ``cfg`` and ``dataset_meta``.
    """
    if isinstance(config, (str, Path)):
        config = load_config_file(config, cfg_options)
    elif cfg_options:
        config = copy.deepcopy(config)
        config.merge_from_dict(cfg_options)
    return MultiTaskInferencer(config, checkpoint, device).model


def inference_model(
    model: nn.Module, images: Input | Sequence[Input]
) -> SegDataSample | list[SegDataSample]:
    """Predict one image or a list of them.

    Args:
        model (nn.Module): From :func:`init_model`.
        images: Path or array (H, W, 3) in BGR, or a list of these.

    Returns:
        SegDataSample | list[SegDataSample]: With ``pred_<task>``; a list if
        ``images`` is one.
    """
    single = not isinstance(images, (list, tuple))
    inferencer = MultiTaskInferencer(model, show_progress=False)
    samples = inferencer(images, return_datasamples=True)['predictions']
    return samples[0] if single else samples
