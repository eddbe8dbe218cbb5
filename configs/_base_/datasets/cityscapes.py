# Cityscapes: semseg + depth + normals from the depth.
# Layout, options and splits are in docs/driving_data.md.
# another place: MTCP_CITYSCAPES_ROOT=/path bash tools/dist_train.sh ...
# Other classes: dataset=dict(classes=N) and num_classes=N; 19, 16, 13, 8, 7.
_base_ = 'street.py'
data_root = '{{$MTCP_CITYSCAPES_ROOT:data/cityscapes}}'
image_scale = (1024, 512)  # width, height
dataset = dict(classes=19)
tasks = dict(semseg=dict(num_classes=19))
train_dataloader = dict(
    dataset=dict(type='mtcp_mm.CityscapesMultiTaskDataset', split='train'))
val_dataloader = dict(
    dataset=dict(
        type='mtcp_mm.CityscapesMultiTaskDataset',
        split='val',
        test_mode=True))
