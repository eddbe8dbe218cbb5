# SYNTHIA-RAND-CITYSCAPES: semseg + depth + normals from the depth.
# Layout, options and splits are in docs/driving_data.md.
# another place: MTCP_SYNTHIA_ROOT=/path bash tools/dist_train.sh ...
# Other classes: dataset=dict(classes=N) and num_classes=N; N: 16, 13 or 7.
_base_ = 'street.py'
data_root = '{{$MTCP_SYNTHIA_ROOT:data/synthia}}'
image_scale = (1024, 512)  # width, height
# train and val by lot: 7520 + 1880 images
dataset = dict(classes=16, split_by='seeded')
tasks = dict(semseg=dict(num_classes=16))
train_dataloader = dict(
    dataset=dict(type='mtcp_mm.SynthiaMultiTaskDataset', split='train'))
val_dataloader = dict(
    dataset=dict(
        type='mtcp_mm.SynthiaMultiTaskDataset', split='val', test_mode=True))
