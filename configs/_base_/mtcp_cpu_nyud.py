# What the small configs on data in the layout of NYUD_MT share. They differ
# in the place of the data and in the image size.
_base_ = [
    'models/mtcp_cpu.py', 'datasets/nyud.py', 'schedules/poly_14e_cpu.py',
    'default_runtime.py'
]
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(1.0, 1.3),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomCrop'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(batch_size=4, num_workers=1)
val_dataloader = dict(batch_size=4, num_workers=1)
