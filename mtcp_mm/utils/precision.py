# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    """Half precision to float32; float64 stays what it is."""
    return x if x.dtype == torch.float64 else x.float()
