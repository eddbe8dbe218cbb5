# The head of MT-CP on mmseg's ResNet-50, two tasks: how to mix.
#   bash tools/dist_train.sh configs/mtcp_r50_nyud_depth_semseg.py 8
# Not run on NYUD-v2.
_base_ = [
    '_base_/datasets/nyud.py', '_base_/schedules/poly_100e.py',
    '_base_/default_runtime.py'
]
own_tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
    depth=dict(type='mtcp_mm.DepthTask'))
tasks = dict(_delete_=True, **own_tasks)  # instead of those of the base
model = dict(
    type='mtcp_mm.MultiTaskEstimator',
    tasks=own_tasks,
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
    decode_head=dict(
        type='mtcp_mm.MTCPHead',
        channels=128))
train_dataloader = dict(dataset=dict(tasks=tasks))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(tasks=tasks)
test_evaluator = val_evaluator
