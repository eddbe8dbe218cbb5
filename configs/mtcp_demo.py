# MT-CP, small, on synthetic rooms: minutes on two CPU cores, no download.
#   bash tools/quickstart.sh
# or step by step:
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/train.py configs/mtcp_demo.py
_base_ = '_base_/mtcp_cpu_nyud.py'

data_root = 'data/demo'
image_scale, crop_size = (128, 96), (96, 128)  # (w, h) and (h, w)
val_dataloader = dict(batch_size=10)
