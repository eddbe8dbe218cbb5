# Copyright (c) mtcp_mm authors. All rights reserved.
from mtcp_mm.checkpoints.config import without_checkpoints


def test_without_checkpoints():
    cfg = dict(
        init_cfg=dict(checkpoint='http://x'),
        parts=[dict(pretrained='y', depth=3)])
    assert without_checkpoints(cfg) == dict(
        init_cfg=None, parts=[dict(pretrained=None, depth=3)])
