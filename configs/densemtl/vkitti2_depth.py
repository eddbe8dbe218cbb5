# Single task, depth on Virtual KITTI 2: the decoder of DenseMTL alone.
#   python tools/train.py configs/densemtl/vkitti2_depth.py
# Ours: not run.
_base_ = 'vkitti2_sdn.py'
tasks = dict(_delete_=True, depth=_base_.tasks.depth)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
