# Single task, segmentation on PASCAL-Context: no CFM, no SRM, the plain loss.
#   bash tools/dist_train.sh configs/stl/pascal_semseg.py 8
# Paper, Tab. 2: mIoU 75.10. Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_pascal.py}}'
tasks = dict(_delete_=True, semseg=_base_.tasks.semseg)
model = dict(
    decode_head=dict(with_srm=False),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
