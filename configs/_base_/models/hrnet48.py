# HRNet-W48 with ImageNet weights: 48, 96, 192 and 384 channels at 1/4 to
# 1/32, 65.3 M parameters. Used as hrnet18_small.py.
_base_ = 'hrnet18_small.py'
backbone = dict(
    extra=dict(
        stage1=dict(num_blocks=(4, )),
        stage2=dict(num_blocks=(4, 4), num_channels=(48, 96)),
        stage3=dict(
            num_modules=4,
            num_blocks=(4, 4, 4),
            num_channels=(48, 96, 192)),
        stage4=dict(
            num_modules=3,
            num_blocks=(4, 4, 4, 4),
            num_channels=(48, 96, 192, 384))),
    init_cfg=dict(checkpoint='open-mmlab://msra/hrnetv2_w48'))
