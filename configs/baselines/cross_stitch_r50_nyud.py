# Cross-Stitch on NYUD-v2: a dilated ResNet-50 and a DeepLab head for each of
# semseg and depth, units with a factor per channel after every stage.
# It starts from networks of single tasks; without the options, from ImageNet:
#   for task in semseg depth; do
#     python tools/train.py configs/baselines/stl_r50_nyud_$task.py
#   done
#   S=work_dirs/stl_r50_nyud_semseg/epoch_100.pth
#   D=work_dirs/stl_r50_nyud_depth/epoch_100.pth
#   python tools/train.py configs/baselines/cross_stitch_r50_nyud.py \
#       --cfg-options model.backbone.task_checkpoints.semseg=$S \
#       model.backbone.task_checkpoints.depth=$D \
#       model.decode_head.task_checkpoints.semseg=$S \
#       model.decode_head.task_checkpoints.depth=$D
# Settings: nyud/resnet50/cross_stitch.yml of the code that
# ../_base_/baselines/sv.py names. There the rate of the units, 100 times that
# of the rest, is overwritten before the first step; here it acts. As there:
# optim_wrapper.paramwise_cfg=None. Ours: not run.
_base_ = 'mtl_r50_nyud.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='mtcp_mm.TaskFusionEncoder',
        backbone=_base_.backbone,
        unit=dict(type='mtcp_mm.CrossStitchUnit', alpha=0.9, beta=0.1)))
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True, type='SGD', lr=1e-3, momentum=0.9, weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys={'backbone.units': dict(lr_mult=100.)}))
max_epochs = 50
