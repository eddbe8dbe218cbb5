# MTI-Net on PASCAL-Context, five tasks, with the trunk and recipe of its code
# (configs/pascal/mti_net.yml): batch 8 on one GPU.
#   python tools/train.py configs/baselines/mti_net_hrnet18_pascal.py
# Semseg, human parts and saliency alone have 80 epochs there:
# --cfg-options max_epochs=80. Ours: not run.
_base_ = 'pad_net_hrnet18_pascal.py'
model = dict(decode_head=dict(type='mtcp_mm.MTINetHead'))
