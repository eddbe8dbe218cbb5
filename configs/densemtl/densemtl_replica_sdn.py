# DenseMTL, small, on Replica frames: semseg + depth + normals.
#   python tools/train.py configs/densemtl/densemtl_replica_sdn.py
# Its numbers are not NYUD-v2 numbers. Ours: not run.
_base_ = 'densemtl_replica_sdne.py'
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
