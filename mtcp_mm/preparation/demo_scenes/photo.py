# Copyright (c) mtcp_mm authors. All rights reserved.
"""From a room and a camera to a photograph."""
import numpy as np

from .geometry import apply, dot, intersect, outward_normals, slab, to_local
from .render import surfaces, trace
from .textures import paint

BLOCK = 16  # side of the pixel blocks that share a coarse shadow test


def render_rgb(room, camera, rng):
    """A photograph: 2 x 2 rays per pixel, soft shadows, sensor noise.

    Args:
        room (Room): The scene.
        camera (Camera): The view.
        rng (numpy.random.Generator): Draws exposure and noise.

    Returns:
        ndarray: sRGB, uint8, shape (H, W, 3).
    """
    height, width = camera.size
    camera = camera.resized((2 * height, 2 * width))
    hits = trace(room.primitives, camera)
    count = hits.depth.size
    albedo, normals, glow = np.zeros((3, count)), np.zeros((3, count)), \
        np.zeros(count)
    points = (camera.position[:, None] +
              np.where(hits.index < 0, 0, hits.depth).ravel() *
              hits.rays.reshape(3, -1))
    for prim, pixels, face, _, rays in surfaces(room.primitives, hits):
        local = to_local(prim, np.take(points, pixels, 1))
        normals[:, pixels] = outward_normals(prim, local, face, rays)
        albedo[:, pixels] = paint(prim, local, face)
        glow[pixels] = prim.material.glow
    light = _ambient(room, points, normals)
    casters = [x for x in enumerate(room.primitives) if x[1].casts]
    for position, power, shadows in room.lights:
        light += power[:, None] * _received(
            casters if shadows else [], points, normals, hits.index,
            position)
    radiance = albedo * (light * (1 - glow) + 2 * glow**2)
    radiance = radiance.reshape(3, height, 2, width, 2).mean((2, 4))
    exposure = rng.uniform(.45, .6) / np.mean(radiance.mean(0)**(1 / 2.2))
    image = np.maximum(radiance, 0)**(1 / 2.2) * np.clip(exposure, .6, 1.6)
    image = np.where(image > .8, .8 + .2 * np.tanh((image - .8) / .2), image)
    image += rng.normal(0, .012, image.shape)
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8).transpose(
        1, 2, 0)


def _ambient(room, points, normals):
    """Light from everywhere, less of it in corners; shape (3, N)."""
    open_ = np.ones(points.shape[1])
    for axis in range(3):
        for side in (0, 1):
            gap = np.abs(points[axis] - side * room.size[axis])
            facing = 1 - np.abs(normals[axis])
            open_ *= 1 - .35 * facing * np.exp(-gap / .25)
    sky = np.array([.34, .36, .4])[:, None] * (.5 + .5 * normals[2])
    ground = np.array([.42, .36, .3])[:, None] * (.5 - .5 * normals[2])
    return (sky + ground) * open_


def _received(casters, points, normals, index, position):
    """Lambert, falloff and shadows of one lamp, shape (N,).

    The four rays of a pixel see the lamp at four places: soft shadows.
    """
    rows, cols = np.indices(index.shape).reshape(2, -1)
    spread = np.stack([rows % 2 - .5, cols % 2 - .5, np.zeros(rows.size)])
    to_lamp = position[:, None] + .16 * spread - points
    square = dot(to_lamp, to_lamp)
    cosine = dot(to_lamp, normals) / np.sqrt(square)
    lit = np.flatnonzero(cosine > 0)
    clear = np.ones(lit.size)
    start = np.take(points, lit, 1) + 1e-4 * np.take(normals, lit, 1)
    path = np.take(to_lamp, lit, 1)
    block = (rows // BLOCK * index.shape[1] + cols // BLOCK)[lit]
    owner = index.ravel()[lit]  # no convex solid shadows its own lit side
    for i, prim, near in _near_paths(casters, start, block, position):
        close = np.flatnonzero(near[block] & (owner != i) & (clear > 0))
        if close.size:
            t, _ = intersect(prim, np.take(start, close, 1),
                             np.take(path, close, 1))
            clear[close[t < 1]] = 0
    received = np.zeros(points.shape[1])
    received[lit] = clear * cosine[lit] / (.5 + .3 * square[lit])
    return received


def _near_paths(casters, points, block, lamp):
    """Which blocks of pixels can lie in the shadow of which solid.

    Paths from points in one ball to a lamp stay as close to the path of its
    centre; a solid farther away than that throws no shadow on the block.

    Yields:
        tuple: Number of the solid, the solid, a bool per block number.
    """
    if not block.size:
        return
    order = np.argsort(block, kind='stable')
    numbers, starts = np.unique(block[order], return_index=True)
    low = np.minimum.reduceat(np.take(points, order, 1), starts, axis=1)
    high = np.maximum.reduceat(np.take(points, order, 1), starts, axis=1)
    centre, radius = (low + high) / 2, np.sqrt(dot(*[(high - low) / 2] * 2))
    radius = np.maximum(radius, .2)  # the lamp has a size, too
    path = lamp[:, None] - centre
    for i, prim in casters:
        reach = prim.half[:, None] + radius
        entry, leave = slab(to_local(prim, centre) / reach,
                            apply(prim.axes, path) / reach)
        entry, leave = entry.max(0), leave.min(0)
        near = np.zeros(block.max() + 1, bool)
        near[numbers] = (entry < leave) & (entry < 1) & (leave > 0)
        if near.any():
            yield i, prim, near
