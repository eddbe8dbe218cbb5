# PAP on PASCAL-Context, semseg + human parts + saliency, ResNet-50: batch 8
# on one GPU. The paper has other data only: the setting is that of the line of
# MTI-Net, with the model of pap_r50_nyud.py.
#   python tools/train.py configs/baselines/pap_r50_pascal.py
# Ours: not run.
_base_ = [
    '../_base_/models/resnet50_s8.py', '../_base_/baselines/sv_pascal.py'
]
tasks = dict(
    _delete_=True,
    semseg=_base_.tasks.semseg,
    human_parts=_base_.tasks.human_parts,
    saliency=_base_.tasks.saliency)
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(
        type='mtcp_mm.PAPHead',
        fuse_channels=256,
        diffusion=dict(beta=0.05, iterations=1)),
    loss_weighting=dict(
        weights=dict(
            _delete_=True, semseg=1., human_parts=2., saliency=5.)))
