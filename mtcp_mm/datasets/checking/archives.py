# Copyright (c) mtcp_mm authors. All rights reserved.
"""The archives of this field that are known, and how to tell them apart."""
from collections.abc import Mapping
from dataclasses import dataclass, field

import mmengine.fileio as fileio

from ..base import MultiTaskDataset
from ..folder import DataFolder
from ..nyud import NYUDMultiTaskDataset
from ..pascal import PASCALContextMultiTaskDataset


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


@dataclass(frozen=True)
class Kind:
    """What a ``--type`` stands for.

    Attributes:
        dataset (type): The data set class that reads it.
        tasks (Mapping): Labels that are checked, with a task for each.
        archives (tuple): Those that the class can read.
        foreign (Mapping): Name of an archive that it cannot read, to
            (folder, suffix) of files that only that one has.
        converted (Mapping): File that a converter leaves beside data that
            look like an archive, to what they are.
        one_size (bool): All images have one size. Defaults to False.
    """

    dataset: type[MultiTaskDataset]
    tasks: Mapping[str, dict]
    archives: tuple[Archive, ...]
    foreign: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    converted: Mapping[str, str] = field(default_factory=dict)
    one_size: bool = False


NYUD = dict(train=795, val=654)
KINDS = dict(
    nyud=Kind(
        NYUDMultiTaskDataset,
        dict(
            semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
            depth=dict(type='mtcp_mm.DepthTask'),
            normals=dict(type='mtcp_mm.NormalsTask'),
            edge=dict(type='mtcp_mm.EdgeTask')),
        (Archive('NYUD_MT of MTI-Net', 'mt', NYUD, (480, 640)),
         Archive('NYUDv2 of ATRC', 'v2', NYUD, (425, 560))),
        {
            'NYUD_MT of ASTMT (MATLAB files)': ('segmentation', '.mat'),
            'NYUv2 of MTAN and LibMTL (13 classes, 288x384)':
            ('train/image', '.npy')
        },
        {
            'nyud_from_mat.json':
            'converted from nyu_depth_v2_labeled.mat, not NYUD_MT: scores of '
            'normals and edges cannot be compared to published ones'
        },
        one_size=True),
    pascal=Kind(
        PASCALContextMultiTaskDataset,
        dict(
            semseg=dict(type='mtcp_mm.SemSegTask', num_classes=21),
            human_parts=dict(type='mtcp_mm.HumanPartsTask'),
            saliency=dict(type='mtcp_mm.SaliencyTask'),
            normals=dict(type='mtcp_mm.NormalsTask'),
            edge=dict(type='mtcp_mm.EdgeTask')),
        (Archive('PASCAL_MT of ASTMT (PASCALContext of ATRC)', 'pascal_mt',
                 dict(train=4998, val=5105)), )))


def find_foreign(kind: Kind, folder: DataFolder) -> str | None:
    """Name of the archive that nothing here reads, if it is one."""
    for name, (place, suffix) in kind.foreign.items():
        if folder.names(place, suffix):
            return name
    return None


def find_converted(kind: Kind, root: str) -> str | None:
    """What these data are, if they were made by one of our converters."""
    for file, what in kind.converted.items():
        if root and fileio.exists(fileio.join_path(root, file)):
            return what
    return None


def name_archive(kind: Kind, layout: str, counts: Mapping[str, int],
                 size: tuple[int, int] | None) -> tuple[bool, str]:
    """Which of the known archives this is.

    Args:
        kind (Kind): What it should be.
        layout (str): Layout of its files.
        counts (Mapping[str, int]): Images listed per split.
        size (tuple[int, int], optional): (height, width), if all are equal.

    Returns:
        tuple[bool, str]: Whether it is one, and its name or how it differs.
    """
    found = _describe(counts, size)
    known = [a for a in kind.archives if a.layout == layout]
    for archive in known:
        if (archive.size in (None, size)
                and dict(archive.counts) == dict(counts)):
            return True, f'{archive.name}: {found}.'
    expected = '; '.join(f'{a.name} has {_describe(a.counts, a.size)}'
                         for a in known)
    return False, (f'none of the known archives: {found} in layout `{layout}`'
                   f', but {expected}. Scores on it cannot be compared to '
                   'published ones.')


def _describe(counts: Mapping[str, int], size) -> str:
    """E.g. '795 train + 654 val images of 480x640'."""
    images = ' + '.join(f'{n} {split}' for split, n in counts.items())
    return f'{images} images' + (f' of {size[0]}x{size[1]}' if size else '')
