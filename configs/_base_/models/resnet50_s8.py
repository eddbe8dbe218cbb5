# ResNet-50 with ImageNet weights, dilated: 256, 512, 1024 and 2048 channels
# at 1/4, 1/8, 1/8 and 1/8. Under DeepLab heads. To be used beside a base that
# has a `model`:
#   _base_ = ['../_base_/models/resnet50_s8.py', ...]
#   model = dict(backbone=_base_.backbone, ...)
backbone = dict(
    type='ResNet',
    depth=50,
    strides=(1, 2, 1, 1),
    dilations=(1, 1, 2, 4),
    contract_dilation=True,
    init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50'))
