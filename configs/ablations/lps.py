# MT-CP with the whole loss prioritization scheme: the reference of both
# tables. NYUD-v2, as configs/mtcp_nyud.py.
#   bash tools/dist_train.sh configs/ablations/lps.py 8
# On another base, here and in all files beside this one:
#   MTCP_BASE=../mtcp_demo.py python tools/train.py configs/ablations/lps.py
# Paper, Tab. 3 and 4: mIoU 56.25, RMSE 0.4316 (protocol 'mtcp'), mErr 18.60.
# Ours: not run.
_base_ = '{{$MTCP_BASE:../mtcp_nyud.py}}'
