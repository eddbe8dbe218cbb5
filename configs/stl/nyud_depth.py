# Single task, depth on NYUD-v2: no CFM, no SRM, the plain loss.
#   bash tools/dist_train.sh configs/stl/nyud_depth.py 8
# Paper, Tab. 1: RMSE 0.4923 (protocol 'mtcp'). Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
tasks = dict(_delete_=True, depth=_base_.tasks.depth)
model = dict(
    decode_head=dict(with_srm=False),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
