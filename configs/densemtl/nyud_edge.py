# Single task, edge on NYUD-v2: the decoder of DenseMTL alone.
#   python tools/train.py configs/densemtl/nyud_edge.py
# On another base: MTCP_BASE=densemtl_replica_sdne.py. Ours: not run.
_base_ = '{{$MTCP_BASE:nyud_sdne.py}}'
tasks = dict(_delete_=True, edge=_base_.tasks.edge)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
