# MT-CP: Mask2Former with Swin-L as shared backbone. ADE20K: mIoU 56.01.
_base_ = 'mtcp_mask2former_swin-s.py'
name = 'mask2former_swin-l-in22k-384x384-pre_8xb2-160k_ade20k-640x640'
checkpoint = f'{_base_.zoo}{name}/{name}_20221203_235933-7120c214.pth'
model = dict(
    backbone=dict(
        embed_dims=192, depths=[2, 2, 18, 2], num_heads=[6, 12, 24, 48],
        window_size=12, pretrain_img_size=384,
        init_cfg=dict(checkpoint=checkpoint)),
    neck=dict(init_cfg=dict(checkpoint=checkpoint)))
