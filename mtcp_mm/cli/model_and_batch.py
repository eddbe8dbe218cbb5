# Copyright (c) mtcp_mm authors. All rights reserved.
"""What the tools that look into a model look at."""
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch import nn

from mtcp_mm.registry import MODELS


def model_and_batch(cfg: Config, images: int) -> tuple[nn.Module, dict]:
    """A model with initial weights, and images as its training sees them.

    Both follow from the seed of the config, 0 if it has none.

    Args:
        cfg (Config): Of a training.
        images (int): Size of the batch.
    """
    torch.manual_seed(cfg.get('randomness', {}).get('seed') or 0)
    loader = dict(
        cfg.train_dataloader, batch_size=images, num_workers=0,
        persistent_workers=False)
    batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    model = MODELS.build(cfg.model)
    model.init_weights()
    return model, batch
