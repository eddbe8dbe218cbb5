# Copyright (c) mtcp_mm authors. All rights reserved.
"""From a room and a camera to exact labels."""
from dataclasses import dataclass

import numpy as np

from .geometry import apply, intersect, outward_normals, to_local


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
        t, code = intersect(prim, camera.position,
                            rays[(slice(None), *window)])
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
