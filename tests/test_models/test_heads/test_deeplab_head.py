# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
from torchvision.models.segmentation import deeplabv3

from mtcp_mm.models.heads import DeepLabHead


def test_is_the_head_of_torchvision():
    """Oracle: torchvision's head, with the same weights."""
    torch.manual_seed(0)
    theirs = deeplabv3.DeepLabHead(16, num_classes=5).eval()
    ours = DeepLabHead(16, num_classes=5).eval()
    logits = [k for k in ours.state_dict() if k.startswith('conv_seg')]
    keys = [k for k in ours.state_dict() if k not in logits] + logits
    ours.load_state_dict(
        dict(zip(keys, theirs.state_dict().values(), strict=True)))
    x = torch.randn(2, 16, 13, 9)
    torch.testing.assert_close(ours((x * 0, x)), theirs(x))


def test_dropout_is_behind_the_aspp():
    """Oracle: the rate."""
    head = DeepLabHead(16, num_classes=5, dropout_ratio=.3)
    assert [m.p for m in head.modules()
            if isinstance(m, torch.nn.modules.dropout._DropoutNd)] == [.3]
