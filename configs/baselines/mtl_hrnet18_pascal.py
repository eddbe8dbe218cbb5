# Multi-task baseline on PASCAL-Context: HRNet-W18-small, an HRNet head per
# task, semseg + human parts + saliency.
#   python tools/train.py configs/baselines/mtl_hrnet18_pascal.py
# Settings: pascal/hrnet18/multi_task_baseline_small.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = [
    '../_base_/models/hrnet18_small.py', '../_base_/baselines/sv_pascal.py'
]
tasks = dict(
    _delete_=True,
    semseg=_base_.tasks.semseg,
    human_parts=_base_.tasks.human_parts,
    saliency=_base_.tasks.saliency)
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
    loss_weighting=dict(
        weights=dict(_delete_=True, semseg=1., human_parts=2., saliency=5.)))
max_epochs = 80
