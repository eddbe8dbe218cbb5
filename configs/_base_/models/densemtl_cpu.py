# DenseMTL, small enough to train on a CPU, from random weights. A config that
# uses this file sets `tasks`, and their weights.
_base_ = 'densemtl_r101.py'
model = dict(
    backbone=dict(
        depth=18,
        base_channels=16,
        strides=(1, 2, 2, 2),
        dilations=(1, 1, 1, 1),
        init_cfg=None),
    decode_head=dict(channels=32))
