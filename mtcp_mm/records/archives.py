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
#: Class of a data set to the archives that it reads.
ARCHIVES = dict(
    NYUDMultiTaskDataset=(
        Archive('NYUD_MT of MTI-Net', 'mt', NYUD, (480, 640)),
        Archive('NYUDv2 of ATRC', 'v2', NYUD, (425, 560))),
    PASCALContextMultiTaskDataset=(
        Archive('PASCAL_MT of ASTMT (PASCALContext of ATRC)', 'pascal_mt',
                dict(train=4998, val=5105)), ))
#: What nyud_mat2mt.py leaves beside its data, which look like an archive.
CONVERTED = 'nyud_from_mat.json'


def find_converted(root: str) -> str | None:
    """What these data are, if they were made by one of our converters."""
    if not root or not fileio.exists(fileio.join_path(root, CONVERTED)):
        return None
    return ('converted from nyu_depth_v2_labeled.mat, not NYUD_MT: scores of '
            'normals and edges cannot be compared to published ones')
