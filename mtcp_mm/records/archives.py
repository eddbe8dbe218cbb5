# Copyright (c) mtcp_mm authors. All rights reserved.
"""The archives of this field that are known: facts, nothing is read."""
from collections.abc import Mapping
from dataclasses import dataclass

import mmengine.fileio as fileio


@dataclass(frozen=True)
class Archive:
    """A known archive.

    Attributes:
        name (str): Name and origin.
        layout (str): Its layout in the data set class.
        counts (Mapping[str, int]): Split to number of images.
        size (tuple[int, int], optional): (height, width) of every image.
    """

    name: str
    layout: str
    counts: Mapping[str, int]
    size: tuple[int, int] | None = None


NYUD = dict(train=795, val=654)
CITYSCAPES = dict(train=2975, val=500)
#: Class of a data set to the archives that it reads.
ARCHIVES = dict(
    NYUDMultiTaskDataset=(
        Archive('NYUD_MT of MTI-Net', 'mt', NYUD, (480, 640)),
        Archive('NYUDv2 of ATRC', 'v2', NYUD, (425, 560))),
    PASCALContextMultiTaskDataset=(
        Archive('PASCAL_MT of ASTMT (PASCALContext of ATRC)', 'pascal_mt',
                dict(train=4998, val=5105)), ),
    CityscapesMultiTaskDataset=(
        Archive('Cityscapes', 'full', CITYSCAPES, (1024, 2048)),
        Archive('Cityscapes at half the size', 'small', CITYSCAPES,
                (512, 1024))),
    # split by scene, Scene18 for validation
    VKITTI2MultiTaskDataset=(
        Archive('VKITTI2 2.0.3, one variation and camera', 'vkitti2',
                dict(train=1787, val=339), (375, 1242)),
        Archive('VKITTI2 2.0.3, all variations and cameras', 'vkitti2',
                dict(train=35740, val=6780), (375, 1242))),
    SynthiaMultiTaskDataset=(
        Archive('SYNTHIA-RAND-CITYSCAPES', 'synthia',
                dict(train=7520, val=1880), (760, 1280)), ))
#: What nyud_mat2mt.py leaves beside its data, which look like an archive.
CONVERTED = 'nyud_from_mat.json'


def find_converted(root: str) -> str | None:
    """What these data are, if they were made by one of our converters."""
    if not root or not fileio.exists(fileio.join_path(root, CONVERTED)):
        return None
    return ('converted from nyu_depth_v2_labeled.mat, not NYUD_MT: scores of '
            'normals and edges cannot be compared to published ones')
