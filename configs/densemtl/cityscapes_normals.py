# Single task, normals on Cityscapes: the decoder of DenseMTL alone.
#   python tools/train.py configs/densemtl/cityscapes_normals.py
# Ours: not run.
_base_ = 'cityscapes_sdn.py'
tasks = dict(_delete_=True, normals=_base_.tasks.normals)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
