# Single task, semseg on Cityscapes: the decoder of DenseMTL alone.
#   python tools/train.py configs/densemtl/cityscapes_semseg.py
# Ours: not run.
_base_ = 'cityscapes_sdn.py'
tasks = dict(_delete_=True, semseg=_base_.tasks.semseg)
model = dict(
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'))
