# MT-CP, small, on photo-realistic frames of one flat (Replica apartment_0),
# written in the layout of NYUD_MT by the sample data's `to_nyud.py`:
#   python ../shared/data/replica_apartment0/to_nyud.py data/replica
#   python tools/train.py configs/mtcp_replica.py
# It shows whether the code learns on real pictures. Its numbers are not
# NYUD-v2 numbers; they are in docs/replica.md.
_base_ = '_base_/mtcp_cpu_nyud.py'

data_root = '{{$MTCP_REPLICA_ROOT:data/replica}}'
image_scale, crop_size = (192, 144), (144, 192)  # (w, h) and (h, w)
train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[2].update(scale=image_scale)
train_pipeline[3].update(crop_size=crop_size)
train_pipeline.insert(5, dict(type='PhotoMetricDistortion'))
test_pipeline[1].update(scale=image_scale)
train_dataloader = dict(
    dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
