# MTI-Net on NYUD-v2, semseg + depth; normals and edges only help: they have
# initial predictions, but no final ones (mti_net+edges_normals.yml of the
# code of MTI-Net).
#   python tools/train.py \
#       configs/baselines/mti_net_hrnet18_nyud_with_helpers.py
# Ours: not run.
_base_ = 'mti_net_hrnet18_nyud.py'
tasks = dict(
    normals=dict(type='mtcp_mm.NormalsTask', helper=True),
    edge=dict(type='mtcp_mm.EdgeTask', pos_weight=0.95, helper=True))
model = dict(loss_weighting=dict(weights=dict(normals=10., edge=50.)))
