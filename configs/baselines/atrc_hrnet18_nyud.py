# ATRC on NYUD-v2, HRNet-W18-small: semseg + depth + normals + edges.
#   python tools/train.py configs/baselines/atrc_hrnet18_nyud.py
# Recipe and genotype: public code of the authors, by way of
# ../_base_/baselines/atrc_nyud.py; what differs: docs/methods.md.
# Theirs: 5.06 M parameters. Ours: not run.
_base_ = [
    '../_base_/models/hrnet18_small.py', '../_base_/baselines/atrc_nyud.py'
]
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(type='mtcp_mm.ATRCHead', genotype='nyud_w18'))
