# Copyright (c) mtcp_mm authors. All rights reserved.
"""The edge benchmark once more, pixel by pixel and with dense matrices."""
from functools import lru_cache
from itertools import product

import numpy as np
from scipy.ndimage import label
from scipy.optimize import linear_sum_assignment
from scipy.signal import convolve2d

AROUND = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1),
          (0, -1)]  # clockwise from the upper left


def at(grid, y, x):
    """A pixel; 0 outside."""
    height, width = grid.shape
    return grid[y, x] if 0 <= y < height and 0 <= x < width else 0


@lru_cache
def goes(ring, first_pass):
    """Guo and Hall 1989, A1, for the ring of a pixel as 8 booleans."""
    square = np.zeros((3, 3), int)
    for (y, x), value in zip(AROUND, ring):
        square[1 + y, 1 + x] = value
    components = label(square, np.ones((3, 3)))[1]
    doubled = ring + ring
    pairs = [
        sum(doubled[i] or doubled[i + 1] for i in range(start, start + 8, 2))
        for start in (0, 1)
    ]
    nw, n, ne, e, se, s, sw, w = ring
    blocked = ((ne or n or not se) and e) if first_pass else (
        (sw or s or not nw) and w)
    return components == 1 and 2 <= min(pairs) <= 3 and not blocked


def thinned(mask):
    mask = np.array(mask, bool)
    changed = True
    while changed:
        changed = False
        for first_pass in (True, False):
            gone = [
                (y, x) for y, x in np.argwhere(mask) if goes(
                    tuple(bool(at(mask, y + v, x + u))
                          for v, u in AROUND), first_pass)
            ]
            changed |= bool(gone)
            for y, x in gone:
                mask[y, x] = False
    return mask


def boundaries(region):
    """Pixels unlike the right, the lower or the lower right one."""
    height, width = region.shape
    out = np.zeros(region.shape, bool)
    for y, x in product(range(height), range(width)):
        for v, u in ((0, 1), (1, 0), (1, 1)):
            if y + v < height and x + u < width:
                out[y, x] |= region[y, x] != region[y + v, x + u]
    return out


def distances(pred, target):
    """Matrix of distances between the pixels of two masks."""
    a, b = np.argwhere(pred), np.argwhere(target)
    return np.sqrt(((a[:, None] - b[None])**2).sum(-1))


def cheapest_pairs(pred, target, max_dist):
    """Pairs in the cheapest assignment of the BSDS benchmark.

    A pair costs its distance, and whoever stays alone costs 100 tolerances;
    so does a pair of the outliers who are then left.
    """
    apart = distances(pred, target)
    rows, columns = apart.shape
    tolerance = max_dist * np.hypot(*pred.shape)
    alone = 100 * tolerance
    cost = np.full((rows + columns, rows + columns), alone)
    cost[:rows, :columns] = np.where(apart <= tolerance, apart, 1e6)
    i, j = linear_sum_assignment(cost)
    return int(((i < rows) & (j < columns) & (cost[i, j] < 1e6)).sum())


def most_pairs(pred, target, max_dist):
    """As many pairs as possible, whatever they cost."""
    near = distances(pred, target) <= max_dist * np.hypot(*pred.shape)
    i, j = linear_sum_assignment(near, maximize=True)
    return int(near[i, j].sum())


def blurred(image, radius):
    weights = np.minimum(np.arange(1, 2 * radius + 2),
                         np.arange(2 * radius + 1, 0, -1.))
    kernel = np.outer(weights, weights) / weights.sum()**2
    return convolve2d(image, kernel, 'same', 'symm')


def orientation(image):
    smooth = blurred(image.astype(float), 4)
    dx, dy = np.gradient(smooth, axis=1), np.gradient(smooth, axis=0)
    dxx, dxy, dyy = (np.gradient(dx, axis=1), np.gradient(dy, axis=1),
                     np.gradient(dy, axis=0))
    return np.arctan(dyy * np.sign(-dxy) / (dxx + 1e-5)) % np.pi


def suppressed(image, angle, radius):
    """Non-maximum suppression, one pixel after the other."""
    height, width = image.shape
    out = np.zeros(image.shape)

    def between(y, x):
        y, x = np.clip(y, 0, height - 1.001), np.clip(x, 0, width - 1.001)
        v, u = int(y), int(x)
        top = image[v, u] * (u + 1 - x) + image[v, u + 1] * (x - u)
        low = image[v + 1, u] * (u + 1 - x) + image[v + 1, u + 1] * (x - u)
        return top * (v + 1 - y) + low * (y - v)

    fade = min(5, width // 2, height // 2)
    for y, x in product(range(height), range(width)):
        step_y, step_x = np.sin(angle[y, x]), np.cos(angle[y, x])
        if all(1.01 * image[y, x] >= between(y + d * step_y, x + d * step_x)
               for d in range(-radius, radius + 1) if d):
            far = [min(v, n - 1 - v, fade) / fade
                   for v, n in ((y, height), (x, width))]
            out[y, x] = image[y, x] * far[0] * far[1]
    return out


def counts(prob, edges, protocol, max_dist):
    """Marked and matched pixels per threshold, and the true ones."""
    percents = [i / 100 for i in range(1, 100)]
    strength = np.floor(prob * np.float32(255)) / 255.
    if protocol == 'bsds_tools':
        percents = [.001, *percents, .999]
        strength = suppressed(strength, orientation(strength), 1)
    if protocol == 'seism_nms':
        strength = blurred(strength, 1)
        strength = suppressed(strength, orientation(strength), 4)
        strength = np.floor(strength * 255 + .5) / 255
    target = thinned(boundaries(edges))
    marked, matched = [], []
    for t in percents:
        if protocol == 'bsds_tools':  # MATLAB compares in single precision
            mask = strength.astype(np.float32) > np.float32(t)
        else:
            mask = strength >= t
        mask = thinned(mask)
        marked.append(int(mask.sum()))
        matched.append(cheapest_pairs(mask, target, max_dist))
    return marked, matched, int(target.sum())
