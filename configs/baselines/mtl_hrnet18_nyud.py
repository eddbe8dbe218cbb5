# Multi-task baseline on NYUD-v2: HRNet-W18-small, an HRNet head per task
# (maps concatenated at 1/4, 1x1 convolution, logits), semseg + depth.
#   python tools/train.py configs/baselines/mtl_hrnet18_nyud.py
# Settings: nyud/hrnet18/multi_task_baseline.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = [
    '../_base_/models/hrnet18_small.py', '../_base_/baselines/sv_nyud.py'
]
tasks = dict(
    _delete_=True, semseg=_base_.tasks.semseg, depth=_base_.tasks.depth)
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(
        type='mtcp_mm.MixedHead',
        heads={
            '*':
            dict(
                type='FCNHead',
                in_index=[0, 1, 2, 3],
                input_transform='resize_concat',
                channels=270,
                kernel_size=1,
                num_convs=1,
                concat_input=False,
                dropout_ratio=0,
                norm_cfg=dict(type='BN'))
        }),
    loss_weighting=dict(weights=dict(_delete_=True, semseg=1., depth=1.)))
