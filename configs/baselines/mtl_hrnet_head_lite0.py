# mtl_fcn_lite0.py with HRNet heads: 1x1 convolutions of the full width.
#   python tools/train.py configs/baselines/mtl_hrnet_head_lite0.py
# On the synthetic rooms: MTCP_BASE=../comparison/demo.py
_base_ = 'mtl_fcn_lite0.py'
model = dict(
    decode_head=dict(
        heads={'*': dict(channels=24 + 40 + 112 + 320, kernel_size=1)}))
