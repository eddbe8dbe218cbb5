# A head of its own for every task, small, on the Replica frames: mmseg's
# SegFormer head for segmentation, ours for depth and normals.
#   python ../shared/data/replica_apartment0/to_nyud.py data/replica
#   python tools/train.py configs/mixing/mixed_heads_replica.py
# Results, with baselines: docs/mixing.md.
_base_ = '../mtcp_replica.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='MixVisionTransformer',
        embed_dims=32,
        num_layers=[1, 1, 2, 1],
        num_heads=[1, 2, 5, 8],
        patch_sizes=[7, 3, 3, 3],
        sr_ratios=[8, 4, 2, 1],
        mlp_ratio=2,
        qkv_bias=True),
    neck=None,
    decode_head=dict(
        _delete_=True,
        type='mtcp_mm.MixedHead',
        heads={
            'semseg':
            dict(
                type='SegformerHead',
                in_index=[0, 1, 2, 3],
                channels=64,
                norm_cfg=dict(type='BN')),
            'depth, normals':
            dict(
                type='mtcp_mm.MTCPHead',
                channels=32,
                hfp=dict(mlp_ratio=2.))
        }))
