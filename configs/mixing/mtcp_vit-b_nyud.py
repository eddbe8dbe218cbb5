# MT-CP's head on a plain ViT-B/16 of mmpretrain; mmseg's Feature2Pyramid
# makes a pyramid of its maps. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mtcp_vit-b_nyud.py 8
_base_ = '../_base_/mixing_nyud.py'
custom_imports = dict(
    imports=['mtcp_mm', 'mtcp_mm.models.use_mmpretrain'],
    allow_failed_imports=False)
checkpoint = (
    'https://download.openmmlab.com/mmclassification/v0/vit/'
    'vit-base-p16_pt-32xb128-mae_in1k_20220623-4c544545.pth')
model = dict(
    backbone=dict(
        type='mmpretrain.VisionTransformer',
        arch='b',
        img_size=224,
        patch_size=16,
        out_indices=[2, 5, 8, 11],
        out_type='featmap',
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(
        type='Feature2Pyramid',
        embed_dim=768,
        rescales=[4, 2, 1, 0.5],
        norm_cfg=dict(type='BN')))
