# MT-CP, small, on synthetic rooms: minutes on two CPU cores, no download.
#   bash tools/quickstart.sh
# or step by step:
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/train.py configs/mtcp_demo.py
_base_ = '_base_/mtcp_cpu_nyud.py'

data_root = 'data/demo'
image_scale, crop_size = (128, 96), (96, 128)  # (w, h) and (h, w)
train_pipeline, test_pipeline = _base_.train_pipeline, _base_.test_pipeline
train_pipeline[2].update(scale=image_scale)
train_pipeline[3].update(crop_size=crop_size)
test_pipeline[1].update(scale=image_scale)
train_dataloader = dict(
    dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=10, dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
