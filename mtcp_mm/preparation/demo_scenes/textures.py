# Copyright (c) mtcp_mm authors. All rights reserved.
"""Procedural surfaces: colour as a function of surface coordinates."""
from dataclasses import dataclass

import numpy as np

from .geometry import CURVED


@dataclass(frozen=True, eq=False)
class Material:
    """How a surface looks.

    Args:
        pattern (str): Key of `PATTERNS`.
        colors (ndarray): Linear RGB in [0, 1], shape (K, 3), K >= 2.
        scale (float): Size of the pattern, in metres (its meaning: see the
            pattern). Defaults to 1.
        seed (int): Makes two surfaces of one pattern differ. Defaults to 0.
        glow (float): Share of the colour that is emitted. Defaults to 0.
    """
    pattern: str
    colors: np.ndarray
    scale: float = 1.
    seed: int = 0
    glow: float = 0.


def surface_coordinates(prim, local, face):
    """Coordinates on the surface of a primitive.

    Args:
        prim (Primitive): The solid.
        local (ndarray): Points along its own axes, metres, shape (3, N).
        face (ndarray): Face codes, shape (N,).

    Returns:
        tuple[ndarray, ndarray]: (u, v) in metres and their half extents, both
        (2, N). On upright faces v points up.
    """
    x, y, z = local
    a, b, c = prim.half
    turn = np.arctan2(y / b, x / a)
    radius = (a + b) / 2
    faces = [face == 0, face == 1, face == 2]
    u = np.select(faces, [y, x, x], turn * radius)
    v = np.select(faces, [z, z, y], z)
    extent = np.stack([np.select(faces, [b, a, a], np.pi * radius),
                       np.select(faces, [c, c, b], c)])
    return np.stack([u, v]), extent


def paint(prim, local, face):
    """Linear RGB of surface points, shape (3, N); arguments as above."""
    uv, extent = surface_coordinates(prim, local, face)
    m = prim.material
    return np.clip(PATTERNS[m.pattern](uv, extent, face, m), 0., 1.)


def _hash(x, y, seed):
    """Integers to repeatable noise, uniform in [0, 1)."""
    h = (x.astype(np.uint32) * np.uint32(374761393) +
         np.asarray(y).astype(np.uint32) * np.uint32(668265263) +
         np.uint32(seed * 2246822519 % 2**32))
    h = (h ^ (h >> np.uint32(13))) * np.uint32(1274126177)
    return (h ^ (h >> np.uint32(16))) / 2.**32


def noise(u, v, seed, octaves=2):
    """Smooth noise in [0, 1] with features of about unit size."""
    total = 0.
    for i in range(octaves):
        x, y = np.floor(u), np.floor(v)
        s, t = u - x, v - y
        s, t = s * s * (3 - 2 * s), t * t * (3 - 2 * t)
        x, y = x.astype(np.int64), y.astype(np.int64)
        low = _hash(x, y, seed + i) * (1 - s) + _hash(x + 1, y, seed + i) * s
        top = (_hash(x, y + 1, seed + i) * (1 - s) +
               _hash(x + 1, y + 1, seed + i) * s)
        total = total + (low * (1 - t) + top * t) * .5**i
        u, v = 2 * u, 2 * v
    return total / (2 - .5**(octaves - 1))


def _mix(a, b, share):
    return a[:, None] * (1 - share) + b[:, None] * share


def _line(x, width):
    """1 within `width` / 2 of the borders of unit cells, else 0."""
    return (np.abs(x - np.round(x)) < width / 2).astype(np.float64)


def plain(uv, extent, face, m):
    """One colour with faint stains."""
    return m.colors[0][:, None] * (.9 + .2 * noise(*uv * 3, m.seed))


def wood(uv, extent, face, m):
    """Grain along the longer side of a face."""
    u, v = np.where(extent[0] >= extent[1], uv, uv[::-1])
    return _mix(*m.colors[:2], noise(u * 2, v * 30, m.seed))


def planks(uv, extent, face, m):
    """Boards along u, `scale` wide, 8 times as long."""
    u, v = uv / m.scale
    row = np.floor(v).astype(np.int64)
    u = u / 8 + _hash(row, 0, m.seed)
    board = _hash(row, np.floor(u).astype(np.int64), m.seed + 1)
    grain = noise(u * 8, v * 5, m.seed + 2)
    gap = np.maximum(_line(v, .06), _line(u, .008))
    return (_mix(*m.colors[:2], .55 * board + .45 * grain) *
            (1 - .5 * gap))


def tiles(uv, extent, face, m):
    """Checkerboard of tiles, `scale` wide, with joints."""
    u, v = uv / m.scale
    odd = (np.floor(u) + np.floor(v)) % 2
    joint = np.maximum(_line(u, .05), _line(v, .05))
    stains = .92 + .16 * noise(u * 2, v * 2, m.seed)
    return _mix(*m.colors[:2], odd) * stains * (1 - .35 * joint)


def stripes(uv, extent, face, m):
    """Bands across u, `scale` apart."""
    band = .5 + .5 * np.clip(4 * np.sin(2 * np.pi * uv[0] / m.scale), -1, 1)
    return _mix(*m.colors[:2], band) * (.95 + .1 * noise(*uv * 4, m.seed))


def plaid(uv, extent, face, m):
    """Bands across u and v, `scale` apart."""
    bands = (np.sin(2 * np.pi * uv / m.scale) > .3).mean(0)
    return _mix(*m.colors[:2], bands) * (.9 + .2 * noise(*uv * 25, m.seed))


def fabric(uv, extent, face, m):
    """Coarse cloth."""
    thread = .5 * noise(*uv * 40, m.seed, 1) + .5 * noise(*uv * 6, m.seed)
    return _mix(*m.colors[:2], thread)


def rug(uv, extent, face, m):
    """Borders that follow the outline, diamonds inside."""
    border = np.minimum(*(extent - np.abs(uv))) / .12
    diamonds = np.abs(uv / m.scale - np.round(uv / m.scale)).sum(0)
    inside = np.where(diamonds < .35, 0, np.where(diamonds < .6, 1, 2))
    pick = np.where(border > 3, inside, np.floor(border).astype(int) % 3)
    pick = np.where(border < 0, 0, pick)
    return m.colors.T[:, pick] * (.85 + .3 * noise(*uv * 30, m.seed, 1))


def panels(uv, extent, face, m):
    """Recessed fields, about `scale` wide and twice as high; on fronts."""
    number = np.maximum(np.round(extent / [[m.scale / 2], [m.scale]]), 1)
    cell = (uv + extent) / (2 * extent) * number % 1
    rim = np.minimum(*(np.minimum(cell, 1 - cell) * 2 * extent / number))
    groove = ((rim > .06) & (rim < .09)) | (rim < .008)
    field_ = rim > .09
    tone = np.where(groove, .45, np.where(field_, .85, 1.))
    return wood(uv, extent, face, m) * np.where(face == 1, tone, .9)


def books(uv, extent, face, m):
    """Spines of many colours, `scale` thick."""
    u, v = uv
    cell = u / m.scale + .6 * noise(u / m.scale / 2, 0 * u, m.seed, 1)
    spine = np.floor(cell).astype(np.int64)
    pick = (_hash(spine, 7, m.seed) * (len(m.colors) - 1)).astype(int)
    band = (np.abs(v / extent[1] - 1.6 * _hash(spine, 3, m.seed) + .8) < .12)
    edge = 1 - .55 * _line(cell, .2)
    return m.colors.T[:, pick] * edge * np.where(band, 1.6, 1.)


def window(uv, extent, face, m):
    """Sky above trees behind a white cross of bars; frame: colour 2."""
    height = uv[1] / extent[1]
    hill = -.35 + .5 * (noise(uv[0] * 2.5, 0 * uv[0], m.seed) - .5)
    leaves = m.colors[3][:, None] * (.5 + noise(*uv * 9, m.seed))
    sky = _mix(m.colors[1], m.colors[0], np.clip(.5 + height / 2, 0, 1))
    view = np.where(height < hill, leaves, sky)
    bar = ((extent - np.abs(uv)).min(0) < .06) | (np.abs(uv).min(0) < .025)
    return np.where(bar | (face != 1), m.colors[2][:, None], view)


def picture(uv, extent, face, m):
    """Frame (colour 0), passe-partout (1), a blotchy painting (2..)."""
    rim = (extent - np.abs(uv)).min(0) / extent.min(0)
    blobs = noise(*uv / m.scale, m.seed)
    number = len(m.colors) - 2
    pick = np.clip((blobs - .2) / .6 * number, 0, number - 1).astype(int)
    art = m.colors[2:].T[:, pick]
    mat = np.where(rim < .32, m.colors[1][:, None], art)
    return np.where((rim < .14) | (face != 1), m.colors[0][:, None], mat)


def shade(uv, extent, face, m):
    """Lamp shade: brightest in the middle."""
    v = np.where(face == CURVED, uv[1] / extent[1], 1.)
    return _mix(*m.colors[:2], np.abs(v)**2)


PATTERNS = dict(plain=plain, wood=wood, planks=planks, tiles=tiles,
                stripes=stripes, plaid=plaid, fabric=fabric, rug=rug,
                panels=panels, books=books, window=window, picture=picture,
                shade=shade)
