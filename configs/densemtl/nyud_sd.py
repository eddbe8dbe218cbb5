# DenseMTL on NYUD-v2: semseg + depth.
#   python tools/train.py configs/densemtl/nyud_sd.py
# On another base: MTCP_BASE=densemtl_replica_sdne.py. Ours: not run.
_base_ = '{{$MTCP_BASE:nyud_sdne.py}}'
tasks = dict(
    _delete_=True, semseg=_base_.tasks.semseg, depth=_base_.tasks.depth)
model = dict(
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=50., depth=1.)))
