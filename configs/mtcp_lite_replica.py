# MT-CP on a small backbone with ImageNet weights, on photo-realistic frames
# of one flat (Replica apartment_0), in the layout of NYUD_MT:
#   python ../shared/data/replica_apartment0/to_nyud.py data/replica
#   python tools/train.py configs/mtcp_lite_replica.py
# The weights: configs/_base_/models/mtcp_lite.py. Its numbers are not NYUD-v2
# numbers; they are in docs/replica.md.
_base_ = '_base_/mtcp_lite_nyud.py'

data_root = '{{$MTCP_REPLICA_ROOT:data/replica}}'
image_scale, crop_size = (192, 144), (144, 192)  # (w, h) and (h, w)
