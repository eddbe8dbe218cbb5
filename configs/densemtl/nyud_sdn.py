# DenseMTL on NYUD-v2: semseg + depth + normals.
#   python tools/train.py configs/densemtl/nyud_sdn.py
# On another base: MTCP_BASE=densemtl_replica_sdne.py. Ours: not run.
_base_ = '{{$MTCP_BASE:nyud_sdne.py}}'
tasks = dict(
    _delete_=True,
    semseg=_base_.tasks.semseg,
    depth=_base_.tasks.depth,
    normals=_base_.tasks.normals)
model = dict(
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=100., depth=1., normals=100.)))
