# A reconstruction of PSD on PASCAL-Context, semseg + human parts + saliency,
# ResNet-50. The paper has other data only; see psd_r50_nyud.py for what is
# known of it.
#   python tools/train.py configs/baselines/psd_r50_pascal.py
# Ours: not run.
_base_ = 'pap_r50_pascal.py'
model = dict(
    decode_head=dict(
        type='mtcp_mm.ReconstructedPSDHead', diffusion=dict(_delete_=True)))
