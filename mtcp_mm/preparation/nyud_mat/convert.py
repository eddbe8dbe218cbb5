# Copyright (c) mtcp_mm authors. All rights reserved.
"""Write nyu_depth_v2_labeled.mat in the layout of NYUD_MT."""
import json
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import chain
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import numpy as np
from PIL import Image

from mtcp_mm.utils.camera import Camera
from mtcp_mm.utils.errors import UsageError
from mtcp_mm.utils.files import replacing_folder
from mtcp_mm.utils.surface_normals import normals_from_depth
from mtcp_mm.version import __version__
from .edges import label_boundaries
from .reader import LabelledFile
from .tables import load_mapping, load_split

#: Lies beside the data and says where they are from.
MARKER = 'nyud_from_mat.json'
#: Colour camera of NYU-Depth-v2; the depth maps are registered to it. Its
#: authors' toolbox counts pixels from 1 when it back-projects them. (Another
#: convention would turn a normal by at most 1 / 519 rad = 0.11 degrees.)
NYU_CAMERA = Camera(518.857901, 519.469611, 325.582449, 253.736166, first=1.)
FOLDERS = ('images', 'segmentation', 'depth', 'normals', 'edge')
BLOCK = 8  # images per job: neighbours may share chunks of the file
README = """\
# NYU-Depth-v2, converted from nyu_depth_v2_labeled.mat

Written by tools/dataset_converters/nyud_mat2mt.py of mtcp_mm. The layout is
that of the archive NYUD_MT, but the labels are not: scores on `normals` and
`edge` cannot be compared to scores on NYUD_MT.

- images: JPEG, quality 95, no chroma subsampling, {height}x{width}
- segmentation: 0 = void, 1..40 (894 labels mapped to 40 classes)
- depth: float32 metres, `{depth}` of the file
- normals: COMPUTED FROM DEPTH by plane fits over 11x11 pixels; x right, y
  down, z forward, turned to the camera; 0-vector where the sensor measured
  nothing
- edge: BOUNDARIES OF THE LABELS{instances}, no drawn contours
- gt_sets: the official split, {train} train and {val} val (test) images
"""


def make_labels(sample: dict, mapping: np.ndarray,
                depth: str = 'depths') -> dict[str, np.ndarray]:
    """All files of one image.

    Args:
        sample (dict): From :meth:`LabelledFile.read`.
        mapping (np.ndarray): Label to class, uint8 (N + 1,).
        depth (str): Key of the depth map to write.

    Returns:
        dict[str, np.ndarray]: By folder: ``images`` uint8 (H, W, 3);
        ``segmentation`` uint8 (H, W); ``depth``, ``normals`` and ``edge``
        float32.

    Raises:
        ValueError: A label that the mapping does not have.
    """
    labels = sample['labels'].astype(np.int64)
    if labels.max() >= len(mapping):
        raise ValueError(f'label {labels.max()} is not in the mapping, which '
                         f'has 0..{len(mapping) - 1}')
    regions = labels
    if 'instances' in sample:  # two chairs side by side
        regions = labels * 65536 + sample['instances'] * (labels > 0)
    return dict(
        images=sample['images'],
        segmentation=mapping[labels],
        depth=sample[depth].clip(0),
        normals=normals_from_depth(sample['depths'], sample['rawDepths'] > 0,
                                   NYU_CAMERA),
        edge=label_boundaries(regions).astype(np.float32))


def _save(root: str, name: str, files: dict[str, np.ndarray]) -> None:
    """Write the files of one image."""
    for folder, array in files.items():
        path = os.path.join(root, folder, name)
        array = np.ascontiguousarray(array)
        if folder == 'images':
            Image.fromarray(array).save(
                path + '.jpg', quality=95, subsampling=0)
        elif folder == 'segmentation':
            Image.fromarray(array).save(path + '.png')
        else:
            np.save(path + '.npy', array)


def _convert_block(block: Sequence[int], source: str, root: str,
                   mapping: np.ndarray, depth: str) -> Sequence[int]:
    """Convert some images; a process opens the file for itself."""
    with LabelledFile(source) as file:
        for i in block:
            try:
                files = make_labels(file.read(i), mapping, depth)
            except (OSError, ValueError) as error:
                raise UsageError(
                    f'image {i + 1} of {source}: {error}') from error
            _save(root, f'{i + 1:04d}', files)
    return block


def _check_names(file: LabelledFile, names: list[str]) -> None:
    """Raise if the labels of file and mapping are not the same ones."""
    found = file.names
    if len(found) != len(names):
        raise ValueError(f'{file.path} names {len(found)} labels, but the '
                         f'mapping {len(names)}. Give the one that belongs '
                         'to it with --mapping.')
    for i, (a, b) in enumerate(zip(found, names), 1):
        if a.split() != b.split():  # spaces have no meaning
            raise ValueError(f'label {i} of {file.path} is "{a}", but "{b}" '
                             'in the mapping. Give the one that belongs to '
                             'it with --mapping.')


def _check_space(folder: Path, count: int, height: int, width: int) -> None:
    """Raise if the files will not fit."""
    need = count * height * width * 4 * 5.25  # depth 1, normals 3, edge 1
    free = shutil.disk_usage(folder).free
    if free < need:
        raise ValueError(f'{folder} has {free / 1e9:.1f} GB free, but '
                         f'{need / 1e9:.1f} GB are needed. Make room, or '
                         'choose another OUT.')


def check_target(out: Path, overwrite: bool) -> None:
    """Raise if ``out`` may not be written.

    Raises:
        ValueError: Says what it holds.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise ValueError(f'{out} is a file, expected a folder or nothing.')
    if not any(out.iterdir()):
        return
    if not (out / MARKER).exists():
        raise ValueError(f'{out} holds something that this tool did not '
                         'write, and it is never deleted. Choose another '
                         'OUT.')
    if not overwrite:
        raise ValueError(f'{out} is there already. Replace it with '
                         '--overwrite, or choose another OUT.')


def convert(source: str,
            out: str,
            mapping: str | None = None,
            splits: str | None = None,
            depth: str = 'depths',
            workers: int = 1,
            overwrite: bool = False,
            progress: Callable = lambda results, total: results) -> dict:
    """Convert the file; the whole folder appears at once, or not at all.

    Args:
        source (str): nyu_depth_v2_labeled.mat.
        out (str): Folder to create.
        mapping (str, optional): classMapping40.mat, by default the table of
            this package.
        splits (str, optional): splits.mat, likewise.
        depth (str): 'depths' (holes filled in by its authors) or 'rawDepths'
            (0 = the sensor saw nothing).
        workers (int): Processes. Defaults to 1.
        overwrite (bool): Replace an earlier conversion.
        progress (Callable): Wraps (iterator, number of images).

    Returns:
        dict: What is written to ``MARKER``.

    Raises:
        ValueError: Of the file, the tables or ``out``; says what is wrong.
        ImportError: h5py is not installed.
    """
    table, names = load_mapping(mapping)
    split = load_split(splits)
    target = Path(out).resolve()
    check_target(target, overwrite)
    with LabelledFile(source) as file:
        count, (height, width) = len(file), file.size
        _check_names(file, names)
        listed = sum(map(len, split.values()))
        if listed != count:
            raise ValueError(f'{source} has {count} images, but the split '
                             f'{listed}. Give the one that belongs to it '
                             'with --splits.')
        instances = file.has_instances
    target.parent.mkdir(parents=True, exist_ok=True)
    _check_space(target.parent, count, height, width)
    about = dict(
        converter='mtcp_mm nyud_mat2mt',
        version=__version__,
        source=os.path.basename(source),
        source_bytes=os.path.getsize(source),
        images=count,
        size=[height, width],
        depth=depth,
        normals='computed from depth',
        normals_camera=asdict(NYU_CAMERA),
        edge='boundaries of labels' + ' and instances' * instances,
        mapping=mapping or 'classes40.txt of mtcp_mm',
        splits=splits or 'test_split.txt of mtcp_mm')
    with replacing_folder(target) as temporary:
        for folder in (*FOLDERS, 'gt_sets'):
            (temporary / folder).mkdir()
        job = partial(_convert_block, source=str(source),
                      root=str(temporary), mapping=table, depth=depth)
        blocks = [range(i, min(i + BLOCK, count))
                  for i in range(0, count, BLOCK)]
        for _ in progress(_run(job, blocks, workers), count):
            pass
        for name, ids in split.items():
            (temporary / 'gt_sets' / f'{name}.txt').write_text(
                ''.join(f'{i:04d}\n' for i in ids))
        (temporary / 'README.md').write_text(README.format(
            height=height, width=width, depth=depth,
            instances=' AND INSTANCES' * instances,
            **{k: len(v) for k, v in split.items()}))
        (temporary / MARKER).write_text(json.dumps(about, indent=2) + '\n')
    return about


def _run(job: Callable, blocks: Sequence, workers: int):
    """Images that are done, one by one."""
    if workers == 1:
        yield from chain.from_iterable(map(job, blocks))
        return
    # A forked worker has its imports already, and no HDF5 file is open now.
    method = 'fork' if 'fork' in get_all_start_methods() else None
    pool = ProcessPoolExecutor(workers, get_context(method))
    try:
        yield from chain.from_iterable(pool.map(job, blocks))
    finally:
        pool.shutdown(cancel_futures=True)
