# ATRC on NYUD-v2, HRNet-W48: semseg + depth + normals + edges.
#   python tools/train.py configs/baselines/atrc_hrnet48_nyud.py
# Recipe and genotype: see atrc_hrnet18_nyud.py.
# Theirs (4 tasks, 425x560, as InvPT's README quotes it): mIoU 46.33, RMSE
# 0.5363, mErr 20.18, odsF 77.94. Ours: not run.
_base_ = ['../_base_/models/hrnet48.py', '../_base_/baselines/atrc_nyud.py']
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(type='mtcp_mm.ATRCHead', genotype='nyud_w48'))
