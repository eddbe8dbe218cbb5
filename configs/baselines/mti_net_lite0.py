# MTI-Net on the backbone, data and budget of configs/comparison/methods.yml,
# with narrow tasks at the coarse scales: the backbone has 24, 40, 112 and 320
# channels, which three tasks would multiply.
#   python tools/train.py configs/baselines/mti_net_lite0.py
# On the demo rooms: MTCP_BASE=../comparison/demo.py.
# Not run yet.
_base_ = '{{$MTCP_BASE:../comparison/replica.py}}'
model = dict(
    neck=None,
    decode_head=dict(
        _delete_=True, type='mtcp_mm.MTINetHead', channels=(24, 40, 64, 96)),
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=1., depth=1., normals=10.)))
custom_hooks = []  # no LPSHook
