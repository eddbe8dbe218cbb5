# A reconstruction of PSD on NYUD-v2, semseg + depth + normals, ResNet-50.
#   python tools/train.py configs/baselines/psd_r50_nyud.py
# Only the abstract of the paper was at hand: all but the idea, the recipe
# included, is that of pap_r50_nyud.py or ours (docs/methods.md).
# Paper: mIoU 51.0 (second hand), which is no aim of this file. Ours: not run.
_base_ = 'pap_r50_nyud.py'
model = dict(
    decode_head=dict(
        type='mtcp_mm.ReconstructedPSDHead', diffusion=dict(_delete_=True)))
