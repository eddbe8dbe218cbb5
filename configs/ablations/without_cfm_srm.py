# MT-CP without CFM and SRM: the tasks share backbone and neck only.
#   bash tools/dist_train.sh configs/ablations/without_cfm_srm.py 8
# Paper, Tab. 3: mIoU 54.02, RMSE 0.5025 (protocol 'mtcp'), mErr 20.50.
# Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
model = dict(decode_head=dict(with_cfm=False, with_srm=False))
