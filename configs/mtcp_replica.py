# MT-CP, small, on photo-realistic frames of one flat (Replica apartment_0),
# written in the layout of NYUD_MT by the sample data's `to_nyud.py`:
#   python ../shared/data/replica_apartment0/to_nyud.py data/replica
#   python tools/train.py configs/mtcp_replica.py
# It shows whether the code learns on real pictures. Its numbers are not
# NYUD-v2 numbers; they are in docs/replica.md.
_base_ = '_base_/mtcp_cpu_nyud.py'

data_root = '{{$MTCP_REPLICA_ROOT:data/replica}}'
image_scale, crop_size = (192, 144), (144, 192)  # (w, h) and (h, w)
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
