# Copyright (c) mtcp_mm authors. All rights reserved.
"""Where to look at a room from."""
import numpy as np

from .camera import look
from .geometry import to_local
from .render import trace

CLEARANCE = .35  # metres between the camera and the closest bounding box


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
    pitch = np.clip(rng.normal(-8, 6), -22, 8)
    roll = np.clip(rng.normal(0, 1.5), -4, 4)
    for prim in room.primitives[6:]:
        gap = np.abs(to_local(prim, position)) - prim.half
        if np.linalg.norm(np.maximum(gap, 0)) < CLEARANCE:
            return None
    return look(position, yaw, np.radians(pitch), np.radians(roll), size)
