# MT-CP on a small backbone with ImageNet weights, on the synthetic rooms.
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/train.py configs/mtcp_lite_demo.py
# The weights: configs/_base_/models/mtcp_lite.py.
_base_ = '_base_/mtcp_lite_nyud.py'

data_root = 'data/demo'
image_scale, crop_size = (128, 96), (96, 128)  # (w, h) and (h, w)
val_dataloader = dict(batch_size=10)
max_epochs = 14
train_cfg = dict(val_interval=7)
