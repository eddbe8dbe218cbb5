# ATRC on PASCAL-Context, HRNet-W18-small: semseg + human parts + saliency +
# normals + edges.
#   python tools/train.py configs/baselines/atrc_hrnet18_pascal.py
# Recipe and genotype: public code of the authors, by way of
# ../_base_/baselines/atrc_pascal.py; what differs: docs/methods.md.
# Ours: not run.
_base_ = [
    '../_base_/models/hrnet18_small.py', '../_base_/baselines/atrc_pascal.py'
]
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(type='mtcp_mm.ATRCHead', genotype='pascal_w18'))
