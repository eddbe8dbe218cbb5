# PAD-Net on NYUD-v2, semseg + depth, with the trunk and recipe of the code of
# MTI-Net (its configs/nyud/hrnet18/pad_net.yml): batch 8 on one GPU, initial
# and final predictions with the same weight.
#   python tools/train.py configs/baselines/pad_net_hrnet18_nyud.py
# With other tasks, `tasks` and `weights` change: docs/methods.md.
# A user of that code reports 33.5 mIoU, RMSE 0.727 (its issue 24). Ours: not
# run.
_base_ = [
    '../_base_/models/hrnet18_small.py', '../_base_/baselines/sv_nyud.py'
]
tasks = dict(
    _delete_=True, semseg=_base_.tasks.semseg, depth=_base_.tasks.depth)
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(type='mtcp_mm.PADNetHead'),
    loss_weighting=dict(
        weights=dict(_delete_=True, semseg=1., depth=1.)))
