# Copyright (c) mtcp_mm authors. All rights reserved.
"""Furniture from primitives.

Every builder takes a random generator and returns (parts, footprint): the
`Primitive`s in the frame of the piece, and the sides (w, d) of its footprint
in metres. The origin is on the floor in the middle of the footprint, x runs
along the wall, y away from it, z up.
"""
import numpy as np

from . import palette as p
from .geometry import Primitive


def _box(label, material, low, high, **kw):
    low, high = np.asarray(low, float), np.asarray(high, float)
    return Primitive('box', (low + high) / 2, (high - low) / 2, label,
                     material, **kw)


def _round(shape, label, material, centre, half, **kw):
    return Primitive(shape, centre, half, label, material, **kw)


def _legs(label, material, w, d, height, thick=.03):
    x, y = w / 2 - 2 * thick, d / 2 - 2 * thick
    return [_box(label, material, (i * x - thick, j * y - thick, 0),
                 (i * x + thick, j * y + thick, height))
            for i in (-1, 1) for j in (-1, 1)]


def table(rng, w=None, d=None, height=None):
    w, d = w or rng.uniform(.9, 1.8), d or rng.uniform(.7, 1.)
    height = height or rng.uniform(.7, .78)
    wood = p.light_wood(rng)
    if rng.random() < .3:
        r = min(w, d) / 2 + .1
        parts = [
            _round('cylinder', p.TABLE, wood, (0, 0, height - .025),
                   (r, r, .025)),
            _round('cylinder', p.TABLE, wood, (0, 0, height / 2 - .025),
                   (.06, .06, height / 2 - .025)),
            _round('cylinder', p.TABLE, wood, (0, 0, .015),
                   (r * .6, r * .6, .015))]
        return parts, (2 * r, 2 * r)
    top = _box(p.TABLE, wood, (-w / 2, -d / 2, height - .05),
               (w / 2, d / 2, height))
    return [top] + _legs(p.TABLE, wood, w, d, height - .05), (w, d)


def coffee_table(rng):
    return table(rng, rng.uniform(.8, 1.2), rng.uniform(.5, .7),
                 rng.uniform(.38, .48))


def chair(rng):
    cloth, frame = p.seat(rng), p.seat(rng)
    w, h, top = rng.uniform(.42, .5), rng.uniform(.43, .48), \
        rng.uniform(.85, 1.05)
    parts = [_box(p.CHAIR, cloth, (-w / 2, -w / 2, h - .06),
                  (w / 2, w / 2, h)),
             _box(p.CHAIR, cloth, (-w / 2, -w / 2 - .04, h + .1),
                  (w / 2, -w / 2, top))]
    posts = [_box(p.CHAIR, frame, (x - .02, -w / 2 - .03, h - .03),
                  (x + .02, -w / 2 - .01, h + .11))
             for x in (-w / 3, w / 3)]
    return parts + posts + _legs(p.CHAIR, frame, w, w, h - .06, .022), \
        (w, w + .08)


def dining(rng):
    """A table with chairs on its long sides, sometimes a vase on top."""
    parts, (w, d) = table(rng)
    number = 2 if w > 1.3 else 1
    for side in (-1, 1):
        for i in range(number):
            if rng.random() < .15:
                continue
            x = (i - (number - 1) / 2) * w / 2 + rng.uniform(-.05, .05)
            y = side * (d / 2 + rng.uniform(.05, .25))
            turn = (np.pi if side > 0 else 0) + rng.uniform(-.3, .3)
            seat, _ = chair(rng)
            parts += move(seat, turn, (x, y, 0))
    if rng.random() < .6:
        height = max(q.centre[2] + q.half[2] for q in parts[:1])
        parts += move(vase(rng)[0], 0, (0, 0, height))
    return parts, (w, d + 1.2)


def desk(rng):
    """A table at the wall with a chair that looks at it."""
    parts, (w, d) = table(rng, rng.uniform(1., 1.5), rng.uniform(.6, .75))
    seat, _ = chair(rng)
    parts += move(seat, np.pi + rng.uniform(-.4, .4), (0, d / 2 + .1, 0))
    return move(parts, 0, (0, -.3, 0)), (w, d + .6)


def bed(rng):
    w, d = rng.uniform(1.2, 1.8), rng.uniform(1.95, 2.15)
    top = rng.uniform(.45, .6)
    linen, cover = p.linen(rng), p.blanket(rng)
    parts = [
        _box(p.BED, p.dark_wood(rng), (-w / 2, -d / 2, .08),
             (w / 2, d / 2, .28)),
        _box(p.BED, linen, (-w / 2 + .02, -d / 2 + .06, .2),
             (w / 2 - .02, d / 2 - .02, top)),
        _box(p.BED, cover, (-w / 2 - .02, -d / 2 + rng.uniform(.5, .8), .15),
             (w / 2 + .02, d / 2 + .02, top + .04)),
        _box(p.BED, p.dark_wood(rng), (-w / 2 - .03, -d / 2, 0),
             (w / 2 + .03, -d / 2 + .06, rng.uniform(.8, 1.1)))]
    for x in ((-w / 4, w / 4) if w > 1.4 else (0,)):
        parts.append(_round('ellipsoid', p.BED, linen,
                            (x, -d / 2 + .32, top + .05), (.3, .2, .11)))
    return parts, (w + .06, d + .04)


def sofa(rng):
    w, d = rng.uniform(1.5, 2.3), rng.uniform(.8, .95)
    seat, back, arm = rng.uniform(.38, .45), rng.uniform(.75, .9), .18
    cloth = p.upholstery(rng)
    parts = [
        _box(p.SOFA, cloth, (-w / 2 + .02, -d / 2 + .02, .06),
             (w / 2 - .02, d / 2 - .04, seat - .1)),
        _box(p.SOFA, cloth, (-w / 2 + .02, -d / 2, .06),
             (w / 2 - .02, -d / 2 + .22, back))]
    round_arms = rng.random() < .5
    for side in (-1, 1):
        x = side * (w / 2 - arm / 2)
        parts.append(_box(p.SOFA, cloth, (x - arm / 2, -d / 2 + .01, .04),
                          (x + arm / 2, d / 2 - .02, seat + .15)))
        if round_arms:  # a lying cylinder: its z axis along y
            parts.append(_round(
                'cylinder', p.SOFA, cloth, (x, 0, seat + .15),
                (.11, .11, d / 2 - .005),
                axes=[[1, 0, 0], [0, 0, -1], [0, 1, 0]]))
    number = 2 if w < 1.9 else 3
    width = (w - 2 * arm) / number
    cushion = p.upholstery(rng) if rng.random() < .4 else cloth
    for i in range(number):
        x = -w / 2 + arm + i * width
        parts.append(_box(p.SOFA, cushion, (x + .01, -d / 2 + .2, seat - .12),
                          (x + width - .01, d / 2, seat)))
    return parts, (w, d)


def cabinet(rng):
    tall = rng.random() < .4
    w, d = rng.uniform(.8, 1.6), rng.uniform(.4, .55)
    h = rng.uniform(1.7, 2.1) if tall else rng.uniform(.75, 1.05)
    parts = [
        _box(p.CABINET, p.cabinet(rng), (-w / 2, -d / 2, .06),
             (w / 2, d / 2, h - .03)),
        _box(p.CABINET, p.cabinet(rng), (-w / 2 - .02, -d / 2, h - .03),
             (w / 2 + .02, d / 2 + .02, h)),
        _box(p.CABINET, p.dark_wood(rng), (-w / 2 + .03, -d / 2, 0),
             (w / 2 - .03, d / 2 - .03, .06))]
    if not tall and rng.random() < .7:
        thing = ball if rng.random() < .3 else vase
        x = rng.uniform(-.3, .3) * w
        parts += move(thing(rng)[0], 0, (x, 0, h))
    return parts, (w + .04, d + .04)


def bookshelf(rng):
    w, d = rng.uniform(.8, 1.5), rng.uniform(.28, .36)
    rows = int(rng.integers(3, 6))
    pitch, t = rng.uniform(.33, .4), .03
    h = rows * pitch + t
    wood, label = p.dark_wood(rng), p.BOOKSHELF
    parts = [_box(label, wood, (x - t / 2, -d / 2, 0),
                  (x + t / 2, d / 2, h + .01))
             for x in (-w / 2 + t / 2, w / 2 - t / 2)]
    parts.append(_box(label, wood, (-w / 2 + .01, -d / 2, .01),
                      (w / 2 - .01, -d / 2 + .02, h)))
    for i in range(rows + 1):
        z = i * pitch
        parts.append(_box(label, wood, (-w / 2 + .01, -d / 2 + .01, z),
                          (w / 2 - .01, d / 2 - .01, z + t)))
        if i < rows:
            end = w / 2 - t - (rng.uniform(0, .4) if rng.random() < .5 else 0)
            parts.append(_box(
                label, p.books(rng), (-w / 2 + t, -d / 2 + .01, z + t),
                (end, d / 2 - rng.uniform(.04, .1),
                 z + t + (pitch - t) * rng.uniform(.7, .92))))
    return parts, (w, d)


def floor_lamp(rng):
    h, r = rng.uniform(1.35, 1.7), rng.uniform(.2, .27)
    metal = p.metal(rng)
    parts = [
        _round('cylinder', p.LAMP, metal, (0, 0, .015), (.16, .16, .015)),
        _round('cylinder', p.LAMP, metal, (0, 0, h / 2), (.02, .02, h / 2)),
        _round('cylinder', p.LAMP, p.shade(rng), (0, 0, h), (r, r, .17),
               casts=False)]
    return parts, (2 * r, 2 * r)


def pendant(rng, drop):
    """Hangs from the ceiling: z = 0 there, the bulb `drop` metres below."""
    r = rng.uniform(.17, .26)
    shape = 'ellipsoid' if rng.random() < .5 else 'cylinder'
    parts = [
        _round('cylinder', p.LAMP, p.metal(rng), (0, 0, -drop / 2),
               (.012, .012, drop / 2), casts=False),
        _round(shape, p.LAMP, p.shade(rng), (0, 0, -drop),
               (r, r, r * rng.uniform(.6, 1)), casts=False)]
    return parts, (2 * r, 2 * r)


def ball(rng):
    r = rng.uniform(.13, .3)
    return [_round('ellipsoid', p.PROP, p.prop(rng), (0, 0, r),
                   (r, r, r))], (2 * r, 2 * r)


def vase(rng):
    r, h = rng.uniform(.09, .15), rng.uniform(.15, .25)
    skin = p.prop(rng)
    return [_round('ellipsoid', p.PROP, skin, (0, 0, h), (r, r, h)),
            _round('cylinder', p.PROP, skin, (0, 0, 1.95 * h),
                   (r * .45, r * .45, h * .3))], (2 * r, 2 * r)


def mat(rng):
    w, d = rng.uniform(1.4, 2.6), rng.uniform(1., 1.9)
    return [_box(p.MAT, p.mat(rng), (-w / 2, -d / 2, 0), (w / 2, d / 2, .012),
                 casts=False)], (w, d)


def door(rng):
    """With its frame and knob; the wall is at y = 0."""
    w, h = rng.uniform(.8, 1.), rng.uniform(1.98, 2.12)
    frame = p.dark_wood(rng)
    parts = [_box(p.DOOR, p.door(rng), (-w / 2, 0, 0), (w / 2, .03, h),
                  casts=False),
             _box(p.DOOR, frame, (-w / 2 - .08, 0, h - .01),
                  (w / 2 + .08, .06, h + .08), casts=False)]
    for x in (-w / 2 - .08, w / 2):
        parts.append(_box(p.DOOR, frame, (x, 0, 0), (x + .08, .055, h),
                          casts=False))
    parts.append(_round('ellipsoid', p.DOOR, p.metal(rng),
                        (w / 2 - .1, .07, 1.), (.04, .04, .04)))
    return parts, (w + .16, h + .08)


def window(rng):
    """Centred at z = 0; the footprint is its size in the wall plane."""
    w, h = rng.uniform(.9, 2.), rng.uniform(.9, 1.3)
    return [_box(p.WINDOW, p.window(rng), (-w / 2, 0, -h / 2),
                 (w / 2, .04, h / 2), casts=False)], (w, h)


def picture(rng):
    """Centred at z = 0; the footprint is its size in the wall plane."""
    w, h = rng.uniform(.4, 1.2), rng.uniform(.4, .85)
    return [_box(p.PICTURE, p.picture(rng), (-w / 2, 0, -h / 2),
                 (w / 2, .03, h / 2), casts=False)], (w, h)


def move(parts, turn, origin):
    """Turn parts about the vertical by `turn` radians, then shift them."""
    c, s = np.cos(turn), np.sin(turn)
    axes = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.]])
    return [q.moved(axes, np.asarray(origin, float)) for q in parts]
