# Copyright (c) mtcp_mm authors. All rights reserved.
"""Write demo scenes in the layout of the NYUD_MT archive."""
import json
import os
from functools import partial
from multiprocessing import get_all_start_methods, get_context

import numpy as np
from PIL import Image

from mtcp_mm.utils.files import replacing_folder
from .photo import render_rgb
from .render import boundaries, render_labels
from .scene import make_room
from .views import choose_camera

VERSION = 2  # raise it whenever the same parameters give other arrays
VIEWS = 2  # images per room
MARKER = 'demo.json'
SPLITS = ('train', 'val')
LAYOUTS = {  # folder -> ending
    'mt': dict(images='.jpg', segmentation='.png', depth='.npy',
               normals='.npy', edge='.npy'),
    'v2': dict(images='.png', segmentation='.png', depth='.npy',
               normals='.png', edge='.png'),
}


def make_samples(split, number, count, size, seed):
    """Images of one room.

    Args:
        split (int): 0 = train, 1 = val; their rooms differ.
        number (int): Which room of the split.
        count (int): How many views.
        size (tuple[int, int]): Image height and width.
        seed (int): Of the data set, >= 0.

    Returns:
        list[dict[str, ndarray]]: `images` uint8 (H, W, 3) sRGB;
        `segmentation` uint8 (H, W), 0 = void, 1..40; `depth` float32 (H, W)
        metres; `normals` float32 (H, W, 3); `edge` bool (H, W).
    """
    def stream(*key):
        return np.random.default_rng(
            np.random.SeedSequence([seed, split, number, *key]))

    room, samples = make_room(stream(0)), []
    for view in range(count):
        rng = stream(1, view)
        camera = choose_camera(room, rng, size)
        labels = render_labels(room, camera)
        samples.append(dict(
            images=render_rgb(room, camera, rng),
            segmentation=labels['segmentation'],
            depth=labels['depth'].astype(np.float32),
            normals=labels['normals'].astype(np.float32),
            edge=boundaries(labels['segmentation'])))
    return samples


def _save(root, layout, name, sample):
    def path(folder):
        return os.path.join(root, folder, name + LAYOUTS[layout][folder])

    edge, normals = sample['edge'], sample['normals']
    Image.fromarray(sample['images']).save(path('images'), quality=95)
    Image.fromarray(sample['segmentation']).save(path('segmentation'))
    np.save(path('depth'), sample['depth'])
    if layout == 'mt':
        np.save(path('normals'), normals)
        np.save(path('edge'), edge.astype(np.float32))
    else:
        Image.fromarray(np.round((normals + 1) * 127.5).astype(
            np.uint8)).save(path('normals'))
        Image.fromarray(edge.astype(np.uint8) * 255).save(path('edge'))


def _run(job, root, layout, size, seed):
    """Render and save one room; `job` = (split, number, names)."""
    split, number, names = job
    for name, sample in zip(names, make_samples(split, number, len(names),
                                                size, seed)):
        _save(root, layout, name, sample)
    return len(names)


def write_demo(out, num_train=240, num_val=60, size=(120, 160), seed=0,
               layout='mt', workers=2, force=False, progress=None):
    """Write a data set of synthetic rooms, all of it or nothing.

    The same parameters give the same arrays, whatever `workers` is.

    Args:
        out (str): Folder to create.
        num_train (int): Training images, >= 1. Defaults to 240.
        num_val (int): Validation images, >= 1. Defaults to 60.
        size (tuple[int, int]): Height and width in pixels, >= 8.
        seed (int): >= 0. Defaults to 0.
        layout (str): 'mt' (NYUD_MT) or 'v2'. Defaults to 'mt'.
        workers (int): Processes, >= 1. Defaults to 2.
        force (bool): Replace what `out` holds. Defaults to False.
        progress (Callable | None): Called with the number of images done.

    Returns:
        bool: False if `out` held exactly this data set already.

    Raises:
        ValueError: If a parameter is out of range, or `out` holds something
            else and `force` is not set.
    """
    size = tuple(int(n) for n in size)
    for name, value, low in (
            ('num_train', num_train, 1), ('num_val', num_val, 1),
            ('size', min(size), 8), ('seed', seed, 0),
            ('workers', workers, 1)):
        if value < low:
            raise ValueError(f'{name} is {value}, expected at least {low}.')
    if layout not in LAYOUTS:
        raise ValueError(f'layout is {layout!r}, expected one of '
                         f'{", ".join(LAYOUTS)}.')
    out = os.path.realpath(out)
    wanted = dict(generator='mtcp_mm demo scenes', version=VERSION,
                  num_train=num_train, num_val=num_val, size=list(size),
                  seed=seed, layout=layout)
    if not force and _is_done(out, wanted):
        return False
    _check_replaceable(out, force)
    with replacing_folder(out) as folder:
        _fill(folder, wanted, workers, progress)
        (folder / MARKER).write_text(json.dumps(wanted, indent=2))
    return True


def _is_done(out, wanted):
    """Whether `out` holds this data set, judged by marker and file counts."""
    try:
        with open(os.path.join(out, MARKER)) as f:
            found = json.load(f)
    except (OSError, ValueError):
        return False
    count = wanted['num_train'] + wanted['num_val']
    return found == wanted and all(
        os.path.isdir(os.path.join(out, folder)) and
        len(os.listdir(os.path.join(out, folder))) == count
        for folder in LAYOUTS[wanted['layout']])


def _check_replaceable(out, force):
    """Raise unless `out` may be replaced."""
    if not os.path.lexists(out):
        return
    if not os.path.isdir(out):
        raise ValueError(f'{out} is a file, expected a folder or nothing. '
                         'Choose another OUT.')
    if not os.listdir(out):
        return
    if not force:
        known = os.path.exists(os.path.join(out, MARKER))
        what = ('a demo data set with other parameters, of another version '
                f'or with files missing (see its {MARKER})' if known else
                'something that this tool did not write')
        raise ValueError(f'{out} holds {what}. Choose another OUT, or '
                         'replace it with --force.')
    here = os.path.realpath(os.getcwd())
    if os.path.commonpath([out, here]) == out:
        raise ValueError(f'{out} holds the current folder {here}; even '
                         '--force does not delete that. Choose another OUT.')


def _fill(root, wanted, workers, progress):
    """Render everything but the marker into `root`."""
    layout, size = wanted['layout'], tuple(wanted['size'])
    for folder in (*LAYOUTS[layout], 'gt_sets'):
        os.mkdir(os.path.join(root, folder))
    jobs, first = [], 1
    for split, name in enumerate(SPLITS):
        count = wanted[f'num_{name}']
        ids = [f'{i:04d}' for i in range(first, first + count)]
        first += count
        with open(os.path.join(root, 'gt_sets', name + '.txt'), 'w') as f:
            f.write('\n'.join(ids) + '\n')
        jobs += [(split, i // VIEWS, ids[i:i + VIEWS])
                 for i in range(0, count, VIEWS)]
    run = partial(_run, root=root, layout=layout, size=size,
                  seed=wanted['seed'])
    done = 0
    for count in _map(run, jobs, workers):
        done += count
        if progress:
            progress(done)


def _map(run, jobs, workers):
    if workers == 1:
        yield from map(run, jobs)
        return
    # a forked worker has its imports already
    method = 'fork' if 'fork' in get_all_start_methods() else None
    with get_context(method).Pool(min(workers, len(jobs))) as pool:
        yield from pool.imap_unordered(run, jobs)
