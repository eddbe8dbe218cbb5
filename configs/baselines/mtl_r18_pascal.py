# Multi-task baseline on PASCAL-Context: a dilated ResNet-18, a DeepLab head
# per task, five tasks.
#   python tools/train.py configs/baselines/mtl_r18_pascal.py
# Settings: pascal/resnet18/multi_task_baseline.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = [
    '../_base_/models/resnet18_s8.py', '../_base_/baselines/sv_pascal.py'
]
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(
        type='mtcp_mm.MixedHead',
        heads={'*': dict(type='mtcp_mm.DeepLabHead', channels=256)}))
train_dataloader = dict(batch_size=6)
