# MT-CP: Mask2Former with Swin-T as shared backbone. ADE20K: mIoU 48.66.
_base_ = 'mtcp_mask2former_swin-s.py'
name = 'mask2former_swin-t_8xb2-160k_ade20k-512x512'
checkpoint = f'{_base_.zoo}{name}/{name}_20221203_234230-7d64e5dd.pth'
model = dict(
    backbone=dict(
        depths=[2, 2, 6, 2], init_cfg=dict(checkpoint=checkpoint)),
    neck=dict(init_cfg=dict(checkpoint=checkpoint)))
