# A reconstruction of PSD from its abstract, on the backbone, data and budget
# of configs/comparison/methods.yml.
#   python tools/train.py configs/baselines/psd_lite0.py
# On the demo rooms: MTCP_BASE=../comparison/demo.py.
# Not run yet.
_base_ = '{{$MTCP_BASE:../comparison/replica.py}}'
model = dict(
    neck=None,
    decode_head=dict(
        _delete_=True, type='mtcp_mm.ReconstructedPSDHead', channels=128),
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=1., depth=1., normals=10.)))
custom_hooks = []  # no LPSHook
