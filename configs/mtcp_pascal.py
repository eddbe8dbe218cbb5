# MT-CP on PASCAL-Context: semseg + human parts + saliency, 512x512,
# 8 GPUs x 2 images, 100 epochs.
#   bash tools/dist_train.sh configs/mtcp_pascal.py 8
# Paper, Tab. 2: mIoU 79.96, parts mIoU 69.13, maxF 84.20 (protocol
# 'per_image_f1', as its code has it). Ours: not run.
# The paper is silent on batch size, learning rate and augmentation: these are
# those of its code. It says 1464 training images, its code reads 4998.
_base_ = [
    '_base_/models/mtcp_mask2former_swin-s.py', '_base_/datasets/pascal.py',
    '_base_/schedules/poly_100e.py', '_base_/default_runtime.py'
]
train_cfg = dict(val_interval=25)
