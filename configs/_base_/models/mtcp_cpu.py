# MT-CP with every part of the paper, small enough to train on a CPU, from
# random weights. A config that uses this file sets `tasks`.
_base_ = 'multi_task_estimator.py'
model = dict(
    backbone=dict(
        type='SwinTransformer',
        embed_dims=24,
        depths=[1, 1, 2, 1],
        num_heads=[1, 2, 4, 8],
        window_size=7,
        drop_path_rate=0.0),
    neck=dict(
        type='mtcp_mm.Mask2FormerNeck',
        channels=32,
        num_queries=20,
        num_encoder_layers=2,
        num_decoder_layers=3,
        num_heads=4,
        mask_activation='sigmoid',  # random weights have no masks yet
        encoder_ffn_channels=64,
        decoder_ffn_channels=128,
        norm_cfg=dict(type='GN', num_groups=8)),
    decode_head=dict(
        type='mtcp_mm.MTCPHead',
        channels=32,
        hfp=dict(depths=(1, 2, 1), num_heads=2, window_size=7, mlp_ratio=2.),
        loss_coherence=dict(
            type='mtcp_mm.CosineCoherenceLoss', loss_weight=0.1)))
