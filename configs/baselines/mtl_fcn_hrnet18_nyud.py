# Multi-task baseline of ATRC on NYUD-v2: HRNet-W18-small, an FCN head per
# task (maps concatenated at 1/4, 3x3 convolution to a quarter of the width,
# logits), semseg + depth + normals + edges.
#   python tools/train.py configs/baselines/mtl_fcn_hrnet18_nyud.py
# Recipe: ../_base_/baselines/atrc_nyud.py. Theirs: 4.52 M parameters. Ours:
# not run.
_base_ = [
    '../_base_/models/hrnet18_small.py', '../_base_/baselines/atrc_nyud.py'
]
model = dict(
    backbone=_base_.backbone,
    decode_head=dict(
        type='mtcp_mm.MixedHead',
        heads={
            '*':
            dict(
                type='FCNHead',
                in_index=[0, 1, 2, 3],
                input_transform='resize_concat',
                channels=270 // 4,
                num_convs=1,
                concat_input=False,
                dropout_ratio=0,
                norm_cfg=dict(type='BN'))
        }))
