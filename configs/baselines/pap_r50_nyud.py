# PAP on NYUD-v2, semseg + depth + normals, ResNet-50: batch 8 on one GPU,
# initial and final predictions with the same weight.
#   python tools/train.py configs/baselines/pap_r50_nyud.py
# The recipe of the paper was not at hand, but for backbone, tasks and berHu.
# Size, augmentation, schedule and weights are those of the line of MTI-Net,
# of which the one public version (EMA-Net's, configs/nyu/hrnet18/papnet.yml)
# has optimizer, rate and batch size, too; it trains 200 epochs, cosine, all
# weights 1. Diffusion: of that version. ResNet dilated to stride 8: ours.
# Paper: mIoU 50.4, RMSE 0.53, mErr 18.6 (second hand). Ours: not run.
_base_ = [
    '../_base_/models/resnet50_s8.py', '../_base_/baselines/sv_nyud.py'
]
tasks = dict(
    _delete_=True,
    semseg=_base_.tasks.semseg,
    depth=dict(loss=dict(type='mtcp_mm.BerHuLoss'), **_base_.tasks.depth),
    normals=_base_.tasks.normals)
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(
        type='mtcp_mm.PAPHead',
        fuse_channels=256,
        diffusion=dict(beta=0.05, iterations=1)),
    loss_weighting=dict(
        weights=dict(_delete_=True, semseg=1., depth=1., normals=10.)))
