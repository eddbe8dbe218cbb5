# A reconstruction of PSD from its abstract, on the backbone, data and budget
# of configs/comparison/methods.yml.
#   python tools/train.py configs/baselines/psd_lite0.py
# On the demo rooms: MTCP_BASE=../comparison/demo.py. Numbers:
# docs/comparison.md.
_base_ = 'pap_lite0.py'
model = dict(decode_head=dict(type='mtcp_mm.ReconstructedPSDHead'))
