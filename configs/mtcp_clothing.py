# MT-CP, small, on 101 street photos (Clothing Co-Parsing) in the layout of
# PASCAL_MT, written by the sample data's `to_pascal.py`:
#   python ../shared/data/clothing_coparsing/to_pascal.py data/clothing
#   python tools/train.py configs/mtcp_clothing.py
# 75 photos to train on, 26 to test; of the 21 classes background and person.
# Its numbers are not PASCAL-Context numbers; they are in docs/pascal.md.
_base_ = [
    '_base_/models/mtcp_cpu.py', '_base_/datasets/pascal.py',
    '_base_/schedules/poly_14e_cpu.py', '_base_/default_runtime.py'
]

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

max_epochs = 24
train_cfg = dict(val_interval=8)
