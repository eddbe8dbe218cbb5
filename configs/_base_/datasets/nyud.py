# NYUD-v2, archive NYUD_MT (480x640), semseg + depth + normals.
# The layout is in README.md, "Train on NYUD-v2".
# another place: MTCP_NYUD_ROOT=/path bash tools/dist_train.sh ...
# What stands here once reaches model, data sets and transforms by itself
# (mtcp_mm/utils/settings.py), a child config changes it once.
_base_ = 'loaders.py'
data_root = '{{$MTCP_NYUD_ROOT:data/NYUD_MT}}'
image_scale = (640, 480)  # width, height
crop_size = (480, 640)  # height, width
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
    depth=dict(
        type='mtcp_mm.DepthTask',  # MT-CP counts depths below 6.5535 m only
        metric=dict(
            type='mtcp_mm.DepthMetric', protocols=['pooled', 'mtcp'])),
    normals=dict(type='mtcp_mm.NormalsTask'))
# Zoom and flip, no colour changes: as the code of MT-CP does it.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(1.0, 1.5),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomCrop'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
# Labels are loaded after the resize: scores are taken at the original size.
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', keep_ratio=False),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(
    dataset=dict(type='mtcp_mm.NYUDMultiTaskDataset', split='train'))
val_dataloader = dict(
    dataset=dict(
        type='mtcp_mm.NYUDMultiTaskDataset', split='val', test_mode=True))
