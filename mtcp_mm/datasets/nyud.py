# Copyright (c) mtcp_mm authors. All rights reserved.
from mtcp_mm.registry import DATASETS
from .base import MultiTaskDataset

CLASSES = ('wall', 'floor', 'cabinet', 'bed', 'chair', 'sofa', 'table',
           'door', 'window', 'bookshelf', 'picture', 'counter', 'blinds',
           'desk', 'shelves', 'curtain', 'dresser', 'pillow', 'mirror',
           'floor mat', 'clothes', 'ceiling', 'books', 'refrigerator',
           'television', 'paper', 'towel', 'shower curtain', 'box',
           'whiteboard', 'person', 'night stand', 'toilet', 'sink', 'lamp',
           'bathtub', 'bag', 'otherstructure', 'otherfurniture', 'otherprop')

# the colours in which ScanNet shows these classes
PALETTE = [[174, 199, 232], [152, 223, 138], [31, 119, 180], [255, 187, 120],
           [188, 189, 34], [140, 86, 75], [255, 152, 150], [214, 39, 40],
           [197, 176, 213], [148, 103, 189], [196, 156, 148], [23, 190, 207],
           [178, 76, 76], [247, 182, 210], [66, 188, 102], [219, 219, 141],
           [140, 57, 197], [202, 185, 52], [51, 176, 203], [200, 54, 131],
           [92, 193, 61], [78, 71, 183], [172, 114, 82], [255, 127, 14],
           [91, 163, 138], [153, 98, 156], [140, 153, 101], [158, 218, 229],
           [100, 125, 154], [178, 127, 135], [120, 185, 128], [146, 111, 194],
           [44, 160, 44], [112, 128, 144], [96, 207, 209], [227, 119, 194],
           [213, 92, 176], [94, 106, 211], [82, 84, 163], [100, 85, 144]]


@DATASETS.register_module()
class NYUDMultiTaskDataset(MultiTaskDataset):
    """NYUD-v2 with 40 classes, depth, normals and edges (795 / 654 images).

    There are two archives of it, which differ in size and so score different
    pixels; results of one cannot be compared to those of the other:

    - ``mt``: ``NYUD_MT`` of MTI-Net, used by MT-CP; 480x640.
    - ``v2``: ``NYUDv2`` of ATRC, used by InvPT and others; 425x560.

    .. code-block:: none

        data_root            mt        v2
        ├── images           *.jpg     *.png
        ├── segmentation     *.png     *.png   0 = void, 1..40
        ├── depth            *.npy     *.npy   metres, 0 = missing
        ├── normals          *.npy     *.png   v2: 2 * v / 255 - 1
        ├── edge             *.npy     *.png   v2: 0 / 255
        └── gt_sets          train.txt, val.txt: an id per line

    Args: See :class:`MultiTaskDataset`.
    """

    METAINFO = dict(
        classes=CLASSES,
        palette=PALETTE,
        task_meta=dict(edge=dict(max_dist=.011)))  # the benchmark's tolerance
    split_dir = 'gt_sets'
    layouts = dict(
        mt=dict(
            image=dict(folder='images', suffix='.jpg'),
            semseg=dict(
                folder='segmentation', suffix='.png', reduce_zero_label=True),
            depth=dict(folder='depth', suffix='.npy'),
            normals=dict(folder='normals', suffix='.npy'),
            edge=dict(folder='edge', suffix='.npy')),
        v2=dict(
            image=dict(folder='images', suffix='.png'),
            semseg=dict(
                folder='segmentation', suffix='.png', reduce_zero_label=True),
            depth=dict(folder='depth', suffix='.npy'),
            normals=dict(folder='normals', suffix='.png'),
            edge=dict(folder='edge', suffix='.png')))
