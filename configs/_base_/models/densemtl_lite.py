# DenseMTL on a small backbone with ImageNet weights, EfficientNet-Lite0; where
# these come from is said in mtcp_lite.py. A config that uses this file sets
# `tasks` and their weights, and imports mtcp_mm.models.use_mmpretrain.
_base_ = 'mtcp_lite.py'
model = dict(
    backbone=dict(out_indices=(0, 1, 2, 3, 4)),  # strides 2 to 32
    neck=None,
    decode_head=dict(
        _delete_=True, type='mtcp_mm.DenseMTLHead', channels=32),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
