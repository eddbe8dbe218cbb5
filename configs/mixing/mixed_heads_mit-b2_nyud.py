# A head of its own for every task: mmseg's SegFormer head for segmentation,
# ours for depth and normals, which are tied together. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mixed_heads_mit-b2_nyud.py 8
_base_ = 'mtcp_mit-b2_nyud.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='mtcp_mm.MixedHead',
        heads={
            'semseg':
            dict(
                type='SegformerHead',
                in_index=[0, 1, 2, 3],
                channels=256,
                norm_cfg=dict(type='BN')),
            'depth, normals':
            dict(
                type='mtcp_mm.MTCPHead',
                channels=128)
        }))
