# Virtual KITTI 2.0.3: semseg + depth + normals from the depth.
# Layout, options and splits are in docs/driving_data.md.
# another place: MTCP_VKITTI2_ROOT=/path bash tools/dist_train.sh ...
# Other classes: dataset=dict(classes=N) and num_classes=N; N: 14 or 8.
_base_ = 'loaders.py'
data_root = '{{$MTCP_VKITTI2_ROOT:data/vkitti2}}'
image_scale = (1024, 320)  # width, height
# train and val by scene, of one variation and camera: 1787 + 339 images
dataset = dict(classes=14, split_by='scene', variations=('clone', ))
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=14),
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
    dataset=dict(type='mtcp_mm.VKITTI2MultiTaskDataset', split='train'))
val_dataloader = dict(
    dataset=dict(
        type='mtcp_mm.VKITTI2MultiTaskDataset', split='val', test_mode=True))
