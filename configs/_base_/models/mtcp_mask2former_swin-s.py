# MT-CP: Mask2Former with Swin-S as shared backbone, decoders of width 256.
# A config that uses this file sets `tasks`.
_base_ = 'multi_task_estimator.py'
zoo = 'https://download.openmmlab.com/mmsegmentation/v0.5/mask2former/'
name = 'mask2former_swin-s_8xb2-160k_ade20k-512x512'  # mIoU 51.24
checkpoint = f'{zoo}{name}/{name}_20221204_143905-e715144e.pth'
model = dict(
    backbone=dict(
        type='SwinTransformer',
        embed_dims=96,
        depths=[2, 2, 18, 2],
        num_heads=[3, 6, 12, 24],
        window_size=7,
        drop_path_rate=0.3,
        init_cfg=dict(type='Pretrained', checkpoint=checkpoint)),
    neck=dict(
        type='mtcp_mm.Mask2FormerNeck',
        channels=256,
        num_queries=100,
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='decode_head.')),
    decode_head=dict(
        type='mtcp_mm.MTCPHead',
        channels=256,
        hfp=dict(depths=(1, 2, 1), num_heads=2, window_size=7),
        loss_coherence=dict(
            type='mtcp_mm.CosineCoherenceLoss', loss_weight=1.0)))
