# Single task, saliency on PASCAL-Context: no CFM, no SRM, the plain loss.
#   bash tools/dist_train.sh configs/stl/pascal_saliency.py 8
# Paper, Tab. 2: maxF 82.22 (protocol 'per_image_f1'). Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_pascal.py}}'
tasks = dict(_delete_=True, saliency=_base_.tasks.saliency)
model = dict(
    decode_head=dict(with_srm=False),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
