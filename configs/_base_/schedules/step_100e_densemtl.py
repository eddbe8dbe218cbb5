# 40k steps of 2 images, as DenseMTL trains: on one GPU 100 epochs of the 795
# images of NYUD-v2. Adam, a tenth of the rate after three quarters.
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='mtcp_mm.MultiTaskOptimWrapperConstructor',
    optimizer=dict(type='Adam', lr=3e-4, betas=(0.9, 0.98)),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=2 / 3))),
    clip_grad=dict(max_norm=10.))
param_scheduler = [
    dict(type='MultiStepLR', milestones=[75], gamma=0.1, by_epoch=True)
]
max_epochs = 100
train_cfg = dict(type='EpochBasedTrainLoop', val_interval=10)
val_cfg = dict(type='ValLoop')
