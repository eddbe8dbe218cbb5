# MT-CP's head on a backbone of timm, through mmpretrain's wrapper.
# Needs `pip install timm`; `pretrained=True` downloads from the Hugging Face
# hub. Not run on NYUD-v2.
#   bash tools/dist_train.sh configs/mixing/mtcp_timm-regnety_nyud.py 8
_base_ = '../_base_/mixing_nyud.py'
custom_imports = dict(
    imports=['mtcp_mm', 'mtcp_mm.models.use_mmpretrain'],
    allow_failed_imports=False)
model = dict(
    backbone=dict(
        type='mmpretrain.TIMMBackbone',
        model_name='regnety_016',
        features_only=True,
        pretrained=True,
        out_indices=(1, 2, 3, 4)))
