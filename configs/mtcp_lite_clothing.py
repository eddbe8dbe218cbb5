# MT-CP on a small backbone with ImageNet weights, on 101 street photos
# (Clothing Co-Parsing) in the layout of PASCAL_MT:
#   python ../shared/data/clothing_coparsing/to_pascal.py data/clothing
#   python tools/train.py configs/mtcp_lite_clothing.py
# The weights: configs/_base_/models/mtcp_lite.py. Its numbers are not
# PASCAL-Context numbers; they are in docs/pascal.md.
_base_ = [
    '_base_/models/mtcp_lite.py', '_base_/datasets/pascal.py',
    '_base_/schedules/poly_30e_lite.py', '_base_/default_runtime.py'
]
custom_imports = dict(
    imports=['mtcp_mm', 'mtcp_mm.models.use_mmpretrain'],
    allow_failed_imports=False)

data_root = '{{$MTCP_CLOTHING_ROOT:data/clothing}}'
image_scale, crop_size = (128, 192), (192, 128)  # (w, h) and (h, w)
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
    dict(type='PhotoMetricDistortion'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(batch_size=4, num_workers=1)
val_dataloader = dict(batch_size=4, num_workers=1)
