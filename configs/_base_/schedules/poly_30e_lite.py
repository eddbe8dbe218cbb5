# For small models on a pretrained backbone, which learns at a tenth of the
# rate of the new parts.
_base_ = 'poly_14e_cpu.py'
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
max_epochs = 30
train_cfg = dict(val_interval=10)
