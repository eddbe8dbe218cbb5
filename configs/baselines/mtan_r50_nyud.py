# MTAN on NYUD-v2: a dilated ResNet-50, from which semseg and depth attend to
# their own after every stage, and a DeepLab head for each.
#   python tools/train.py configs/baselines/mtan_r50_nyud.py
# Settings: nyud/resnet50/mtan.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = 'mtl_r50_nyud.py'
model = dict(
    backbone=dict(
        _delete_=True, type='mtcp_mm.MTANEncoder', backbone=_base_.backbone))
