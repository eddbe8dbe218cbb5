# The head of MT-CP on mmseg's ResNet-50, two tasks: how to mix.
#   bash tools/dist_train.sh configs/mtcp_r50_nyud_depth_semseg.py 8
# Not run on NYUD-v2.
_base_ = [
    '_base_/datasets/nyud.py', '_base_/schedules/poly_100e.py',
    '_base_/default_runtime.py'
]
tasks = dict(
    _delete_=True,  # instead of those of the base
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
    depth=dict(type='mtcp_mm.DepthTask'))
model = dict(
    type='mtcp_mm.MultiTaskEstimator',
    data_preprocessor=dict(
        type='mtcp_mm.MultiTaskDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        size_divisor=32,
        test_cfg=dict(size_divisor=32)),
    backbone=dict(
        type='ResNet',
        depth=50,
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet50')),
    decode_head=dict(type='mtcp_mm.MTCPHead', channels=128))
