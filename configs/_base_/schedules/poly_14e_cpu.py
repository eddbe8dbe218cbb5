# For small models trained from random weights: 14 epochs of AdamW with a
# high learning rate, a short warm-up and clipped gradients.
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='mtcp_mm.MultiTaskOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=2e-3, weight_decay=1e-4, fused=True),
    clip_grad=dict(max_norm=5.))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=30, by_epoch=False),
    dict(type='mtcp_mm.PolyLR', power=0.9, eta_min=1e-5, by_epoch=True)
]
max_epochs = 14
train_cfg = dict(type='EpochBasedTrainLoop', val_interval=7)
val_cfg = dict(type='ValLoop')
