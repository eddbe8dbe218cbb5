# mmseg's own EncoderDecoder with our head as decode head and as auxiliary
# head. Data set, transforms, loss and metric are mmseg's, too: of mtcp_mm
# there is the head alone. Segmentation of the Replica frames, small.
#   python ../shared/data/replica_apartment0/to_nyud.py data/replica
#   python tools/train.py configs/mixing/encoder_decoder_replica.py
# Results, with baselines: docs/mixing.md.
_base_ = [
    '../_base_/schedules/poly_14e_cpu.py', '../_base_/default_runtime.py'
]
in_channels = [32, 64, 160, 256]
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
        size_divisor=32,
        test_cfg=dict(size_divisor=32)),
    backbone=dict(
        type='MixVisionTransformer',
        embed_dims=32,
        num_layers=[1, 1, 2, 1],
        num_heads=[1, 2, 5, 8],
        patch_sizes=[7, 3, 3, 3],
        sr_ratios=[8, 4, 2, 1],
        mlp_ratio=2,
        qkv_bias=True),
    decode_head=dict(
        type='mtcp_mm.SingleTaskDecodeHead',
        in_channels=in_channels,
        channels=32,
        num_classes=40,
        head=dict(type='mtcp_mm.MTCPHead', hfp=dict(mlp_ratio=2.)),
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True)),
    auxiliary_head=dict(
        type='mtcp_mm.SingleTaskDecodeHead',
        in_channels=160,
        in_index=2,
        channels=32,
        num_classes=40,
        head=dict(type='mtcp_mm.HFPHead', hfp=dict(depths=(1, 1))),
        loss_decode=dict(
            type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=0.4)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))

data_root = '{{$MTCP_REPLICA_ROOT:data/replica}}'
image_scale, crop_size = (192, 144), (144, 192)  # (w, h) and (h, w)
dataset = dict(
    type='BaseSegDataset',
    data_prefix=dict(img_path='images', seg_map_path='segmentation'),
    reduce_zero_label=True,
    metainfo=dict(
        classes=[f'NYU40_{i}' for i in range(1, 41)],
        palette=[[6 * i, 250 - 6 * i, 37 * i % 256] for i in range(1, 41)]))
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', ratio_range=(1.0, 1.3), keep_ratio=False),
    dict(type='RandomCrop'),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', keep_ratio=False),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs')
]
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(ann_file='gt_sets/train.txt'))
val_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(ann_file='gt_sets/val.txt', test_mode=True))
val_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
visualizer = dict(
    _delete_=True,
    type='SegLocalVisualizer',
    vis_backends=_base_.vis_backends,
    name='visualizer')
default_hooks = dict(
    checkpoint=dict(save_best='mIoU'),
    visualization=dict(_delete_=True, type='SegVisualizationHook'))
