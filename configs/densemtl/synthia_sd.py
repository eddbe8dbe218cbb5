# DenseMTL on SYNTHIA: semseg + depth.
#   python tools/train.py configs/densemtl/synthia_sd.py
# Ours: not run.
_base_ = 'synthia_sdn.py'
tasks = dict(
    _delete_=True, semseg=_base_.tasks.semseg, depth=_base_.tasks.depth)
model = dict(
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=50., depth=1.)))
