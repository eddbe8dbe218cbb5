# Copyright (c) mtcp_mm authors. All rights reserved.
"""The classes of the demo scenes, and how each of them tends to look.

Hue and pattern go with the class, so that a small network can learn it in
minutes; tone, scale and grain vary from object to object.
"""
import colorsys

import numpy as np

from .textures import Material

CLASSES = {
    1: 'wall', 2: 'floor', 3: 'cabinet', 4: 'bed', 5: 'chair', 6: 'sofa',
    7: 'table', 8: 'door', 9: 'window', 10: 'bookshelf', 11: 'picture',
    20: 'floor mat', 22: 'ceiling', 35: 'lamp', 40: 'otherprop',
}
WALL, FLOOR, CABINET, BED, CHAIR, SOFA, TABLE, DOOR, WINDOW, BOOKSHELF, \
    PICTURE, MAT, CEILING, LAMP, PROP = CLASSES


def color(rng, hue, saturation, value):
    """Random linear RGB; each argument is a range (low, high) in HSV."""
    hsv = [rng.uniform(*x) for x in (hue, saturation, value)]
    return np.array(colorsys.hsv_to_rgb(hsv[0] % 1, *hsv[1:]))**2.2


def _material(rng, pattern, colors, scale=1., glow=0.):
    return Material(pattern, np.stack(colors), scale,
                    int(rng.integers(1 << 30)), glow)


def _two_tone(rng, pattern, base, contrast=.7, scale=1.):
    return _material(rng, pattern, [base, base * contrast], scale)


def _two_tones(pattern, hue, saturation, value, contrast=.7, scale=None):
    """Maker of a material; ranges as in `color`, one of several patterns."""
    def make(rng):
        base = color(rng, hue, saturation, value)
        drawn = pattern if isinstance(pattern, str) else str(
            rng.choice(pattern))
        return _two_tone(rng, drawn, base, contrast,
                         rng.uniform(*scale) if scale else 1.)
    return make


ceiling = _two_tones('plain', (.1, .15), (0, .04), (.94, 1))
cabinet = _two_tones('panels', (.47, .53), (.3, .5), (.55, .75), .85, (.4, .6))
blanket = _two_tones(('stripes', 'plaid', 'fabric'), (.58, .66), (.5, .75),
                     (.55, .85), .5, (.15, .35))
linen = _two_tones('fabric', (.58, .63), (.08, .2), (.85, .98), .85)
upholstery = _two_tones('fabric', (.97, 1.02), (.55, .8), (.45, .7), .55)
seat = _two_tones('fabric', (.1, .14), (.7, .9), (.75, .95))
light_wood = _two_tones('wood', (.07, .09), (.5, .65), (.75, .9), .65)
dark_wood = _two_tones('wood', (.04, .07), (.4, .6), (.25, .38), .6)
door = _two_tones('panels', (.02, .05), (.45, .65), (.4, .55), .75, (.4, .7))
metal = _two_tones('plain', (.1, .15), (.1, .5), (.3, .8))
prop = _two_tones(('plain', 'stripes', 'plaid'), (.27, .38), (.6, .9),
                  (.5, .8), .5, (.08, .2))


def wall(rng):
    base = color(rng, (.05, .6), (.04, .2), (.76, .92))
    if rng.random() < .35:
        return _two_tone(rng, 'stripes', base, .82, rng.uniform(.15, .5))
    return _two_tone(rng, 'plain', base)


def floor(rng):
    if rng.random() < .6:
        base = color(rng, (.06, .1), (.35, .6), (.5, .75))
        return _two_tone(rng, 'planks', base, .6, rng.uniform(.1, .2))
    base = color(rng, (.07, .14), (.08, .3), (.55, .75))
    return _two_tone(rng, 'tiles', base, rng.uniform(.4, .8),
                     rng.uniform(.3, .6))


def mat(rng):
    hue = rng.uniform(.8, .9)
    colors = [color(rng, (hue, hue + .03), (.4, .6), (.4, .55)),
              color(rng, (.1, .14), (.2, .4), (.7, .85)),
              color(rng, (hue + .05, hue + .1), (.5, .7), (.55, .7))]
    return _material(rng, 'rug', colors, rng.uniform(.25, .45))


def books(rng):
    colors = [color(rng, (0, 1), (.3, .8), (.25, .8)) for _ in range(12)]
    return _material(rng, 'books', colors, rng.uniform(.035, .06))


def window(rng):
    day = rng.uniform(.75, 1)
    colors = [color(rng, (.55, .6), (.3, .55), (day, day)),
              color(rng, (.53, .58), (.05, .2), (day, day)),
              color(rng, (.1, .15), (0, .05), (.85, .95)),
              color(rng, (.25, .35), (.4, .6), (.35, .5))]
    return _material(rng, 'window', colors, glow=.8)


def picture(rng):
    colors = [color(rng, (.05, .12), (0, .6), (.08, .2)),
              color(rng, (.1, .15), (0, .1), (.85, .95))]
    colors += [color(rng, (0, 1), (.3, .9), (.2, .9)) for _ in range(5)]
    return _material(rng, 'picture', colors, rng.uniform(.1, .3))


def shade(rng):
    bright = color(rng, (.11, .15), (.25, .5), (1, 1))
    return _material(rng, 'shade', [bright, bright * [.9, .6, .4]], glow=1.)
