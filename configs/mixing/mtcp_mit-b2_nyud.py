# MT-CP's head on mmseg's MiT-B2 (SegFormer). Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mtcp_mit-b2_nyud.py 8
_base_ = '../_base_/mixing_nyud.py'
checkpoint = (
    'https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segformer/'
    'mit_b2_20220624-66e8bf70.pth')
model = dict(
    backbone=dict(
        type='MixVisionTransformer',
        embed_dims=64,
        num_layers=[3, 4, 6, 3],
        num_heads=[1, 2, 5, 8],
        patch_sizes=[7, 3, 3, 3],
        sr_ratios=[8, 4, 2, 1],
        mlp_ratio=4,
        qkv_bias=True,
        drop_path_rate=0.1,
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint)))
