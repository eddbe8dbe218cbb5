# What the line of papers around MTI-Net has in common, by the public code of
# its authors (github.com/SimonVandenhende/Multi-Task-Learning-PyTorch,
# ed3d9ac): Adam, poly per epoch, 100 epochs of 8 images, fixed weights. A
# config that uses a child of this file sets backbone and decode_head.
_base_ = [
    '../models/multi_task_estimator.py', '../schedules/poly_100e.py',
    '../default_runtime.py'
]
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='Adam', lr=1e-4, weight_decay=1e-4))
