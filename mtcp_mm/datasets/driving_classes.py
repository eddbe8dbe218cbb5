# Copyright (c) mtcp_mm authors. All rights reserved.
"""Classes of street scenes: numbers in the files, and sets of them.

A set is a dict of the name of a class to the names that it is made of, in
the order of the classes. The sets of 16, 13 and 7 classes are those that
Cityscapes and SYNTHIA share in work on domain adaptation (ADVENT, CTRL), that
of 8 is shared by Cityscapes and Virtual KITTI 2 (DenseMTL).
"""
from collections.abc import Iterable, Mapping

from mmseg.datasets import CityscapesDataset

Groups = Mapping[str, tuple[str, ...]]
NAMES = CityscapesDataset.METAINFO['classes']
#: `id` of cityscapesScripts' table of labels.
CITYSCAPES_IDS = dict(
    zip(NAMES, (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                31, 32, 33)))
#: Class numbers of SYNTHIA, by the names of Cityscapes.
SYNTHIA_IDS = {
    'sky': 1, 'building': 2, 'road': 3, 'sidewalk': 4, 'fence': 5,
    'vegetation': 6, 'pole': 7, 'car': 8, 'traffic sign': 9, 'person': 10,
    'bicycle': 11, 'motorcycle': 12, 'traffic light': 15, 'terrain': 16,
    'rider': 17, 'truck': 18, 'bus': 19, 'train': 20, 'wall': 21,
    'lane marking': 22
}
#: Colours of Virtual KITTI 2; a class is the number of its line.
VKITTI2_COLOURS = {
    'terrain': [210, 0, 200],
    'sky': [90, 200, 255],
    'tree': [0, 199, 0],
    'vegetation': [90, 240, 0],
    'building': [140, 140, 140],
    'road': [100, 60, 100],
    'guard rail': [250, 100, 255],
    'traffic sign': [255, 255, 0],
    'traffic light': [200, 200, 0],
    'pole': [255, 130, 0],
    'misc': [80, 80, 80],
    'truck': [160, 60, 60],
    'car': [255, 127, 80],
    'van': [0, 139, 139]
}
VKITTI2_IDS = {name: i for i, name in enumerate(VKITTI2_COLOURS)}
#: Colour of every class and group, where a data set has none of its own.
COLOURS = {
    **dict(zip(NAMES, CityscapesDataset.METAINFO['palette'])),
    'flat': [128, 64, 128],
    'construction': [70, 70, 70],
    'object': [153, 153, 153],
    'nature': [107, 142, 35],
    'human': [220, 20, 60],
    'vehicle': [0, 0, 142]
}


def single(names: Iterable[str], *without: str) -> Groups:
    """Every name a class of its own."""
    return {name: (name, ) for name in names if name not in without}


RARE = ('terrain', 'truck', 'train')
SEVEN = {
    'flat': ('road', 'sidewalk', 'lane marking'),
    'construction': ('building', 'fence'),
    'object': ('pole', 'traffic light', 'traffic sign'),
    'nature': ('vegetation', ),
    'sky': ('sky', ),
    'human': ('person', ),
    'vehicle': ('car', 'bicycle')
}
_EIGHT = ('road', 'building', 'pole', 'traffic light', 'traffic sign')
#: Data set to number of classes to set.
CITYSCAPES_SETS: dict[int, Groups] = {
    19: single(NAMES),
    16: single(NAMES, *RARE),
    13: single(NAMES, *RARE, 'wall', 'fence', 'pole'),
    8: {
        **single((*_EIGHT, 'vegetation', 'sky')), 'vehicle': ('car', 'bus')
    },
    7: SEVEN
}
SYNTHIA_SETS = {n: CITYSCAPES_SETS[n] for n in (16, 13, 7)}
VKITTI2_SETS: dict[int, Groups] = {
    14: single(VKITTI2_IDS),
    8: {
        **single(_EIGHT), 'vegetation': ('tree', 'vegetation'),
        'sky': ('sky', ),
        'vehicle': ('truck', 'car', 'van')
    }
}


def choose(sets: Mapping[int, Groups], number: int, ids: Mapping[str, int],
           dataset: str) -> tuple[dict, dict[int, int]]:
    """Names and colours of a set, and its map from numbers to classes.

    Args:
        sets (Mapping[int, Groups]): Sets of the data set.
        number (int): Number of classes.
        ids (Mapping[str, int]): Name to number in the files.
        dataset (str): For the message.

    Returns:
        tuple: ``dict(classes=..., palette=...)`` and a `label_map`.

    Raises:
        ValueError: There is no such set.
    """
    if number not in sets:
        raise ValueError(
            f'classes={number!r} of {dataset} is not known: use '
            f'{", ".join(map(str, sets))}. For others, give a `label_map` in '
            'label_files=dict(semseg=...) and metainfo=dict(classes=..., '
            'palette=...).')
    groups = sets[number]
    colours = VKITTI2_COLOURS if number == 14 else COLOURS
    meta = dict(classes=tuple(groups), palette=[colours[n] for n in groups])
    return meta, {
        ids[name]: i
        for i, names in enumerate(groups.values()) for name in names
        if name in ids
    }
