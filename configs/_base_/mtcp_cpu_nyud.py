# What the small configs on data in the layout of NYUD_MT share. They differ
# in the place of the data and in the image size.
_base_ = [
    'models/mtcp_cpu.py', 'datasets/nyud.py', 'schedules/poly_14e_cpu.py',
    'default_runtime.py'
]
model = dict(tasks={{_base_.tasks}})

train_pipeline = _base_.train_pipeline
train_pipeline[2].update(ratio_range=(1.0, 1.3))
train_dataloader = dict(
    batch_size=4, num_workers=1, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=4, num_workers=1)
test_dataloader = val_dataloader
