# MT-CP on NYUD-v2: semseg + depth + normals, 8 GPUs x 2 images, 100 epochs.
#   bash tools/dist_train.sh configs/mtcp_nyud.py 8
# Another place of the data: --cfg-options data_root=..., or MTCP_NYUD_ROOT.
# What else can be changed, and how: docs/what_to_change.md.
# Paper, Tab. 1: mIoU 56.25, RMSE 0.4316 (protocol 'mtcp': only depths below
# 6.5535 m), mErr 18.60. Ours: not run.
_base_ = [
    '_base_/models/mtcp_mask2former_swin-s.py', '_base_/datasets/nyud.py',
    '_base_/schedules/poly_100e.py', '_base_/default_runtime.py'
]
