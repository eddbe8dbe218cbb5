# NDDR-CNN at CPU size: an EfficientNet-Lite0 with ImageNet weights for every
# task, otherwise as cross_stitch_lite0.py.
#   python tools/train.py configs/baselines/nddr_lite0.py
# On the synthetic rooms: MTCP_BASE=../comparison/demo.py
_base_ = '{{$MTCP_BASE:../comparison/replica.py}}'
model = dict(
    backbone=dict(
        _delete_=True,
        type='mtcp_mm.TaskFusionEncoder',
        backbone=_base_.model.backbone,
        unit=dict(type='mtcp_mm.NDDRUnit', alpha=0.9, beta=0.1),
        fuse_after=(0, 1, 2, 3, 4),
        stages=[[
            'timm_model.conv_stem', 'timm_model.bn1', 'timm_model.blocks.0'
        ], ['timm_model.blocks.1'], ['timm_model.blocks.2'],
                ['timm_model.blocks.3', 'timm_model.blocks.4'],
                ['timm_model.blocks.5', 'timm_model.blocks.6']]),
    neck=None,
    decode_head=dict(
        _delete_=True,
        type='mtcp_mm.MixedHead',
        heads={
            '*':
            dict(
                type='FCNHead',
                in_index=[0, 1, 2, 3],
                input_transform='resize_concat',
                channels=64,
                num_convs=1,
                concat_input=False,
                dropout_ratio=0,
                norm_cfg=dict(type='BN'))
        }),
    loss_weighting=dict(
        _delete_=True,
        type='mtcp_mm.FixedWeighting',
        weights=dict(semseg=1., depth=1., normals=10.)))
custom_hooks = []  # no LPSHook
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'backbone.units': dict(lr_mult=1.)}))
