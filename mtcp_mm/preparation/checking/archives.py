# Copyright (c) mtcp_mm authors. All rights reserved.
"""The archives of this field that are known, and how to tell them apart."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mtcp_mm.datasets import (
    CityscapesMultiTaskDataset,
    MultiTaskDataset,
    NYUDMultiTaskDataset,
    PASCALContextMultiTaskDataset,
    SynthiaMultiTaskDataset,
    VKITTI2MultiTaskDataset,
)
from mtcp_mm.datasets.folder import DataFolder
from mtcp_mm.datasets.vkitti2 import CAMERAS, SCENES, VARIATIONS
from mtcp_mm.records.archives import ARCHIVES, Archive


@dataclass(frozen=True)
class Kind:
    """What a ``--type`` stands for.

    Attributes:
        dataset (type): The data set class that reads it.
        tasks (Mapping): Labels that are checked, with a task for each.
        archives (tuple): Those that the class can read.
        foreign (Mapping): Name of an archive that it cannot read, to
            (folder, suffix) of files that only that one has.
        one_size (bool): All images have one size. Defaults to False.
        options (Callable): Folder to options of the class.
    """

    dataset: type[MultiTaskDataset]
    tasks: Mapping[str, dict]
    archives: tuple[Archive, ...]
    foreign: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    one_size: bool = False
    options: Callable[[DataFolder], dict] = lambda folder: {}


def parts_of_vkitti2(folder: DataFolder) -> dict:
    """Scenes, variations and cameras that are there, for all of them."""
    ids = folder.ids(dict(path='{scene}/{variation}/frames/rgb/{camera}/'
                          'rgb_{frame}.jpg'))
    there = list(zip(*(i.split('/') for i in ids))) or ((), (), ())
    parts = dict(scenes=SCENES, variations=VARIATIONS, cameras=CAMERAS)
    found = {name: tuple(v for v in known if v in seen)
             for (name, known), seen in zip(parts.items(), there)}
    return {name: values for name, values in found.items() if values}


def scenes(classes: int) -> dict[str, dict]:
    """Labels of street scenes; normals are made of the depth."""
    return dict(
        semseg=dict(type='mtcp_mm.SemSegTask', num_classes=classes),
        depth=dict(type='mtcp_mm.DepthTask'))


KINDS = dict(
    nyud=Kind(
        NYUDMultiTaskDataset,
        dict(
            semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
            depth=dict(type='mtcp_mm.DepthTask'),
            normals=dict(type='mtcp_mm.NormalsTask'),
            edge=dict(type='mtcp_mm.EdgeTask')),
        ARCHIVES['NYUDMultiTaskDataset'],
        {
            'NYUD_MT of ASTMT (MATLAB files)': ('segmentation', '.mat'),
            'NYUv2 of MTAN and LibMTL (13 classes, 288x384)':
            ('train/image', '.npy')
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
        ARCHIVES['PASCALContextMultiTaskDataset']),
    cityscapes=Kind(
        CityscapesMultiTaskDataset, scenes(19),
        ARCHIVES['CityscapesMultiTaskDataset'], one_size=True),
    vkitti2=Kind(
        VKITTI2MultiTaskDataset, scenes(14),
        ARCHIVES['VKITTI2MultiTaskDataset'], one_size=True,
        options=parts_of_vkitti2),
    synthia=Kind(
        SynthiaMultiTaskDataset, scenes(16),
        ARCHIVES['SynthiaMultiTaskDataset'], one_size=True))


def find_foreign(kind: Kind, folder: DataFolder) -> str | None:
    """Name of the archive that nothing here reads, if it is one."""
    for name, (place, suffix) in kind.foreign.items():
        if folder.names(place, suffix):
            return name
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
