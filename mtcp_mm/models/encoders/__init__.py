# Copyright (c) mtcp_mm authors. All rights reserved.
from .building import build_encoder, channels_of, offer
from .encoding import describe, encode

__all__ = ['build_encoder', 'channels_of', 'describe', 'encode', 'offer']
