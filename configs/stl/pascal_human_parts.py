# Single task, human parts on PASCAL-Context: no CFM, no SRM, the plain loss.
#   bash tools/dist_train.sh configs/stl/pascal_human_parts.py 8
# Paper, Tab. 2: mIoU 68.29. Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_pascal.py}}'
tasks = dict(_delete_=True, human_parts=_base_.tasks.human_parts)
model = dict(
    decode_head=dict(with_srm=False),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
