# Copyright (c) mtcp_mm authors. All rights reserved.
from .building import build_encoder, channels_of, offer
from .encoding import describe, encode
from .stem_resnet import StemResNet

__all__ = [
    'StemResNet', 'build_encoder', 'channels_of', 'describe', 'encode', 'offer'
]
