# Single task, normals on NYUD-v2: the decoder of DenseMTL alone.
#   python tools/train.py configs/densemtl/nyud_normals.py
# On another base: MTCP_BASE=densemtl_replica_sdne.py. Ours: not run.
_base_ = '{{$MTCP_BASE:nyud_sdne.py}}'
tasks = dict(_delete_=True, normals=_base_.tasks.normals)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
