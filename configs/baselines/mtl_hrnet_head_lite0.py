# mtl_fcn_lite0.py with HRNet heads: 1x1 convolutions of the full width.
#   python tools/train.py configs/baselines/mtl_hrnet_head_lite0.py
# On the synthetic rooms: MTCP_BASE=../comparison/demo.py
_base_ = '{{$MTCP_BASE:../comparison/replica.py}}'
model = dict(
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
                channels=24 + 40 + 112 + 320,
                kernel_size=1,
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
