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
model = dict(tasks={{_base_.tasks}})

data_root = '{{$MTCP_CLOTHING_ROOT:data/clothing}}'
image_scale, crop_size = (128, 192), (192, 128)  # (w, h) and (h, w)
train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[3].update(scale=image_scale)
train_pipeline[4].update(crop_size=crop_size)
train_pipeline.insert(6, dict(type='PhotoMetricDistortion'))
test_pipeline[1].update(scale=image_scale)
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader

param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=30, by_epoch=False),
    dict(type='PolyLR', power=0.9, eta_min=1e-5, end=24, by_epoch=True)
]
train_cfg = dict(max_epochs=24, val_interval=8)
