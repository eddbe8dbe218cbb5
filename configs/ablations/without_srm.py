# MT-CP without spatial refinement (SRM), hence without intermediate
# predictions: logits come straight from the fused map.
#   bash tools/dist_train.sh configs/ablations/without_srm.py 8
# Paper, Tab. 3: mIoU 55.12, RMSE 0.4561 (protocol 'mtcp'), mErr 18.95.
# Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
model = dict(decode_head=dict(with_srm=False))
