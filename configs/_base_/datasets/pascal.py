# PASCAL-Context, archive PASCAL_MT, semseg + human parts + saliency at
# 512x512. The layout is in docs/pascal.md.
# another place: MTCP_PASCAL_ROOT=/path bash tools/dist_train.sh ...
_base_ = 'loaders.py'
data_root = '{{$MTCP_PASCAL_ROOT:data/PASCAL_MT}}'
image_scale = (512, 512)  # width, height
crop_size = (512, 512)  # height, width
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=21),
    human_parts=dict(type='mtcp_mm.HumanPartsTask'),
    saliency=dict(
        type='mtcp_mm.SaliencyTask',  # MT-CP has beta = 1, image by image
        metric=dict(
            type='mtcp_mm.SaliencyMetric',
            protocols=['dataset_f03', 'per_image_f1'])))
# Rotation, zoom and flip, no colour changes: as the code of MT-CP does it,
# but void comes in at the borders, not class 0.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.MultiTaskRandomRotate', degrees=20),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(0.75, 1.25),
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
    dataset=dict(type='mtcp_mm.PASCALContextMultiTaskDataset', split='train'))
val_dataloader = dict(
    dataset=dict(
        type='mtcp_mm.PASCALContextMultiTaskDataset',
        split='val',
        test_mode=True))
