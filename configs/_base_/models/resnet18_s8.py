# ResNet-18 with ImageNet weights, dilated: 64, 128, 256 and 512 channels at
# 1/4, 1/8, 1/8 and 1/8. Used as resnet50_s8.py. mmseg dilates the first
# convolution of a block, the code of MTI-Net's authors both.
_base_ = 'resnet50_s8.py'
backbone = dict(depth=18, init_cfg=dict(checkpoint='torchvision://resnet18'))
