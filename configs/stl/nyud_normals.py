# Single task, normals on NYUD-v2: no CFM, no SRM, the plain loss.
#   bash tools/dist_train.sh configs/stl/nyud_normals.py 8
# Paper, Tab. 1: mErr 19.22. Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
tasks = dict(_delete_=True, normals=_base_.tasks.normals)
model = dict(
    decode_head=dict(with_srm=False),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
