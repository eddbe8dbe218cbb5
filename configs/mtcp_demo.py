# MT-CP, small, on synthetic rooms: minutes on two CPU cores, no download.
#   bash tools/quickstart.sh
# or step by step:
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/train.py configs/mtcp_demo.py
_base_ = ['_base_/models/mtcp_cpu.py', '_base_/datasets/nyud.py',
          '_base_/schedules/poly_100e.py', '_base_/default_runtime.py']
model = dict(tasks={{_base_.tasks}})

data_root = 'data/demo'
image_scale = (128, 96)  # width, height
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        scale=image_scale,
        ratio_range=(1.0, 1.3),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomCrop', crop_size=(96, 128)),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=image_scale, keep_ratio=False),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=10,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader

optim_wrapper = dict(
    optimizer=dict(lr=2e-3, fused=True), clip_grad=dict(max_norm=5.))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=30, by_epoch=False),
    dict(type='PolyLR', power=0.9, eta_min=1e-5, end=14, by_epoch=True)
]
train_cfg = dict(max_epochs=14, val_interval=7)
