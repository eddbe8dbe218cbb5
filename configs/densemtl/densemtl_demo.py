# DenseMTL, small, on synthetic rooms: semseg + depth + normals + edges, from
# random weights, no download.
#   python tools/dataset_converters/make_demo_data.py data/demo
#   python tools/train.py configs/densemtl/densemtl_demo.py
_base_ = [
    '../_base_/models/densemtl_cpu.py', '../_base_/datasets/densemtl_nyud.py',
    '../_base_/schedules/poly_14e_cpu.py', '../_base_/default_runtime.py'
]

data_root = 'data/demo'
image_scale = (128, 96)  # width, height
# hundredths: few steps do not teach a small network numbers of hundreds
tasks = dict(depth=dict(nearest=655.36, loss=dict(loss_weight=100.)))
model = dict(
    loss_weighting=dict(
        weights=dict(semseg=100., depth=1., normals=100., edge=50.)))
train_dataloader = dict(batch_size=4, num_workers=1)
val_dataloader = dict(batch_size=10, num_workers=1)
