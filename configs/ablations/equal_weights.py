# MT-CP with equal weights (EW): the plain sum of the losses, no log.
#   bash tools/dist_train.sh configs/ablations/equal_weights.py 8
# Paper, Tab. 4: mIoU 49.23, RMSE 0.5519 (protocol 'mtcp'), mErr 23.80.
# Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
