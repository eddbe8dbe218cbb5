# MT-CP's head on mmseg's ResNet-50. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mtcp_resnet50_nyud.py 8
_base_ = '../_base_/mixing_nyud.py'
model = dict(
    backbone=dict(
        type='ResNet',
        depth=50,
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet50')))
