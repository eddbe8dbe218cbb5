# 100 epochs of AdamW, learning rate poly 0.9 per epoch.
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='mtcp_mm.MultiTaskOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=5e-5, weight_decay=1e-4))
param_scheduler = [
    dict(type='mtcp_mm.PolyLR', power=0.9, eta_min=0, by_epoch=True)
]
max_epochs = 100
train_cfg = dict(type='EpochBasedTrainLoop', val_interval=10)
val_cfg = dict(type='ValLoop')
