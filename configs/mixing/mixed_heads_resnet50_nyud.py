# Three heads of three kinds on one ResNet-50: mmseg's UPerHead and FCNHead,
# and ours. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mixed_heads_resnet50_nyud.py 8
_base_ = 'mtcp_resnet50_nyud.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='mtcp_mm.MixedHead',
        heads=dict(
            semseg=dict(
                type='UPerHead',
                in_index=[0, 1, 2, 3],
                pool_scales=(1, 2, 3, 6),
                channels=256,
                norm_cfg=dict(type='BN')),
            depth=dict(
                type='FCNHead',
                in_index=2,
                channels=256,
                num_convs=1,
                concat_input=False,
                norm_cfg=dict(type='BN')),
            normals=dict(
                type='mtcp_mm.HFPHead',
                channels=128))))
