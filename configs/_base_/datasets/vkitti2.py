# Virtual KITTI 2.0.3: semseg + depth + normals from the depth.
# Layout, options and splits are in docs/driving_data.md.
# another place: MTCP_VKITTI2_ROOT=/path bash tools/dist_train.sh ...
# Other classes: dataset=dict(classes=N) and num_classes=N; N: 14 or 8.
_base_ = 'street.py'
data_root = '{{$MTCP_VKITTI2_ROOT:data/vkitti2}}'
image_scale = (1024, 320)  # width, height
# train and val by scene, of one variation and camera: 1787 + 339 images
dataset = dict(classes=14, split_by='scene', variations=('clone', ))
tasks = dict(semseg=dict(num_classes=14))
train_dataloader = dict(
    dataset=dict(type='mtcp_mm.VKITTI2MultiTaskDataset', split='train'))
val_dataloader = dict(
    dataset=dict(
        type='mtcp_mm.VKITTI2MultiTaskDataset', split='val', test_mode=True))
