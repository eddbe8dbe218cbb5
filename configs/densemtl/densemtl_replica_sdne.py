# DenseMTL, small, on Replica frames: semseg + depth + normals + edges. Data,
# backbone, size and budget are those of configs/comparison/replica.py.
#   python ../shared/data/replica_apartment0/to_nyud.py data/replica
#   python tools/train.py configs/densemtl/densemtl_replica_sdne.py
# Its numbers are not NYUD-v2 numbers. Ours: not run.
_base_ = [
    '../_base_/models/densemtl_lite.py',
    '../_base_/datasets/densemtl_nyud.py',
    '../_base_/schedules/poly_30e_lite.py', '../_base_/default_runtime.py'
]
custom_imports = dict(
    imports=['mtcp_mm', 'mtcp_mm.models.use_mmpretrain'],
    allow_failed_imports=False)

data_root = '{{$MTCP_REPLICA_ROOT:data/replica}}'
image_scale, crop_size = (128, 96), (96, 128)  # (w, h) and (h, w)
# hundredths: few steps do not teach a small network numbers of hundreds
tasks = dict(depth=dict(nearest=655.36, loss=dict(loss_weight=100.)))
model = dict(
    loss_weighting=dict(
        weights=dict(semseg=100., depth=1., normals=100., edge=50.)))
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        ratio_range=(1.0, 1.3),
        keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomCrop'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
max_epochs = 10
train_cfg = dict(val_interval=2)
train_dataloader = dict(
    batch_size=4, num_workers=0, persistent_workers=False, drop_last=False)
val_dataloader = dict(
    batch_size=17, num_workers=0, persistent_workers=False)
