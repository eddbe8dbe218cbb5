# HRNet-W18-small-v2 with ImageNet weights (mmseg's `hr18s`): 18, 36, 72 and
# 144 channels at 1/4 to 1/32, 3.86 M parameters. The trunk of MTI-Net and
# ATRC. To be used beside a base that has a `model`:
#   _base_ = ['../_base_/models/hrnet18_small.py', ...]
#   model = dict(backbone=_base_.backbone, ...)
backbone = dict(
    type='HRNet',
    extra=dict(
        stage1=dict(
            num_modules=1,
            num_branches=1,
            block='BOTTLENECK',
            num_blocks=(2, ),
            num_channels=(64, )),
        stage2=dict(
            num_modules=1,
            num_branches=2,
            block='BASIC',
            num_blocks=(2, 2),
            num_channels=(18, 36)),
        stage3=dict(
            num_modules=3,
            num_branches=3,
            block='BASIC',
            num_blocks=(2, 2, 2),
            num_channels=(18, 36, 72)),
        stage4=dict(
            num_modules=2,
            num_branches=4,
            block='BASIC',
            num_blocks=(2, 2, 2, 2),
            num_channels=(18, 36, 72, 144))),
    init_cfg=dict(
        type='Pretrained', checkpoint='open-mmlab://msra/hrnetv2_w18_small'))
