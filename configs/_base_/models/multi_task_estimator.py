# What all models with LPS share. A config that uses this file sets backbone,
# neck and decode_head, and `tasks`.
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
    loss_weighting=dict(
        type='mtcp_mm.LPSWeighting', kappa=2.5, history=1, min_weight=0.1),
    test_cfg=dict(mode='whole'))
custom_hooks = [dict(type='mtcp_mm.LPSHook')]
