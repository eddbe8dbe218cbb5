# DenseMTL: a dilated ResNet-101 with ImageNet weights, a decoder per task,
# one exchange block at half of the image's size. Without it:
# model=dict(decode_head=dict(exchange_stages=())). A config that uses this
# file sets `tasks`, and their weights.
_base_ = 'multi_task_estimator.py'
model = dict(
    backbone=dict(
        type='mtcp_mm.StemResNet',
        depth=101,
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        contract_dilation=True,
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet101')),
    decode_head=dict(type='mtcp_mm.DenseMTLHead', channels=128),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
