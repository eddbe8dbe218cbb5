# Multi-task baseline on NYUD-v2: a dilated ResNet-50, a DeepLab head per
# task, semseg + depth.
#   python tools/train.py configs/baselines/mtl_r50_nyud.py
# Settings: nyud/resnet50/multi_task_baseline.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = [
    '../_base_/models/resnet50_s8.py', '../_base_/baselines/sv_nyud.py'
]
tasks = dict(
    _delete_=True, semseg=_base_.tasks.semseg, depth=_base_.tasks.depth)
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(
        type='mtcp_mm.MixedHead',
        heads={'*': dict(type='mtcp_mm.DeepLabHead', channels=256)}),
    loss_weighting=dict(weights=dict(_delete_=True, semseg=1., depth=1.)))
