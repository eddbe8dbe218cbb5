# NDDR-CNN on NYUD-v2: a dilated ResNet-50 and a DeepLab head for each of
# semseg and depth, projections of all maps after the stem and every stage.
#   python tools/train.py configs/baselines/nddr_r50_nyud.py
# From networks of single tasks, as the paper has it: see
# cross_stitch_r50_nyud.py, and there of the rate of the projections, which
# the first authors train 100 times as fast, too.
# Settings: nyud/resnet50/nddr_cnn.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = 'cross_stitch_r50_nyud.py'
model = dict(
    backbone=dict(
        unit=dict(type='mtcp_mm.NDDRUnit'), fuse_after=(0, 1, 2, 3, 4)))
