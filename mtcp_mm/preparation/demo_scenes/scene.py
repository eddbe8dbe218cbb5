# Copyright (c) mtcp_mm authors. All rights reserved.
"""Random rooms: walls, furniture that does not collide, lights."""
from dataclasses import dataclass, field

import numpy as np

from . import furniture as f
from . import palette as p
from .geometry import Primitive

# Least and largest sides in metres: rooms and halls. Depth differs a lot
# between them, and is to be told from the picture.
SIZES = (((3.2, 4., 2.4), (5., 7., 2.9)), ((5., 7., 2.5), (8., 13., 3.4)))
SLAB = .2  # thickness of the walls in metres; corners are closed


@dataclass
class Room:
    """A furnished box [0, x] x [0, y] x [0, z].

    Args:
        size (ndarray): Inner sides in metres, shape (3,).
        primitives (list[Primitive]): All solids; the first six are the shell.
        lights (list[tuple]): (position (3,), linear RGB power (3,), whether
            it throws shadows).
    """
    size: np.ndarray
    primitives: list = field(default_factory=list)
    lights: list = field(default_factory=list)

    def add(self, parts, turn, origin):
        self.primitives += f.move(parts, turn, origin)


class _Plan:
    """Which parts of the floor and of the walls are taken.

    Wall k runs along its own x axis, with the room on the side of its y.
    """

    def __init__(self, rng, room):
        self.rng, self.room = rng, room
        self.floor, self.walls = [], [[], [], [], []]

    def frame(self, wall):
        """Start, unit vector along, length and turn of a wall."""
        x, y, _ = self.room.size
        start = np.array([(0, 0), (x, 0), (x, y), (0, y)][wall], float)
        along = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)][wall], float)
        return start, along, (x, y)[wall % 2], wall * np.pi / 2

    @staticmethod
    def _free(taken, low, high, margin=0.):
        return all((low > b + margin).any() or (high < a - margin).any()
                   for a, b in taken)

    def at_wall(self, item, bottom=0., reserve=0., keep_floor=False):
        """Put (parts, size) at a free place of a random wall.

        Args:
            item (tuple): Of `furniture`; size is (w, d) of the footprint, or
                (w, h) in the wall plane where `keep_floor`.
            bottom (float): Height of the origin above the floor, metres.
            reserve (float): Depth of floor to keep free, metres, e.g. in
                front of a door.
            keep_floor (bool): Whether the item hangs on the wall.

        Returns:
            ndarray | None: Where it stands, shape (3,); None: no place.
        """
        parts, (w, d) = item
        top = bottom + max(q.corners()[2].max() for q in parts)
        low = bottom + min(q.corners()[2].min() for q in parts)
        for _ in range(25):
            wall = int(self.rng.integers(4))
            start, along, length, turn = self.frame(wall)
            if length < w + .1:
                continue
            s = self.rng.uniform(w / 2 + .05, length - w / 2 - .05)
            face = np.array([s - w / 2, low]), np.array([s + w / 2, top])
            inward = np.array([-along[1], along[0]])
            depth = reserve if keep_floor else d + reserve
            a = start + along * face[0][0]
            b = start + along * face[1][0] + inward * depth
            area = np.minimum(a, b), np.maximum(a, b)
            if not self._free(self.walls[wall], *face, .05) or (
                    depth and not self._free(self.floor, *area, .05)):
                continue
            self.walls[wall].append(face)
            if depth:
                self.floor.append(area)
            spot = start + along * s + inward * (0 if keep_floor else
                                                 d / 2 + .01)
            origin = np.array([*spot, bottom])
            self.room.add(parts, turn, origin)
            return np.array([*(spot + .3 * inward), bottom])
        return None

    def free(self, item, margin=.2, flat=False):
        """Put (parts, footprint) somewhere on the floor, in any direction."""
        parts, (w, d) = item
        for _ in range(25):
            turn = self.rng.integers(4) * np.pi / 2 + (
                self.rng.normal(0, .15) if flat else self.rng.normal(0, .4))
            c, s = abs(np.cos(turn)), abs(np.sin(turn))
            reach = np.array([c * w + s * d, s * w + c * d]) / 2
            room = self.room.size[:2] - 2 * (reach + margin)
            if (room <= 0).any():
                continue
            spot = self.rng.uniform(0, 1, 2) * room + reach + margin
            if flat or self._free(self.floor, spot - reach, spot + reach,
                                  margin):
                if not flat:
                    self.floor.append((spot - reach, spot + reach))
                self.room.add(parts, turn, (*spot, 0))
                return np.array([*spot, 0.])
        return None


def _shell(rng, size):
    """Floor, ceiling and walls as slabs around the box."""
    wall, accent = p.wall(rng), p.wall(rng)
    slabs = []
    for axis in range(3):
        for side in (0, 1):
            half = size / 2 + SLAB
            half[axis] = SLAB / 2
            centre = size / 2
            centre[axis] = size[axis] * side + SLAB / 2 * (2 * side - 1)
            if axis == 2:
                label = (p.FLOOR, p.CEILING)[side]
                material = (p.floor, p.ceiling)[side](rng)
            else:
                label, material = p.WALL, wall
                if axis == 0 and side == 0 and rng.random() < .4:
                    material = accent
            slabs.append(Primitive('box', centre, half, label, material,
                                   casts=False))
    return slabs


def make_room(rng):
    """A random room.

    Args:
        rng (numpy.random.Generator): Decides everything.

    Returns:
        Room: With furniture and lights.
    """
    low, high = SIZES[int(rng.integers(len(SIZES)))]
    size = rng.uniform(low, high)
    room = Room(size, _shell(rng, size.copy()))
    plan = _Plan(rng, room)
    area = size[0] * size[1]
    _alcove(rng, plan)
    for _ in range(1 + (rng.random() < .5)):
        plan.at_wall(f.door(rng), reserve=.8, keep_floor=True)
    light = _windows(rng, plan)
    _furnish(rng, plan, area)
    for _ in range(int(rng.integers(2, 5))):
        plan.at_wall(f.picture(rng), bottom=rng.uniform(1.45, 1.65),
                     keep_floor=True)
    _lamps(rng, plan, light)
    return room


def _alcove(rng, plan):
    """A corner that juts into the room, floor to ceiling."""
    if rng.random() > .35:
        return
    wall = int(rng.integers(4))
    start, along, _, turn = plan.frame(wall)
    inward = np.array([-along[1], along[0]])
    w, d = rng.uniform(.4, 1.), rng.uniform(.3, .8)
    far = start + along * w + inward * d
    box = Primitive('box', (0, 0, 0), (w / 2, d / 2, plan.room.size[2] / 2),
                    p.WALL, plan.room.primitives[2].material)
    plan.room.add([box], turn, (*(start + far) / 2, plan.room.size[2] / 2))
    plan.floor.append((np.minimum(start, far), np.maximum(start, far)))
    everywhere = np.array([-1, -1.]), np.array([w, 9.])
    plan.walls[wall].append(everywhere)
    before = (wall - 1) % 4  # the wall that ends in this corner
    length = plan.frame(before)[2]
    plan.walls[before].append((np.array([length - d, -1]),
                               np.array([length + 1, 9.])))


def _windows(rng, plan):
    """Windows; one of them lights the room."""
    light = []
    for _ in range(int(rng.integers(1, 4))):
        spot = plan.at_wall(f.window(rng), bottom=rng.uniform(1.45, 1.6),
                            keep_floor=True)
        if spot is not None:
            day = rng.uniform(.5, 1.3) * np.array([.8, .95, 1.2])
            light = [(spot, day, False)]  # too large for a clear shadow
    return light


def _furnish(rng, plan, area):
    beds, sofas = rng.random() < .7, rng.random() < .9
    if beds:
        plan.at_wall(f.bed(rng))
    if sofas or not beds:
        if rng.random() < .7 or area < 22:
            plan.at_wall(f.sofa(rng), reserve=.3)
        else:
            plan.free(f.sofa(rng))
    for _ in range(1 + (area > 30)):
        plan.at_wall(f.cabinet(rng), reserve=.3)
        if rng.random() < .85:
            plan.at_wall(f.bookshelf(rng), reserve=.3)
    if rng.random() < .5:
        plan.at_wall(f.desk(rng))
    if area > 18:
        plan.free(f.dining(rng))
    if rng.random() < .6:
        plan.at_wall(f.floor_lamp(rng))
    for make, chance in ((f.coffee_table, .4), (f.chair, .8),
                         (f.chair, .4), (f.ball, .9), (f.ball, .5)):
        if rng.random() < chance:
            plan.free(make(rng), .1)
    for _ in range(1 + (area > 28)):
        plan.free(f.mat(rng), .1, flat=True)


def _lamps(rng, plan, lights):
    """Pendants light the room; long rooms get more of them."""
    x, y, z = plan.room.size
    number = 1 + int(y // 6)
    for i in range(number):
        spot = np.array([x * rng.uniform(.4, .6),
                         y * (i + rng.uniform(.35, .65)) / number, z])
        drop = rng.uniform(.35, .6)
        plan.room.add(f.pendant(rng, drop)[0], 0, spot)
        warm = np.array([1.25, 1., rng.uniform(.65, .9)])
        lights.append((spot - [0, 0, drop], rng.uniform(1.2, 2.2) * warm,
                       True))
    plan.room.lights = lights
