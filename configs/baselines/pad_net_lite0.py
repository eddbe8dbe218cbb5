# PAD-Net on the backbone, data and budget of configs/comparison/methods.yml.
#   python tools/train.py configs/baselines/pad_net_lite0.py
# On the demo rooms: MTCP_BASE=../comparison/demo.py.
# Not run yet.
_base_ = '{{$MTCP_BASE:../comparison/replica.py}}'
model = dict(
    neck=None,
    decode_head=dict(_delete_=True, type='mtcp_mm.PADNetHead', channels=64),
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=1., depth=1., normals=10.)))
custom_hooks = []  # no LPSHook
