# NDDR-CNN at CPU size: an EfficientNet-Lite0 with ImageNet weights for every
# task, otherwise as cross_stitch_lite0.py.
#   python tools/train.py configs/baselines/nddr_lite0.py
# On the synthetic rooms: MTCP_BASE=../comparison/demo.py
_base_ = 'cross_stitch_lite0.py'
model = dict(
    backbone=dict(
        unit=dict(type='mtcp_mm.NDDRUnit'), fuse_after=(0, 1, 2, 3, 4)))
