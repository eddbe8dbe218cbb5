# MT-CP on NYUD-v2 as the public code trains it, where that differs from the
# paper (= configs/mtcp_nyud.py): docs/paper_vs_code.md, point by point. The
# numbers in brackets are those of its list.
#   bash tools/dist_train.sh configs/mtcp_nyud_released.py 8
# The paper has no row for it. Its row "equal weights" (Tab. 4: mIoU 49.23,
# RMSE 0.5519 with protocol 'mtcp', mErr 23.80) is the nearest, as no weight
# reaches the gradient here. Ours: not run.
_base_ = 'mtcp_nyud.py'
# Scores of the release [15] beside those of the house, which have no suffix.
tasks = dict(
    semseg=dict(
        metric=dict(
            type='mtcp_mm.SegmentationMetric', protocols=['logits', 'mtcp'])),
    depth=dict(
        loss=dict(type='mtcp_mm.LimitedL1Loss'),  # [15]
        metric=dict(type='mtcp_mm.DepthMetric', protocols=['pooled', 'mtcp'])),
    normals=dict(
        loss=dict(type='mtcp_mm.MaskedMSELoss'),  # [12]
        metric=dict(
            type='mtcp_mm.NormalsMetric', protocols=['float', 'uint8'])))

layer = dict(
    out_channels=256, norm_cfg=dict(type='BN'), act_cfg=dict(type='ReLU'))
model = dict(
    neck=dict(mask_layers='last', mask_activation='none'),  # [6]
    decode_head=dict(
        type='mtcp_mm.ReleasedMTCPHead',  # [8] [9] [10]
        loss_coherence=None,  # [5]
        hfp=dict(drop_path_rate=0.),
        predictors=dict(  # [16]
            semseg=dict(hidden=[layer], double_after=2),
            depth=dict(
                hidden=[
                    dict(out_channels=128),
                    dict(out_channels=32, act_cfg=dict(type='ReLU'))
                ],
                double_after=1),
            normals=dict(hidden=[layer])),
        stage_predictor=dict(
            hidden=[dict(out_channels=256, bias=False), layer]),
        stage_losses=dict(normals=dict(type='mtcp_mm.LimitedL1Loss'))),  # [11]
    loss_weighting=dict(  # [1] [3] [4]
        _delete_=True, type='mtcp_mm.ReleasedLPSWeighting'))

# Zoom by one of three factors; no gradient is clipped [13].
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='RandomChoice',
        transforms=[[
            dict(
                type='mtcp_mm.MultiTaskRandomResize',
                ratio_range=(zoom, zoom),
                keep_ratio=False)
        ] for zoom in (1., 1.2, 1.5)]),
    dict(type='mtcp_mm.MultiTaskRandomCrop'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
# Every 10 epochs, and after each of the last 10.
train_cfg = dict(val_interval=10, dynamic_intervals=[(91, 1)])
