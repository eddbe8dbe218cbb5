# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the tables of cityscapesScripts, of SYNTHIA's readme, of DenseMTL,
and of Virtual KITTI 2, copied out by hand as numbers."""
import pytest

from mtcp_mm.datasets.driving_classes import (
    CITYSCAPES_IDS,
    CITYSCAPES_SETS,
    SYNTHIA_IDS,
    SYNTHIA_SETS,
    VKITTI2_IDS,
    VKITTI2_SETS,
    choose,
)

SIXTEEN = ('road', 'sidewalk', 'building', 'wall', 'fence', 'pole',
           'traffic light', 'traffic sign', 'vegetation', 'sky', 'person',
           'rider', 'car', 'bus', 'motorcycle', 'bicycle')
SEVEN = ('flat', 'construction', 'object', 'nature', 'sky', 'human',
         'vehicle')
CITYSCAPES = {
    19: {7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9,
         23: 10, 24: 11, 25: 12, 26: 13, 27: 14, 28: 15, 31: 16, 32: 17,
         33: 18},
    16: {7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 23: 9,
         24: 10, 25: 11, 26: 12, 28: 13, 32: 14, 33: 15},
    13: {7: 0, 8: 1, 11: 2, 19: 3, 20: 4, 21: 5, 23: 6, 24: 7, 25: 8, 26: 9,
         28: 10, 32: 11, 33: 12},
    8: {7: 0, 11: 1, 17: 2, 19: 3, 20: 4, 21: 5, 23: 6, 26: 7, 28: 7},
    7: {7: 0, 8: 0, 11: 1, 13: 1, 17: 2, 19: 2, 20: 2, 21: 3, 23: 4, 24: 5,
        26: 6, 33: 6}
}
SYNTHIA = {
    16: {3: 0, 4: 1, 2: 2, 21: 3, 5: 4, 7: 5, 15: 6, 9: 7, 6: 8, 1: 9,
         10: 10, 17: 11, 8: 12, 19: 13, 12: 14, 11: 15},
    13: {3: 0, 4: 1, 2: 2, 15: 3, 9: 4, 6: 5, 1: 6, 10: 7, 17: 8, 8: 9,
         19: 10, 12: 11, 11: 12},
    7: {3: 0, 4: 0, 22: 0, 2: 1, 5: 1, 7: 2, 9: 2, 15: 2, 6: 3, 1: 4, 10: 5,
        8: 6, 11: 6}
}
VKITTI2 = {
    14: {i: i for i in range(14)},
    8: {5: 0, 4: 1, 9: 2, 8: 3, 7: 4, 2: 5, 3: 5, 1: 6, 11: 7, 12: 7, 13: 7}
}


@pytest.mark.parametrize('sets, ids, expected', [
    (CITYSCAPES_SETS, CITYSCAPES_IDS, CITYSCAPES),
    (SYNTHIA_SETS, SYNTHIA_IDS, SYNTHIA),
    (VKITTI2_SETS, VKITTI2_IDS, VKITTI2)])
def test_maps_of_the_reference(sets, ids, expected):
    found = {n: choose(sets, n, ids, 'it') for n in sets}
    assert {n: label_map for n, (_, label_map) in found.items()} == expected
    for number, (meta, _) in found.items():
        assert len(meta['classes']) == len(meta['palette']) == number
        assert len(set(map(tuple, meta['palette']))) == number


@pytest.mark.parametrize('sets', [CITYSCAPES_SETS, SYNTHIA_SETS])
def test_names_are_shared(sets):
    assert tuple(sets[16]) == SIXTEEN
    assert tuple(sets[13]) == tuple(
        n for n in SIXTEEN if n not in ('wall', 'fence', 'pole'))
    assert tuple(sets[7]) == SEVEN


def test_eight_are_the_same_of_both():
    assert tuple(CITYSCAPES_SETS[8]) == tuple(VKITTI2_SETS[8]) == (
        'road', 'building', 'pole', 'traffic light', 'traffic sign',
        'vegetation', 'sky', 'vehicle')


def test_no_such_set():
    with pytest.raises(ValueError, match='classes=14 of it.*19, 16, 13, 8, 7'):
        choose(CITYSCAPES_SETS, 14, CITYSCAPES_IDS, 'it')
