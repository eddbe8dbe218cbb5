# Copyright (c) mtcp_mm authors. All rights reserved.
from .building import build_encoder, channels_of, from_checkpoint, offer
from .encoding import describe, encode
from .mtan_encoder import MTANEncoder
from .stem_resnet import StemResNet
from .task_fusion_encoder import TaskFusionEncoder

__all__ = [
    'MTANEncoder', 'StemResNet', 'TaskFusionEncoder', 'build_encoder',
    'channels_of', 'describe', 'encode', 'from_checkpoint', 'offer'
]
