# Single-task baseline on NYUD-v2: segmentation, ResNet-50 and DeepLab.
#   python tools/train.py configs/baselines/stl_r50_nyud_semseg.py
# On HRNet-W18-small, as it is there: MTCP_BASE=mtl_hrnet18_nyud.py.
# Ours: not run.
_base_ = '{{$MTCP_BASE:mtl_r50_nyud.py}}'
tasks = dict(_delete_=True, semseg=_base_.tasks.semseg)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
