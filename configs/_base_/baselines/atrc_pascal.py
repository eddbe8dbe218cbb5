# PASCAL-Context in the line of ATRC (see atrc.py), 512x512, with all five
# tasks and their weights; a config keeps those that it needs (without semseg
# the crop needs another `cat_task`). Images are zoomed from, and tested at,
# their own size.
_base_ = ['atrc.py', '../datasets/pascal.py']
image_scale = None
tasks = dict(
    saliency=dict(out_channels=2),
    normals=dict(
        type='mtcp_mm.NormalsTask',
        loss=dict(type='mtcp_mm.NormalsL1Loss', over='pixels')),
    edge=dict(type='mtcp_mm.EdgeTask', pos_weight=0.95))
model = dict(
    loss_weighting=dict(
        weights=dict(
            semseg=1., human_parts=2., saliency=5., normals=10., edge=50.)))
optim_wrapper = dict(optimizer=dict(lr=0.005))
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        scale=None,
        ratio_range=(0.5, 2.0),
        keep_ratio=True),
    dict(
        type='mtcp_mm.MultiTaskRandomCrop',
        cat_max_ratio=0.75,
        cat_task='semseg'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(batch_size=8)
max_epochs = 64  # of 625 steps: 4998 images
train_cfg = dict(val_interval=16)
