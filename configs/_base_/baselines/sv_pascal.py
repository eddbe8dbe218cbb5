# PASCAL-Context in the line of MTI-Net (see sv.py), 512x512, with all five
# tasks and their weights; a config keeps those that it needs. Rotation by up
# to 20 degrees, zoom by 0.75 to 1.25, flip: as in the base, which fills void
# in at the borders.
_base_ = ['sv.py', '../datasets/pascal.py']
tasks = dict(
    normals=dict(type='mtcp_mm.NormalsTask'),
    edge=dict(type='mtcp_mm.EdgeTask', pos_weight=0.95))
model = dict(
    loss_weighting=dict(
        weights=dict(
            semseg=1., human_parts=2., saliency=5., normals=10., edge=50.)))
train_dataloader = dict(batch_size=8)
