# MT-CP without coherence fusion (CFM), hence without its coherence loss.
#   bash tools/dist_train.sh configs/ablations/without_cfm.py 8
# Paper, Tab. 3: mIoU 52.78, RMSE 0.4803 (protocol 'mtcp'), mErr 19.20.
# Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
model = dict(decode_head=dict(with_cfm=False))
