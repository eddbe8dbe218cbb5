# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import DataLoader

#: How torch says that a layer saw one value per channel.
TORCH_FAULT = 'Expected more than 1 value per channel'
ADVICE = (
    "Mend it by train_dataloader.batch_size of 2 or more, by norm_cfg=dict("
    "type='SyncBN') on several GPUs, or by norm_cfg=dict(type='GN', "
    'num_groups=32).')


def tell_single_images(model: nn.Module, loader: DataLoader,
                       ranks: int) -> str | None:
    """Doubt batch norm that takes its statistics from one image.

    Args:
        model (nn.Module): In the mode in which it will be trained.
        loader (DataLoader): Of the training, of one rank.
        ranks (int): Number of ranks; SyncBN counts the images of all.

    Returns:
        str, optional: Which layers, which batches and how to mend it; None:
        no batch of one image meets such a layer.
    """
    names = [name for name, layer in model.named_modules()
             if isinstance(layer, _BatchNorm) and layer.training
             and (ranks == 1 or not isinstance(layer, nn.SyncBatchNorm))]
    size = loader.batch_size
    if not names or not size:
        return None
    # a sampler without end has no last batch, and no `num_samples`
    images = getattr(loader.sampler, 'num_samples', 0)
    if size == 1:
        which, way = 'every batch', ''
    elif images % size == 1 and not loader.drop_last:
        which = (f'the last batch of an epoch ({images} images, '
                 f'batch_size={size})')
        way = ' Or leave that batch out: train_dataloader.drop_last=True.'
    else:
        return None
    return (
        f'On each rank, {which} has one image, and {len(names)} layers of '
        f'batch norm (the first is {names[0]}) take their statistics from it: '
        'these are poor, and on a map of 1x1 (global pooling, ASPP, PSP) '
        f'there are none, which is an error. {ADVICE}{way}')
