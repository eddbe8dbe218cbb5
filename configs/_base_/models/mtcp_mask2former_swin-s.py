# MT-CP: Mask2Former with Swin-S as shared backbone, decoders of width 256.
# A config that uses this file sets `model.tasks`.
checkpoint = (
    'https://download.openmmlab.com/mmsegmentation/v0.5/mask2former/'
    'mask2former_swin-s_8xb2-160k_ade20k-512x512/'
    'mask2former_swin-s_8xb2-160k_ade20k-512x512_20221204_143905-'
    'e715144e.pth')  # ADE20K, mIoU 51.24
model = dict(
    type='mtcp_mm.MultiTaskEstimator',
    data_preprocessor=dict(
        type='mtcp_mm.MultiTaskDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        size_divisor=32,
        test_cfg=dict(size_divisor=32)),
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
        in_channels=[96, 192, 384, 768],
        channels=256,
        num_queries=100,
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='decode_head.')),
    decode_head=dict(
        type='mtcp_mm.MTCPHead',
        in_channels=256,
        channels=256,
        hfp=dict(depths=(1, 2, 1), num_heads=2, window_size=7),
        loss_coherence=dict(
            type='mtcp_mm.CosineCoherenceLoss', loss_weight=1.0)),
    loss_weighting=dict(
        type='mtcp_mm.LPSWeighting', kappa=2.5, history=1, min_weight=0.1),
    test_cfg=dict(mode='whole'))
custom_hooks = [dict(type='mtcp_mm.LPSHook')]
