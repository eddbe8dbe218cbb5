# ATRC on EfficientNet-Lite0: semseg + depth + normals, with their part of the
# genotype for NYUD-v2, and the loss weights of its line. Size, data and
# budget are those of the base.
#   python tools/train.py configs/baselines/atrc_lite0.py
# On the demo rooms: MTCP_BASE=../comparison/demo.py.
# Not run yet.
_base_ = '{{$MTCP_BASE:../comparison/replica.py}}'
tasks = dict(
    normals=dict(loss=dict(type='mtcp_mm.NormalsL1Loss', over='pixels')))
model = dict(
    neck=None,
    decode_head=dict(
        _delete_=True, type='mtcp_mm.ATRCHead', genotype='nyud_w18'),
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=1., depth=1., normals=10.)))
custom_hooks = []  # no LPSHook
