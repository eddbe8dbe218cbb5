# Single-task baseline on PASCAL-Context: human parts, ResNet-18 and DeepLab.
#   python tools/train.py configs/baselines/stl_r18_pascal_human_parts.py
# Settings: pascal/resnet18/ of the code that ../_base_/baselines/sv.py names.
# Ours: not run.
_base_ = 'mtl_r18_pascal.py'
tasks = dict(_delete_=True, human_parts=_base_.tasks.human_parts)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
train_dataloader = dict(batch_size=12)
max_epochs = 60
