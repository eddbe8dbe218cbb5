# Single task, normals on SYNTHIA: the decoder of DenseMTL alone.
#   python tools/train.py configs/densemtl/synthia_normals.py
# Ours: not run.
_base_ = 'synthia_sdn.py'
tasks = dict(_delete_=True, normals=_base_.tasks.normals)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
