# Copyright (c) mtcp_mm authors. All rights reserved.
"""From a room and a camera to labels and a photograph."""
from dataclasses import dataclass

import numpy as np

from .camera import look
from .geometry import apply, dot, intersect, outward_normals, slab, to_local
from .textures import paint

CLEARANCE = .35  # metres between the camera and the closest bounding box
BLOCK = 16  # side of the pixel blocks that share a coarse shadow test


@dataclass
class Hits:
    """What the rays of a camera see; arrays of shape (H, W).

    Args:
        rays (ndarray): World directions, shape (3, H, W).
        depth (ndarray): z-depth in metres, inf = nothing.
        index (ndarray): Which primitive, -1 = none.
        face (ndarray): Face code of `intersect`.
    """
    rays: np.ndarray
    depth: np.ndarray
    index: np.ndarray
    face: np.ndarray


def trace(primitives, camera):
    """Cast one ray per pixel; returns `Hits`."""
    rays = camera.rays()
    depth = np.full(camera.size, np.inf)
    index = np.full(camera.size, -1)
    face = np.zeros(camera.size, np.int8)
    for i, prim in enumerate(primitives):
        window = camera.window(prim.corners())
        if window is None:
            continue
        t, code = intersect(prim, camera.position, rays[:, *window])
        closer = t < depth[window]
        depth[window][closer] = t[closer]
        index[window][closer] = i
        face[window][closer] = code[closer]
    return Hits(rays, depth, index, face)


def surfaces(primitives, hits):
    """Pixels of every visible primitive.

    Yields:
        tuple: The primitive, then for its pixels: flat indices (N,), face
        codes (N,), z-depth in metres (N,), ray directions (3, N).
    """
    flat = hits.index.ravel()
    order = np.argsort(flat, kind='stable')
    seen, starts = np.unique(flat[order], return_index=True)
    rays, face = hits.rays.reshape(3, -1), hits.face.ravel()
    for i, pixels in zip(seen, np.split(order, starts[1:])):
        if i >= 0:
            yield (primitives[i], pixels, face[pixels],
                   hits.depth.ravel()[pixels], np.take(rays, pixels, 1))


def render_labels(room, camera):
    """Exact labels, one ray through the centre of every pixel.

    Args:
        room (Room): The scene.
        camera (Camera): The view.

    Returns:
        dict[str, ndarray]: `segmentation` uint8 (H, W), 1..40, 0 = nothing;
        `depth` float64 (H, W) z-depth in metres, 0 = nothing; `normals`
        float64 (H, W, 3), unit, x right, y down, z away from the camera,
        facing the camera, 0-vector = nothing; `index` (H, W) which primitive.
    """
    hits = trace(room.primitives, camera)
    count = hits.depth.size
    segmentation = np.zeros(count, np.uint8)
    normals = np.zeros((3, count))
    for prim, pixels, face, depth, rays in surfaces(room.primitives, hits):
        local = to_local(prim, camera.position[:, None] + depth * rays)
        normals[:, pixels] = apply(
            camera.rotation, outward_normals(prim, local, face, rays))
        segmentation[pixels] = prim.label
    return dict(
        segmentation=segmentation.reshape(camera.size),
        depth=np.where(hits.index < 0, 0., hits.depth),
        normals=np.moveaxis(normals, 0, -1).reshape(*camera.size, 3),
        index=hits.index)


def boundaries(segmentation):
    """Pixels whose class differs from the left or the upper neighbour."""
    edge = np.zeros(segmentation.shape, bool)
    edge[:, 1:] |= segmentation[:, 1:] != segmentation[:, :-1]
    edge[1:] |= segmentation[1:] != segmentation[:-1]
    return edge


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


def choose_camera(room, rng, size, classes=5):
    """A view that shows something.

    Args:
        room (Room): The scene.
        rng (numpy.random.Generator): Draws the candidates.
        size (tuple[int, int]): Image height and width.
        classes (int): How many classes a view should show. Defaults to 5.

    Returns:
        Camera: Inside the room, outside of and not too close to every solid,
        1.3 to 1.7 m above the floor: the first of 16 candidates that shows
        so many classes, else the one with most.

    Raises:
        ValueError: If there is no place for a camera.
    """
    labels = np.array([q.label for q in room.primitives])
    best, most = None, -1
    for attempt in range(1000):
        if best is not None and (most >= classes or attempt >= 16):
            return best
        camera = _candidate(room, rng, size)
        if camera is None:
            continue
        hits = trace(room.primitives, camera.resized((24, 32)))
        counts = np.bincount(labels[hits.index].ravel())
        seen = int((counts > 4).sum())
        if hits.depth.min() > .6 and seen > most:
            best, most = camera, seen
    raise ValueError(f'a room of {room.size.round(1).tolist()} m has no place '
                     'for a camera, expected one. Remove some furniture.')


def _candidate(room, rng, size):
    """A random camera, None if something is too close to it."""
    floor = room.size[:2]
    spot = .4 + rng.uniform(0, 1, 2) * (floor - .8)
    position = np.array([*spot, rng.uniform(1.3, 1.7)])
    # the farther one of two targets: more of the room
    target = max(rng.uniform(0, 1, (2, 2)) * floor,
                 key=lambda x: np.linalg.norm(x - spot))
    yaw = np.arctan2(*(target - spot)[::-1])
    pitch = np.clip(rng.normal(-8, 7), -22, 10)
    roll = np.clip(rng.normal(0, 1.5), -4, 4)
    for prim in room.primitives[6:]:
        gap = np.abs(to_local(prim, position)) - prim.half
        if np.linalg.norm(np.maximum(gap, 0)) < CLEARANCE:
            return None
    return look(position, yaw, np.radians(pitch), np.radians(roll), size)
