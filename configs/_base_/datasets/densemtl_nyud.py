# NYUD-v2 as DenseMTL trains it: semseg + depth + normals + edges at 448x576,
# plain resize and flip, the losses of its code, masked (docs/densemtl.md).
_base_ = 'nyud.py'
image_scale, crop_size = (576, 448), None  # (width, height); no crop
tasks = dict(
    depth=dict(
        encoding='inverse',
        loss=dict(type='mtcp_mm.BerHuLoss'),
        metric=dict(protocols=['pooled', 'range'])),
    normals=dict(loss=dict(type='mtcp_mm.NormalsCosineLoss')),
    edge=dict(
        type='mtcp_mm.EdgeTask',
        loss=dict(
            type='mtcp_mm.BalancedBCELoss',
            pos_weight=0.95,
            weighted_mean=True)))
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(1.0, 1.0),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
# 795 images are odd, and the batch norm of ASPP needs two
train_dataloader = dict(drop_last=True)
