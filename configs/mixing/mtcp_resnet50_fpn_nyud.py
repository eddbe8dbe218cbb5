# MT-CP's head on an FPN of mmdet. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mtcp_resnet50_fpn_nyud.py 8
_base_ = 'mtcp_resnet50_nyud.py'
model = dict(
    neck=dict(
        type='mmdet.FPN',
        out_channels=128,
        num_outs=4))
