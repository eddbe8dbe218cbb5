# Single task, depth on Cityscapes: the decoder of DenseMTL alone.
#   python tools/train.py configs/densemtl/cityscapes_depth.py
# Ours: not run.
_base_ = 'cityscapes_sdn.py'
tasks = dict(_delete_=True, depth=_base_.tasks.depth)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
