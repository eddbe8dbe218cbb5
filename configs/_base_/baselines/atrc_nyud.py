# NYUD-v2 in the line of ATRC (see atrc.py), 425x560, with all four tasks and
# their weights; a config keeps those that it needs (without semseg the crop
# needs another `cat_task`). The line uses an archive of its own, `NYUDv2`; of
# `NYUD_MT` (MTCP_NYUD_ROOT) images are shrunk to its size. Depth counts where
# it is known, in the code everywhere.
_base_ = ['atrc.py', '../datasets/nyud.py']
data_root = '{{$MTCP_NYUD_ROOT:data/NYUDv2}}'
image_scale, crop_size = (560, 425), (425, 560)  # (w, h) and (h, w)
tasks = dict(
    normals=dict(loss=dict(type='mtcp_mm.NormalsL1Loss', over='pixels')),
    edge=dict(type='mtcp_mm.EdgeTask', pos_weight=0.8))
model = dict(
    loss_weighting=dict(
        weights=dict(semseg=1., depth=1., normals=10., edge=50.)))
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(0.5, 2.0),
        keep_ratio=False),
    dict(
        type='mtcp_mm.MultiTaskRandomCrop',
        cat_max_ratio=0.75,
        cat_task='semseg'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(batch_size=8)
max_epochs = 400  # of 100 steps: 795 images
train_cfg = dict(val_interval=40)
