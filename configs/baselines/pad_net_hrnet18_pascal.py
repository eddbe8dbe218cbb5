# PAD-Net on PASCAL-Context, five tasks, with the trunk and recipe of the code
# of MTI-Net (its configs/pascal/hrnet18/pad_net.yml): batch 8 on one GPU.
#   python tools/train.py configs/baselines/pad_net_hrnet18_pascal.py
# Semseg, human parts and saliency alone have 80 epochs there:
# --cfg-options max_epochs=80. Ours: not run.
_base_ = [
    '../_base_/models/hrnet18_small.py', '../_base_/baselines/sv_pascal.py'
]
model = dict(
    backbone=_base_.backbone, decode_head=dict(type='mtcp_mm.PADNetHead'))
