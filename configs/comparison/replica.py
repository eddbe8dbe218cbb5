# The setting of the comparison on Replica frames: EfficientNet-Lite0 with
# ImageNet weights, 96x128, 10 epochs of 35 steps of 4 images. The base of
# configs/comparison/methods.yml; the numbers are in docs/comparison.md.
#   python ../shared/data/replica_apartment0/to_nyud.py data/replica
_base_ = '../mtcp_lite_replica.py'

image_scale, crop_size = (128, 96), (96, 128)  # (w, h) and (h, w)
max_epochs = 10
train_cfg = dict(val_interval=2)
train_dataloader = dict(num_workers=0, persistent_workers=False)
val_dataloader = dict(
    batch_size=17, num_workers=0, persistent_workers=False)
