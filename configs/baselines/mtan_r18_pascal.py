# MTAN on PASCAL-Context: a dilated ResNet-18, from which five tasks attend to
# their own after every stage, and a DeepLab head for each.
#   python tools/train.py configs/baselines/mtan_r18_pascal.py
# Settings: pascal/resnet18/mtan.yml of the code that
# ../_base_/baselines/sv.py names. Ours: not run.
_base_ = 'mtl_r18_pascal.py'
model = dict(
    backbone=dict(
        _delete_=True, type='mtcp_mm.MTANEncoder', backbone=_base_.backbone))
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True, type='SGD', lr=5e-3, momentum=0.9, weight_decay=1e-4))
