# DenseMTL for semseg + depth + normals: model, weights of the losses, Adam. A
# config that uses this file adds a data set with its losses, and brings the
# epochs to 40k steps of 2 images, a tenth of the rate after 30k.
_base_ = [
    'models/densemtl_r101.py', 'schedules/step_100e_densemtl.py',
    'default_runtime.py'
]
model = dict(
    loss_weighting=dict(weights=dict(semseg=100., depth=1., normals=100.)))
