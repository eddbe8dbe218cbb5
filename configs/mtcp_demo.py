# MT-CP, small, on synthetic rooms: minutes on two CPU cores, no download.
#   bash tools/quickstart.sh
# or step by step:
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/train.py configs/mtcp_demo.py
_base_ = ['_base_/models/mtcp_cpu.py', '_base_/datasets/nyud.py',
          '_base_/schedules/poly_100e.py', '_base_/default_runtime.py']
model = dict(tasks={{_base_.tasks}})

data_root = 'data/demo'
image_scale = (160, 120)  # width, height
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        scale=image_scale,
        ratio_range=(1.0, 1.3),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomCrop', crop_size=(120, 160)),
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
    batch_size=8,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=10,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
