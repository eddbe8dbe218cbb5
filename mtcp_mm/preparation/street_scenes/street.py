# Copyright (c) mtcp_mm authors. All rights reserved.
"""A street: x right, y down, z along it; metres, the camera at the origin."""
from dataclasses import dataclass

import numpy as np

from mtcp_mm.preparation.demo_scenes import Primitive

GROUND = 1.6  # the road, below the camera
LENGTH = 140.  # from 10 m behind the camera on
#: Own z axis of a solid, along which cylinders are drawn, to point down.
UPRIGHT = np.array([[1., 0, 0], [0, 0, 1], [0, 1, 0]])


@dataclass(frozen=True, eq=False)
class Thing:
    """A solid with a class and a colour.

    Attributes:
        solid (Primitive): Its shape; the label there is its number.
        name (str): Class, by the names of Cityscapes.
        colour (tuple): sRGB, 0..255.
    """

    solid: Primitive
    name: str
    colour: tuple


def make_street(rng: np.random.Generator) -> list[Thing]:
    """A street with houses, trees, poles, cars and people.

    Args:
        rng (numpy.random.Generator): Draws sizes and places.
    """
    things: list[Thing] = []

    def add(name, colour, shape, low, high):
        low, high = np.array(low, float), np.array(high, float)
        half = (high - low) / 2
        if shape == 'cylinder':
            half = half[[0, 2, 1]]
        solid = Primitive(
            shape, (low + high) / 2, half, len(things) + 1,
            axes=UPRIGHT if shape == 'cylinder' else np.eye(3))
        things.append(Thing(solid, name, colour))

    def box(name, colour, low, high):
        add(name, colour, 'box', low, high)

    near, far = -10., LENGTH - 10
    box('road', (105, 105, 110), (-4, GROUND, near), (4, GROUND + 1, far))
    for side in (-1, 1):
        span = sorted((4 * side, 7 * side))
        box('sidewalk', (170, 160, 155), (span[0], GROUND - .15, near),
            (span[1], GROUND + 1, far))
        span = sorted((7 * side, 60 * side))
        box('terrain', (110, 140, 80), (span[0], GROUND - .1, near),
            (span[1], GROUND + 1, far))
        _houses(box, rng, side)
        _roadside(add, rng, side)
        _traffic(box, rng, side)
    return things


def _houses(box, rng, side) -> None:
    z = -8.
    while z < LENGTH - 20:
        depth, gap = rng.uniform(8, 16), rng.uniform(0, 6)
        height, inner = rng.uniform(4, 12), rng.uniform(9, 11)
        low, high = sorted((inner * side, (inner + 8) * side))
        tone = rng.integers(90, 210)
        box('building', (tone, tone - 20, tone - 40),
            (low, GROUND - height, z), (high, GROUND + 1, z + depth))
        if gap > 3:
            low, high = sorted((8. * side, 8.1 * side))
            box('fence', (140, 110, 90), (low, GROUND - 1.2, z + depth),
                (high, GROUND + 1, z + depth + gap))
        z += depth + gap


def _roadside(add, rng, side) -> None:
    for z in np.arange(rng.uniform(4, 8), 60, 11.):
        x = 6.5 * side
        add('pole', (90, 90, 90), 'cylinder', (x - .08, GROUND - 4.5, z - .08),
            (x + .08, GROUND, z + .08))
        if rng.random() < .5:
            add('traffic sign', (220, 60, 50), 'box',
                (x - .4, GROUND - 3, z - .13), (x + .4, GROUND - 2.2, z - .1))
        else:
            add('traffic light', (40, 50, 40), 'box',
                (x - .2, GROUND - 4, z - .3), (x + .2, GROUND - 3.1, z - .1))
        x, top = 7.8 * side, rng.uniform(3, 5)
        add('vegetation', (60, 110, 50), 'ellipsoid',
            (x - 1.3, GROUND - top - 2, z + 3.7),
            (x + 1.3, GROUND - top + .6, z + 6.3))
        add('vegetation', (80, 70, 50), 'cylinder',
            (x - .15, GROUND - top, z + 4.85), (x + .15, GROUND, z + 5.15))
        x = rng.uniform(4.6, 6) * side
        add('person', (60, 60, 120), 'cylinder',
            (x - .25, GROUND - 1.7, z + 1.75), (x + .25, GROUND, z + 2.25))


def _traffic(box, rng, side) -> None:
    sizes = dict(car=(1.8, 1.5, 4.), truck=(2.2, 2.8, 7.), bus=(2.4, 3., 9.))
    z = rng.uniform(7, 12)
    while z < 70:
        name = rng.choice(list(sizes), p=(.8, .1, .1))
        width, height, length = sizes[name]
        low, high = sorted((1.2 * side, (1.2 + width) * side))
        colour = tuple(rng.integers(40, 220, 3).tolist())
        box(str(name), colour, (low, GROUND - height, z),
            (high, GROUND - .1, z + length))
        z += length + rng.uniform(4, 16)
