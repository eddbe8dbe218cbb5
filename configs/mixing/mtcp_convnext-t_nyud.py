# MT-CP's head on mmpretrain's ConvNeXt-T. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mtcp_convnext-t_nyud.py 8
_base_ = '../_base_/mixing_nyud.py'
custom_imports = dict(
    imports=['mtcp_mm', 'mtcp_mm.models.use_mmpretrain'],
    allow_failed_imports=False)
checkpoint = (
    'https://download.openmmlab.com/mmclassification/v0/convnext/downstream/'
    'convnext-tiny_3rdparty_32xb128-noema_in1k_20220301-795e9634.pth')
model = dict(
    backbone=dict(
        type='mmpretrain.ConvNeXt',
        arch='tiny',
        out_indices=[0, 1, 2, 3],
        drop_path_rate=0.4,
        layer_scale_init_value=1.0,
        gap_before_final_norm=False,
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='backbone.')))
