# What the line of papers around ATRC has in common, by the public code of its
# authors (github.com/brdav/atrc, 76d8055): SGD, poly per step, 40k steps of 8
# images on one GPU, fixed weights. A config that uses a child of this file
# sets backbone and decode_head. Batch norm sees a GPU at a time; on several,
# each with 8 / N images, --cfg-options sync_bn=torch lets it see all.
_base_ = [
    '../models/multi_task_estimator.py', '../schedules/poly_100e.py',
    '../default_runtime.py'
]
# Nothing is padded to a multiple: 425x560 has maps of 107x140 at 1/4. What a
# zoom made smaller than the crop is padded to the largest of its batch.
model = dict(
    data_preprocessor=dict(size_divisor=None, test_cfg=None),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
custom_hooks = []  # no LPSHook
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True, type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4))
param_scheduler = [
    dict(type='mtcp_mm.PolyLR', power=0.9, eta_min=0, by_epoch=False)
]
