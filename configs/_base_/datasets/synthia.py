# SYNTHIA-RAND-CITYSCAPES: semseg + depth + normals from the depth.
# Layout, options and splits are in docs/driving_data.md.
# another place: MTCP_SYNTHIA_ROOT=/path bash tools/dist_train.sh ...
# Other classes: dataset=dict(classes=N) and num_classes=N; N: 16, 13 or 7.
_base_ = 'loaders.py'
data_root = '{{$MTCP_SYNTHIA_ROOT:data/synthia}}'
image_scale = (1024, 512)  # width, height
# train and val by lot: 7520 + 1880 images
dataset = dict(classes=16, split_by='seeded')
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=16),
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
train_dataloader = dict(
    dataset=dict(type='mtcp_mm.SynthiaMultiTaskDataset', split='train'))
val_dataloader = dict(
    dataset=dict(
        type='mtcp_mm.SynthiaMultiTaskDataset', split='val', test_mode=True))
