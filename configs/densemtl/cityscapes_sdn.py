# DenseMTL on Cityscapes, 16 classes, 512x1024: semseg + depth + normals.
#   python tools/train.py configs/densemtl/cityscapes_sdn.py
# Files, and where they lie: docs/driving_data.md. Batch 2 on one GPU, as the
# released code; what differs from it: docs/densemtl.md. Ours: not run.
_base_ = ['../_base_/densemtl_sdn.py', '../_base_/datasets/cityscapes.py']
dataset = dict(classes=16)
tasks = dict(
    semseg=dict(num_classes=16),
    depth=dict(
        encoding='inverse',
        loss=dict(type='mtcp_mm.BerHuLoss'),
        metric=dict(protocols=['pooled', 'range', 'densemtl'])),
    normals=dict(loss=dict(type='mtcp_mm.NormalsCosineLoss')))
train_dataloader = dict(drop_last=True)  # the batch norm of ASPP needs two
optim_wrapper = dict(
    optimizer=dict(lr=1e-4),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
# 2975 images: 1487 steps per epoch
max_epochs = 27
param_scheduler = [
    dict(type='MultiStepLR', milestones=[20], gamma=0.1, by_epoch=True)
]
train_cfg = dict(val_interval=9)
