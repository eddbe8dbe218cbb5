# MT-CP's head straight on mmseg's Swin-T. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mtcp_swin-t_nyud.py 8
_base_ = '../_base_/mixing_nyud.py'
checkpoint = (
    'https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/swin/'
    'swin_tiny_patch4_window7_224_20220317-1cdeb081.pth')
model = dict(
    backbone=dict(
        type='SwinTransformer',
        embed_dims=96,
        depths=[2, 2, 6, 2],
        num_heads=[3, 6, 12, 24],
        window_size=7,
        drop_path_rate=0.3,
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint)))
