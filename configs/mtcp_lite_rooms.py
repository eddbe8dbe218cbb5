# A small model for photos of rooms, trained on rendered rooms alone: MT-CP
# plus (docs/diagnosis.md) on EfficientNet-Lite0 with ImageNet weights, 48
# channels, 5.4 M parameters. What it is worth on frames of a real flat that
# it never saw: docs/rooms.md.
#   python tools/dataset_converters/make_demo_data.py data/rooms \
#       --num-train 2400 --seed 1
#   python tools/train.py configs/mtcp_lite_rooms.py
# The weights of the backbone: configs/_base_/models/mtcp_lite.py.
_base_ = 'mtcp_lite_demo.py'

data_root = 'data/rooms'
model = dict(
    neck=dict(channels=48),
    decode_head=dict(
        channels=48,
        with_cfm=False,
        shrink_targets=True,
        trace_back=dict(shortcut=True)))
# wide views and narrow ones
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(1.0, 1.8),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomCrop'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
max_epochs = 8  # of 600 steps
train_cfg = dict(val_interval=2)
