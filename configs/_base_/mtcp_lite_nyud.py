# What the configs of MT-CP on EfficientNet-Lite share for data in the layout
# of NYUD_MT. They differ in the place of the data and in the image size.
_base_ = [
    'models/mtcp_lite.py', 'datasets/nyud.py', 'schedules/poly_30e_lite.py',
    'default_runtime.py'
]
custom_imports = dict(
    imports=['mtcp_mm', 'mtcp_mm.models.use_mmpretrain'],
    allow_failed_imports=False)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(1.0, 1.3),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomCrop'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(batch_size=4, num_workers=1)
val_dataloader = dict(batch_size=4, num_workers=1)
