# Copyright (c) mtcp_mm authors. All rights reserved.
"""Rays against boxes, ellipsoids and cylinders.

A primitive is the affine image of a unit solid, and the ray parameter t
survives an affine map: every ray is moved into the unit space of the
primitive, where its equation is short. Vectors are component-first,
(3, ...), lengths are metres, everything is float64.
"""
from dataclasses import dataclass, field, replace

import numpy as np

SHAPES = ('box', 'ellipsoid', 'cylinder')
_SIGNS = np.array(np.meshgrid(*[(-1., 1.)] * 3)).reshape(3, 8)
CURVED = 3  # face code of the curved part of a primitive; 0..2: flat, by axis


@dataclass(frozen=True, eq=False)
class Primitive:
    """A convex solid with a semantic class and a surface.

    Args:
        shape (str): 'box', 'ellipsoid' or 'cylinder' (along its own z axis).
        centre (ndarray): Centre in metres, shape (3,).
        half (ndarray): Half extents along the own axes, metres, shape (3,).
        label (int): NYU-40 class, 1..40.
        material (Material): Surface; see `textures`. Not used for geometry.
        axes (ndarray): Own axes in world coordinates, one per row, an
            orthonormal (3, 3) matrix. Defaults to the identity.
        casts (bool): Whether it throws shadows. Defaults to True.

    Raises:
        ValueError: On an unknown shape or a half extent that is not positive.
    """
    shape: str
    centre: np.ndarray
    half: np.ndarray
    label: int
    material: object = None
    axes: np.ndarray = field(default_factory=lambda: np.eye(3))
    casts: bool = True

    def __post_init__(self):
        if self.shape not in SHAPES:
            raise ValueError(f'shape is {self.shape!r}, expected one of '
                             f'{", ".join(SHAPES)}.')
        for name in ('centre', 'half', 'axes'):
            object.__setattr__(self, name,
                               np.asarray(getattr(self, name), np.float64))
        if not (self.half > 0).all():
            raise ValueError(f'half is {self.half.tolist()}, expected three '
                             'positive lengths in metres.')

    def moved(self, axes, origin):
        """The same solid, given in a frame with these axes and origin."""
        return replace(self, centre=origin + self.centre @ axes,
                       axes=self.axes @ axes)

    def corners(self):
        """Corners of the bounding box along the own axes, shape (3, 8)."""
        local = _SIGNS * self.half[:, None]
        return self.centre[:, None] + apply(self.axes.T, local)


def apply(matrix, vectors):
    """`matrix` (3, 3) times `vectors` (3, ...).

    Written out: BLAS may split the work, hence round, by its thread count.
    """
    out = np.empty(vectors.shape)
    for i, row in enumerate(matrix):
        out[i] = row[0] * vectors[0]
        out[i] += row[1] * vectors[1]
        out[i] += row[2] * vectors[2]
    return out


def dot(a, b):
    """Inner products of (3, ...) vectors."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def to_local(prim, points):
    """World points (3, ...) in metres along the primitive's own axes."""
    offset = prim.centre.reshape(3, *[1] * (points.ndim - 1))
    return apply(prim.axes, points - offset)


def intersect(prim, origin, dirs):
    """First hit of rays that start outside of a primitive.

    Args:
        prim (Primitive): The solid.
        origin (ndarray): Start of the rays, (3,) or the shape of `dirs`.
        dirs (ndarray): Directions of any length, shape (3, ...).

    Returns:
        tuple[ndarray, ndarray]: t of the hit `origin + t * dirs`, t > 0, inf
        where there is none (also for rays that start inside); and the face
        that is hit, int8, 0..2 for a flat face by its axis, else `CURVED`.
    """
    origin = np.reshape(origin, (3, -1) if np.ndim(origin) > 1 else (3, 1))
    shape, dirs = dirs.shape[1:], dirs.reshape(3, -1)
    to_unit = prim.axes / prim.half[:, None]
    o = apply(to_unit, origin - prim.centre[:, None])
    d = apply(to_unit, dirs)
    with np.errstate(divide='ignore', invalid='ignore'):
        near, far, face = _UNIT_SOLIDS[prim.shape](o, d)
        hit = (near <= far) & (near > 0)
    return np.where(hit, near, np.inf).reshape(shape), face.reshape(shape)


def slab(o, d):
    """Entry and exit of -1 <= x <= 1."""
    inverse = 1 / np.where(d == 0, 1e-300, d)
    middle, reach = -o * inverse, np.abs(inverse)
    return middle - reach, middle + reach


def _round(o, d):
    """Entry and exit of |x| <= 1 for vectors of 2 or 3 components."""
    a = (d * d).sum(0)
    b = (o * d).sum(0)
    # |a o - b d|^2 = a (a |o|^2 - b^2): no cancellation of large squares
    closest = o - (b / a) * d
    gap = 1 - (closest * closest).sum(0)
    root = np.sqrt(gap / a)
    near, far = -b / a - root, -b / a + root
    near = np.where(gap < 0, np.inf, near)
    parallel = a == 0
    inside = (o * o).sum(0) <= 1
    near = np.where(parallel, np.where(inside, -np.inf, np.inf), near)
    return near, np.where(parallel, np.inf, far)


def _box(o, d):
    near, far = slab(o, d)
    entry = np.maximum(near[0], near[1])
    face = (near[1] > near[0]).astype(np.int8)
    face[near[2] > entry] = 2
    return np.maximum(entry, near[2]), np.minimum(
        np.minimum(far[0], far[1]), far[2]), face


def _ellipsoid(o, d):
    near, far = _round(o, d)
    return near, far, np.full(near.shape, CURVED, np.int8)


def _cylinder(o, d):
    near, far = _round(o[:2], d[:2])
    cap, cap_far = slab(o[2], d[2])
    face = np.where(cap > near, 2, CURVED).astype(np.int8)
    return np.maximum(near, cap), np.minimum(far, cap_far), face


_UNIT_SOLIDS = dict(box=_box, ellipsoid=_ellipsoid, cylinder=_cylinder)


def outward_normals(prim, local, face, dirs):
    """Unit normals in the world at points that rays have hit.

    Args:
        prim (Primitive): The solid.
        local (ndarray): Hits from `to_local`, shape (3, N).
        face (ndarray): Face codes from `intersect`, shape (N,).
        dirs (ndarray): World directions of the rays, shape (3, N).

    Returns:
        ndarray: Outward unit normals, shape (3, N); they face the rays.
    """
    normal = local / prim.half[:, None]**2
    if prim.shape == 'cylinder':
        normal[2] = 0.
    d = apply(prim.axes, dirs)
    for axis in range(3):
        flat = face == axis
        normal[:, flat] = 0.
        normal[axis, flat] = -np.sign(d[axis, flat])
    normal /= np.sqrt(dot(normal, normal))
    return apply(prim.axes.T, normal)
