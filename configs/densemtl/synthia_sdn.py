# DenseMTL on SYNTHIA, 16 classes, 512x1024: semseg + depth + normals.
#   python tools/train.py configs/densemtl/synthia_sdn.py
# Files, and where they lie: docs/driving_data.md. Batch 2 on one GPU, as the
# released code; what differs from it: docs/densemtl.md. Ours: not run.
_base_ = ['../_base_/densemtl_sdn.py', '../_base_/datasets/synthia.py']
tasks = dict(
    depth=dict(
        encoding='inverse',
        loss=dict(type='mtcp_mm.BerHuLoss'),
        metric=dict(protocols=['pooled', 'range', 'densemtl'])),
    normals=dict(loss=dict(type='mtcp_mm.NormalsCosineLoss')))
train_dataloader = dict(drop_last=True)  # the batch norm of ASPP needs two
# 7520 images: 3760 steps per epoch
max_epochs = 11
param_scheduler = [
    dict(type='MultiStepLR', milestones=[8], gamma=0.1, by_epoch=True)
]
train_cfg = dict(val_interval=11)
