# What the bases of street scenes share: semseg + depth + normals from the
# depth. They set the place, size, classes and type of the data set.
_base_ = 'loaders.py'
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask'),
    depth=dict(
        type='mtcp_mm.DepthTask',  # below 80 m, as others do
        metric=dict(
            type='mtcp_mm.DepthMetric', protocols=['pooled', 'range'])),
    normals=dict(type='mtcp_mm.NormalsTask'))
# Normals are computed when labels are loaded, at the size of the files. Flip
# only, as the code of DenseMTL does it.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mmseg.Resize', keep_ratio=False),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
# Labels are loaded after the resize: scores are taken at the original size.
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mmseg.Resize', keep_ratio=False),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
