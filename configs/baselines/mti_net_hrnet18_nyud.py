# MTI-Net on NYUD-v2, semseg + depth, with the trunk and recipe of its code
# (configs/nyud/hrnet18/mti_net.yml): batch 8 on one GPU, four initial and the
# final prediction with the same weight.
#   python tools/train.py configs/baselines/mti_net_hrnet18_nyud.py
# With other tasks, `tasks` and `weights` change: docs/methods.md. Ours: not
# run.
_base_ = 'pad_net_hrnet18_nyud.py'
model = dict(decode_head=dict(type='mtcp_mm.MTINetHead'))
