# MT-CP with weights by LPS, but of the plain losses, without log.
#   bash tools/dist_train.sh configs/ablations/prioritisation.py 8
# Paper, Tab. 4: mIoU 54.50, RMSE 0.4823 (protocol 'mtcp'), mErr 20.32.
# Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
model = dict(loss_weighting=dict(log=False))
