# The setting of the comparison on the synthetic rooms: EfficientNet-Lite0
# with ImageNet weights, 96x128, 5 epochs of 60 steps of 4 images. See
# configs/comparison/methods.yml.
#   python tools/dataset_converters/make_demo_data.py data/demo
_base_ = '../mtcp_lite_demo.py'

max_epochs = 5
train_cfg = dict(val_interval=1)
train_dataloader = dict(num_workers=0, persistent_workers=False)
val_dataloader = dict(
    batch_size=20, num_workers=0, persistent_workers=False)
