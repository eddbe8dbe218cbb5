# Copyright (c) mtcp_mm authors. All rights reserved.
"""Write one picture with its labels as each of the data sets does."""
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mtcp_mm.datasets import (
    CityscapesMultiTaskDataset,
    SynthiaMultiTaskDataset,
    VKITTI2MultiTaskDataset,
)
from mtcp_mm.datasets.driving_classes import (
    CITYSCAPES_IDS,
    SYNTHIA_IDS,
    VKITTI2_COLOURS,
)
from mtcp_mm.datasets.vkitti2 import SCENES
from mtcp_mm.utils.camera import Camera

#: Of a frame of Cityscapes; those of others differ a little.
CITYSCAPES_JSON = dict(
    extrinsic=dict(baseline=.209313, pitch=.038, roll=0., x=1.7, y=.1,
                   yaw=-.0195, z=1.22),
    intrinsic=dict(fx=2262.52, fy=2265.3017905988554, u0=1096.98,
                   v0=513.137))
#: Names of Virtual KITTI 2 for what has another one there; a class that is
#: not there at all is black.
VKITTI2_NAMES = dict(sidewalk='terrain', fence='guard rail',
                     vegetation='tree', bus='truck')


@dataclass(frozen=True)
class Shot:
    """A picture to take.

    Attributes:
        place (tuple[str, ...]): Parts of its name.
        street (str): Those with the same one show the same street.
        step (float): Metres along the street.
        yaw (float): Degrees to the left.
    """

    place: tuple[str, ...]
    street: str
    step: float = 0.
    yaw: float = 0.


@dataclass(frozen=True)
class Format:
    """A data set.

    Attributes:
        camera (Camera): Of the full size.
        shots (Callable): Numbers of images (train, val) to shots.
        save (Callable): Writes a rendered picture: (root, place, picture).
    """

    camera: Camera
    shots: Callable[[int, int], Iterator[Shot]]
    save: Callable[[Path, tuple[str, ...], Mapping[str, np.ndarray]], None]


def write_image(path: Path, array: np.ndarray) -> None:
    """Write grey or RGB values of 8 or 16 bits by the ending of the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = array[..., ::-1] if array.ndim == 3 else array  # OpenCV: BGR
    path.write_bytes(cv2.imencode(path.suffix, array)[1].tobytes())


def codes(names: np.ndarray, table: Mapping, other) -> np.ndarray:
    """What stands for each name, shape (H, W, ...)."""
    known, index = np.unique(names.astype(str), return_inverse=True)
    return np.array([table.get(n, other) for n in known])[
        index.reshape(names.shape)]


def centimetres(depth: np.ndarray) -> np.ndarray:
    """16 bits; what is beyond them is 65535."""
    return np.minimum(np.round(depth * 100), 65535).astype(np.uint16)


# ---- Cityscapes -----------------------------------------------------------
def cityscapes_shots(train: int, val: int) -> Iterator[Shot]:
    """A city a split, a street an image."""
    for split, city, count in (('train', 'aachen', train),
                               ('val', 'frankfurt', val)):
        for i in range(count):
            name = f'{city}_{i:06d}_000019'
            yield Shot((split, city, name), name)


def save_cityscapes(root: Path, place: tuple[str, ...],
                    picture: Mapping[str, np.ndarray]) -> None:
    """Disparities are those of the full size, as in copies of the set."""
    def path(folder, ending):
        return root.joinpath(folder, *place[:-1], place[-1] + ending)

    write_image(path('leftImg8bit', '_leftImg8bit.png'), picture['image'])
    write_image(path('gtFine', '_gtFine_labelIds.png'),
                codes(picture['names'], CITYSCAPES_IDS, 0).astype(np.uint8))
    pixels = (CITYSCAPES_JSON['extrinsic']['baseline'] *
              CITYSCAPES_JSON['intrinsic']['fx'] / picture['depth'])
    stored = np.where(np.isfinite(picture['depth']), pixels * 256 + 1, 0)
    write_image(path('disparity', '_disparity.png'),
                np.round(stored).clip(0, 65535).astype(np.uint16))
    file = path('camera', '_camera.json')
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(CITYSCAPES_JSON, indent=4))


# ---- Virtual KITTI 2 ------------------------------------------------------
def vkitti2_shots(train: int, val: int) -> Iterator[Shot]:
    """Scene18 is for validation; a drive of a metre per frame."""
    *others, last = sorted(SCENES, key=lambda s: s == 'Scene18')
    counts = {s: len(range(i, train, 4)) for i, s in enumerate(others)}
    for scene, count in {**counts, last: val}.items():
        for variation, yaw in (('clone', 0.), ('15-deg-left', 15.)):
            for i in range(count):
                yield Shot((scene, variation, 'Camera_0', f'{i:05d}'), scene,
                           float(i), yaw)


def save_vkitti2(root: Path, place: tuple[str, ...],
                 picture: Mapping[str, np.ndarray]) -> None:
    """Colours of classes, depth in centimetres."""
    scene, variation, camera, frame = place
    base = root / scene / variation / 'frames'
    table = {**VKITTI2_COLOURS, **{
        name: VKITTI2_COLOURS[there] for name, there in VKITTI2_NAMES.items()}}
    write_image(base / f'rgb/{camera}/rgb_{frame}.jpg', picture['image'])
    write_image(base / f'depth/{camera}/depth_{frame}.png',
                centimetres(picture['depth']))
    write_image(base / f'classSegmentation/{camera}/classgt_{frame}.png',
                codes(picture['names'], table, [0, 0, 0]).astype(np.uint8))


# ---- SYNTHIA --------------------------------------------------------------
def synthia_shots(train: int, val: int) -> Iterator[Shot]:
    """Views that turn from image to image; a lot makes the split."""
    for i in range(train + val):
        yield Shot((f'{i:07d}', ), str(i), yaw=float(i * 7 % 31 - 15))


def save_synthia(root: Path, place: tuple[str, ...],
                 picture: Mapping[str, np.ndarray]) -> None:
    """Classes as 16-bit RGB and 8-bit grey; depth in three channels."""
    name = f'{place[0]}.png'
    label = codes(picture['names'], SYNTHIA_IDS, 0).astype(np.uint16)
    depth = centimetres(picture['depth'])
    write_image(root / 'RGB' / name, picture['image'])
    write_image(root / 'GT/LABELS' / name, np.stack(
        [label, picture['instance'].astype(np.uint16), label * 0], -1))
    write_image(root / 'parsed_LABELS' / name, label.astype(np.uint8))
    write_image(root / 'Depth/Depth' / name, np.stack([depth] * 3, -1))


INSIDE = CITYSCAPES_JSON['intrinsic']
FORMATS = dict(
    cityscapes=Format(
        Camera(INSIDE['fx'], INSIDE['fy'], INSIDE['u0'], INSIDE['v0'],
               size=CityscapesMultiTaskDataset.camera['size']),
        cityscapes_shots, save_cityscapes),
    vkitti2=Format(Camera(**VKITTI2MultiTaskDataset.camera), vkitti2_shots,
                   save_vkitti2),
    synthia=Format(Camera(**SynthiaMultiTaskDataset.camera), synthia_shots,
                   save_synthia))
