# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mtcp_mm.preparation.demo_scenes.geometry import (
    apply,
    outward_normals,
    to_local,
)
from mtcp_mm.preparation.demo_scenes.render import surfaces, trace
from mtcp_mm.utils.camera import Camera
from .street import Thing

LIGHT = np.array([.4, -.8, -.45])  # towards the sun


@dataclass(frozen=True, eq=False)
class View:
    """A place in a street, and a camera there; what `trace` asks for.

    Attributes:
        camera (Camera): Of the size of the picture.
        position (ndarray): Metres, shape (3,).
        yaw (float): Degrees to the left.
    """

    camera: Camera
    position: np.ndarray = field(default_factory=lambda: np.zeros(3))
    yaw: float = 0.

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.camera.size

    @property
    def rotation(self) -> np.ndarray:
        """Axes of the camera in the world, one a row."""
        cos, sin = np.cos(np.radians(self.yaw)), np.sin(np.radians(self.yaw))
        return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])

    def rays(self) -> np.ndarray:
        """Directions in the world, (3, H, W); z of the camera is 1."""
        v, u = np.mgrid[:self.size[0], :self.size[1]]
        local = np.stack([u, v, np.ones_like(u)]).astype(np.float64)
        return apply(self.rotation.T,
                     apply(np.linalg.inv(self.camera.matrix), local))

    def window(self, points: np.ndarray) -> tuple[slice, slice]:
        """Where solids may be seen: everywhere, pictures are small."""
        return slice(None), slice(None)


def render(things: Sequence[Thing], view: View,
           rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A picture with exact labels, a ray through the centre of each pixel.

    Args:
        things (Sequence[Thing]): The street.
        view (View): From where.
        rng (numpy.random.Generator): Draws noise.

    Returns:
        dict[str, ndarray]: ``image`` uint8 (H, W, 3); ``names`` object
        (H, W), 'sky' where nothing is; ``depth`` float64 (H, W), metres, inf
        in the sky; ``normals`` float64 (H, W, 3) in the frame of the camera,
        0-vector in the sky; ``instance`` (H, W), number of the thing, 0: sky.
    """
    solids = [thing.solid for thing in things]
    hits = trace(solids, view)
    count = hits.depth.size
    normals, shade = np.zeros((3, count)), np.ones(count)
    for solid, pixels, face, depth, rays in surfaces(solids, hits):
        local = to_local(solid, view.position[:, None] + depth * rays)
        world = outward_normals(solid, local, face, rays)
        normals[:, pixels] = apply(view.rotation, world)
        shade[pixels] = .55 + .45 * (LIGHT @ world).clip(0)
    names = np.array(['sky', *(t.name for t in things)], object)
    colours = np.array([(150, 185, 225), *(t.colour for t in things)], float)
    index = hits.index.ravel() + 1
    image = colours[index] * shade[:, None]
    image += rng.normal(0, 4, image.shape)
    size = hits.depth.shape
    return dict(
        image=image.clip(0, 255).round().astype(np.uint8).reshape(*size, 3),
        names=names[index].reshape(size),
        depth=hits.depth,
        normals=normals.T.reshape(*size, 3),
        instance=index.reshape(size))
