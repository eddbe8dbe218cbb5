# Cross-Stitch on PASCAL-Context: a dilated ResNet-18 and a DeepLab head for
# each of five tasks, units with a factor per channel after every stage.
#   python tools/train.py configs/baselines/cross_stitch_r18_pascal.py
# From networks of single tasks (stl_r18_pascal_*.py), as the paper has it:
# see cross_stitch_r50_nyud.py, and there of the rate of the units.
# Settings: pascal/resnet18/cross_stitch.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = 'mtl_r18_pascal.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='mtcp_mm.TaskFusionEncoder',
        backbone=_base_.backbone,
        unit=dict(type='mtcp_mm.CrossStitchUnit', alpha=0.8, beta=0.05)))
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True, type='SGD', lr=5e-3, momentum=0.9, weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys={'backbone.units': dict(lr_mult=100.)}))
train_dataloader = dict(batch_size=12)
max_epochs = 20
