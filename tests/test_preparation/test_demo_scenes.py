# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.preparation.demo_scenes import (
    CLASSES,
    Primitive,
    intersect,
    photo,
)
from mtcp_mm.preparation.demo_scenes.camera import look
from mtcp_mm.preparation.demo_scenes.geometry import outward_normals, to_local
from mtcp_mm.preparation.demo_scenes.render import render_labels
from mtcp_mm.preparation.demo_scenes.scene import make_room
from mtcp_mm.preparation.demo_scenes.views import choose_camera


def implicit(prim, points):
    """< 0 inside of a primitive, 0 on it; points (..., 3)."""
    q = (points - prim.centre) @ prim.axes.T / prim.half
    if prim.shape == 'box':
        return np.abs(q).max(-1) - 1
    if prim.shape == 'ellipsoid':
        return np.linalg.norm(q, axis=-1) - 1
    return np.maximum(np.hypot(q[..., 0], q[..., 1]), np.abs(q[..., 2])) - 1


def march(prim, origin, ray, steps=4000, far=12.):
    """First root of `implicit` along one ray by marching and bisection.

    Returns:
        float | None: t, inf for a miss, None where that is too close to tell.
    """
    ts = np.linspace(0, far, steps)
    values = implicit(prim, origin + ts[:, None] * ray)
    if abs(values.min()) < .05:
        return None
    if values.min() > 0:
        return np.inf
    i = np.argmax(values < 0)
    low, high = ts[i - 1], ts[i]
    for _ in range(60):
        middle = (low + high) / 2
        if implicit(prim, origin + middle * ray) < 0:
            high = middle
        else:
            low = middle
    return high


def random_primitive(rng, shape):
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return Primitive(shape, rng.normal(size=3), rng.uniform(.3, 1.2, 3), 1,
                     axes=axes)


class TestIntersect:
    """Oracles: closed forms, and marching along the ray (`march`)."""

    @pytest.mark.parametrize('shape', ['box', 'ellipsoid', 'cylinder'])
    def test_matches_marching(self, shape):
        rng = np.random.default_rng(0)
        hits = misses = 0
        for _ in range(60):
            prim = random_primitive(rng, shape)
            start = rng.normal(size=3)
            start *= 4 / np.linalg.norm(start)
            ray = prim.centre + rng.normal(size=3) * .8 - start
            t = march(prim, start, ray)
            found, face = intersect(prim, start, ray[:, None])
            if t is None:
                continue
            if np.isinf(t):
                misses += 1
                assert np.isinf(found[0])
                continue
            hits += 1
            assert found[0] == pytest.approx(t, abs=1e-9)
            point = start + t * ray
            step = 1e-6 * np.eye(3)
            slope = implicit(prim, point + step) - implicit(prim, point - step)
            normal = outward_normals(
                prim, to_local(prim, point[:, None]), face, ray[:, None])
            assert normal[:, 0] == pytest.approx(
                slope / np.linalg.norm(slope), abs=1e-6)
        assert hits > 15 and misses > 3

    @pytest.mark.parametrize('shape,t', [
        ('box', 4.), ('cylinder', 4.), ('ellipsoid', 5 - .75**.5)])
    def test_closed_form(self, shape, t):
        # unit solids, a ray along -z half a unit off the axis: d has zeros
        prim = Primitive(shape, (0, 0, 0), (1, 1, 1), 1)
        found, _ = intersect(prim, np.array([.5, 0, 5.]),
                             np.array([[0, 0, -1.]]).T)
        assert found[0] == pytest.approx(t, abs=1e-14)

    @pytest.mark.parametrize('shape', ['box', 'ellipsoid', 'cylinder'])
    @pytest.mark.parametrize('start,ray', [
        ((1.5, 0, 5.), (0, 0, -1.)),  # passes
        ((0, 0, 5.), (0, 0, 1.)),  # looks away
        ((0, 0, 0.), (0, 0, 1.))])  # starts inside
    def test_misses(self, shape, start, ray):
        prim = Primitive(shape, (0, 0, 0), (1, 1, 1), 1)
        found, _ = intersect(prim, np.array(start), np.array(ray)[:, None])
        assert np.isinf(found[0])

    def test_rejects_bad_primitives(self):
        with pytest.raises(ValueError, match="shape is 'cone'.*box"):
            Primitive('cone', (0, 0, 0), (1, 1, 1), 1)
        with pytest.raises(ValueError, match=r'half is \[1.0, 0.0, 1.0\]'):
            Primitive('box', (0, 0, 0), (1, 0, 1), 1)


def test_look_axes():
    """Oracle: by hand. Looking along +x, right is -y and down is -z; looking
    up, the forward axis rises; rolled clockwise, right sinks."""
    assert look((0, 0, 0), 0, 0, 0, (2, 2)).rotation == pytest.approx(
        np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]]), abs=1e-15)
    assert look((0, 0, 0), 0, .1, 0, (2, 2)).rotation[2, 2] > 0
    assert look((0, 0, 0), 0, 0, .1, (2, 2)).rotation[0, 2] < 0
    tilted = look((0, 0, 0), 2., .3, .1, (2, 2)).rotation
    assert tilted @ tilted.T == pytest.approx(np.eye(3), abs=1e-14)
    assert np.linalg.det(tilted) == pytest.approx(1)


@pytest.fixture(scope='module', params=[3, 4, 5])
def scene(request):
    """A room, a camera in it, its labels."""
    rng = np.random.default_rng(request.param)
    room = make_room(rng)
    camera = choose_camera(room, rng, (60, 80))
    return room, camera, render_labels(room, camera)


def back_project(depth):
    """Points (H, W, 3) in camera coordinates, 62 degrees across."""
    h, w = depth.shape
    f = w / 2 / np.tan(np.radians(31))
    v, u = np.mgrid[:h, :w]
    return np.stack([(u + .5 - w / 2) / f * depth,
                     (v + .5 - h / 2) / f * depth, depth], -1)


def angle(a, b):
    """Degrees between vectors, exact for small angles."""
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1),
                                 (a * b).sum(-1)))


class TestLabels:
    """Oracle: the points that one gets back from the depth."""

    def test_points_lie_on_their_primitive(self, scene):
        room, camera, labels = scene
        world = (back_project(labels['depth']) @ camera.rotation +
                 camera.position)
        for i in np.unique(labels['index']):
            prim, mask = room.primitives[i], labels['index'] == i
            assert np.abs(implicit(prim, world[mask])).max() < 1e-9
            assert (labels['segmentation'][mask] == prim.label).all()

    def test_nothing_is_in_front(self, scene):
        # every primitive at every pixel: no screen windows
        room, camera, labels = scene
        rays = camera.rays()
        nearest = np.min([intersect(q, camera.position, rays)[0]
                          for q in room.primitives], 0)
        np.testing.assert_array_equal(nearest, labels['depth'])

    def test_window_holds_close_solids(self):
        # most of these reach behind the camera
        rng = np.random.default_rng(0)
        camera = look((0, 0, 0), .3, -.2, .05, (30, 40))
        seen = 0
        for _ in range(200):
            prim = random_primitive(rng, 'box')
            if implicit(prim, camera.position) < 0:
                continue
            hit = np.isfinite(intersect(prim, camera.position,
                                        camera.rays())[0])
            window = camera.window(prim.corners(), near=1e-3)
            seen += hit.any()
            if window is not None:
                hit[window] = False
            assert not hit.any()
        assert seen > 50

    def test_normals_are_unit_and_face_the_camera(self, scene):
        labels = scene[2]
        normals = labels['normals']
        assert np.linalg.norm(normals, axis=-1) == pytest.approx(1, abs=1e-12)
        towards = (normals * back_project(labels['depth'])).sum(-1)
        assert towards.max() < 0

    def test_normals_of_faces_fit_the_depth(self, scene):
        labels = scene[2]
        normals, index = labels['normals'], labels['index']
        points = back_project(labels['depth'])
        same = np.ones(index[1:-1, 1:-1].shape, bool)
        for rows, cols in ((slice(2, None), slice(1, -1)),
                           (slice(0, -2), slice(1, -1)),
                           (slice(1, -1), slice(2, None)),
                           (slice(1, -1), slice(0, -2))):
            same &= index[rows, cols] == index[1:-1, 1:-1]
            same &= (np.abs(normals[rows, cols] - normals[1:-1, 1:-1]) <
                     1e-12).all(-1)
        plane = np.cross(points[2:, 1:-1] - points[:-2, 1:-1],
                         points[1:-1, 2:] - points[1:-1, :-2])[same]
        assert same.mean() > .5
        assert angle(plane, normals[1:-1, 1:-1][same]).max() < 1e-6

    def test_normals_of_spheres(self):
        room = make_room(np.random.default_rng(0))
        room.primitives = room.primitives[:6] + [
            Primitive('ellipsoid', (2, 2, 1), (.5, .5, .5), 40)]
        camera = look((.5, .5, 1.5), np.pi / 4, -.2, 0, (60, 80))
        labels = render_labels(room, camera)
        ball = labels['segmentation'] == 40
        centre = camera.rotation @ ([2, 2, 1] - camera.position)
        radial = (back_project(labels['depth'])[ball] - centre) / .5
        assert ball.sum() > 200
        assert labels['normals'][ball] == pytest.approx(radial, abs=1e-12)


class TestRoom:

    @pytest.mark.parametrize('seed', range(12))
    def test_furniture_stays_in_the_room(self, seed):
        room = make_room(np.random.default_rng(seed))
        for prim in room.primitives[6:]:
            assert prim.label in CLASSES
            corners = prim.corners()
            assert corners.min() > -1e-9
            assert (corners.max(1) < room.size + 1e-9).all()

    @pytest.mark.parametrize('seed', range(6))
    def test_camera_is_in_free_space(self, seed):
        rng = np.random.default_rng(seed)
        room = make_room(rng)
        camera = choose_camera(room, rng, (24, 32))
        assert 1.3 <= camera.position[2] <= 1.7
        assert (camera.position < room.size).all()
        around = camera.position + .1 * np.random.default_rng(0).normal(
            size=(500, 3)).clip(-1.5, 1.5)
        for prim in room.primitives:
            assert implicit(prim, around).min() > 0

    def test_coarse_shadow_test_loses_no_shadow(self, monkeypatch):
        rng = np.random.default_rng(5)
        room = make_room(rng)
        camera = choose_camera(room, rng, (48, 64))
        image = photo.render_rgb(room, camera, np.random.default_rng(0))

        def everything(casters, points, block, lamp):
            for i, prim in casters:
                yield i, prim, np.ones(block.max() + 1, bool)

        monkeypatch.setattr(photo, '_near_paths', everything)
        full = photo.render_rgb(room, camera, np.random.default_rng(0))
        np.testing.assert_array_equal(image, full)
        monkeypatch.setattr(photo, '_near_paths', lambda *args: ())
        bright = photo.render_rgb(room, camera, np.random.default_rng(0))
        assert (bright != full).mean() > .05  # there were shadows
