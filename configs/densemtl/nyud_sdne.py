# DenseMTL on NYUD-v2: semseg + depth + normals + edges.
#   python tools/train.py configs/densemtl/nyud_sdne.py
# Batch 2 on one GPU, as the released code; on several, change lr and epochs.
# What differs from that code: docs/densemtl.md. Ours: not run.
_base_ = [
    '../_base_/models/densemtl_r101.py', '../_base_/datasets/densemtl_nyud.py',
    '../_base_/schedules/step_100e_densemtl.py',
    '../_base_/default_runtime.py'
]
tasks = dict(  # the code's scores beside ours
    depth=dict(metric=dict(protocols=['pooled', 'range', 'densemtl'])),
    normals=dict(
        metric=dict(
            type='mtcp_mm.NormalsMetric', protocols=['float', 'densemtl'])),
    edge=dict(
        metric=dict(
            type='mtcp_mm.EdgeMetric', protocols=['bsds_tools', 'argmax'])))
model = dict(
    loss_weighting=dict(
        weights=dict(semseg=100., depth=1., normals=100., edge=50.)))
