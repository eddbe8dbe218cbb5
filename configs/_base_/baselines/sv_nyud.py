# NYUD-v2 in the line of MTI-Net (see sv.py), 480x640, with all four tasks and
# their weights; a config keeps those that it needs. Zoom by one of three
# factors and flip; the code cuts the middle of what is zoomed, here the
# window is random. Depth counts where it is known.
_base_ = ['sv.py', '../datasets/nyud.py']
tasks = dict(edge=dict(type='mtcp_mm.EdgeTask', pos_weight=0.95))
model = dict(
    loss_weighting=dict(
        weights=dict(semseg=1., depth=1., normals=10., edge=50.)))
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
        ] for zoom in (1.0, 1.2, 1.5)]),
    dict(type='mtcp_mm.MultiTaskRandomCrop'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=0.5),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
train_dataloader = dict(batch_size=8)
