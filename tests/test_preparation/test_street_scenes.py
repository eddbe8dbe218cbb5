# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracles: a road 1.6 m below the camera, the headers of the files, and the
normals that the renderer knows without any depth."""
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from mtcp_mm.datasets import (
    CityscapesMultiTaskDataset,
    SynthiaMultiTaskDataset,
    VKITTI2MultiTaskDataset,
)
from mtcp_mm.preparation.street_scenes import (
    FORMATS,
    View,
    make_street,
    render,
    write_driving,
)
from mtcp_mm.preparation.street_scenes.writer import _stream
from mtcp_mm.utils.camera import Camera
from mtcp_mm.utils.errors import UsageError

TOOL = Path(__file__).parents[2].joinpath(
    'tools', 'dataset_converters', 'make_driving_data.py')
LOAD = [dict(type='mmcv.LoadImageFromFile'),
        dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
        dict(type='mtcp_mm.PackMultiTaskInputs')]
CLASSES = dict(cityscapes=(CityscapesMultiTaskDataset, 19),
               vkitti2=(VKITTI2MultiTaskDataset, 14),
               synthia=(SynthiaMultiTaskDataset, 16))


@pytest.fixture(scope='module')
def roots(tmp_path_factory):
    """A tiny set of each kind; half of the default scale, for normals."""
    folder = tmp_path_factory.mktemp('driving')
    for kind in FORMATS:
        write_driving(str(folder / kind), kind, 4, 1, scale=4)
    return folder


class TestRender:

    def test_a_road_and_a_wall(self):
        rng = np.random.default_rng(0)
        camera = Camera(100., 90., 30., 20., size=(48, 64))
        picture = render(make_street(rng), View(camera), rng)
        road = picture['names'] == 'road'
        v = np.indices(road.shape)[0]
        assert road.sum() > 200
        np.testing.assert_allclose(picture['depth'][road],
                                   1.6 * 90 / (v[road] - 20))
        assert (picture['normals'][road] == (0, -1, 0)).all()
        sky = picture['names'] == 'sky'
        np.testing.assert_array_equal(sky, np.isinf(picture['depth']))
        assert not picture['instance'][sky].any()

    def test_turned_to_the_left(self):
        """What was straight ahead is to the right, and so is its normal."""
        rng = np.random.default_rng(0)
        camera = Camera(60., 60., 31.5, 20., size=(48, 64))
        street = make_street(rng)
        picture = render(street, View(camera, yaw=20.), rng)
        fronts = np.isclose(picture['normals'][..., 2],
                            -np.cos(np.radians(20)))
        assert fronts.sum() > 20
        assert np.allclose(picture['normals'][fronts][:, 0],
                           -np.sin(np.radians(20)))
        ahead = render(street, View(camera), rng)
        u = 31.5 + 60 * np.tan(np.radians(20))
        at, there = picture['depth'][10, round(u)], ahead['depth'][10, 31]
        # along the same ray, up to half a pixel and its slope
        assert at / np.cos(np.radians(20)) == pytest.approx(there, rel=.1) or (
            np.isinf(at) and np.isinf(there))


def header(path):
    """Width, height, bits and colour type of a PNG."""
    head = path.read_bytes()[:26]
    assert head[:8] == b'\x89PNG\r\n\x1a\n'
    return (int.from_bytes(head[16:20], 'big'),
            int.from_bytes(head[20:24], 'big'), head[24], head[25])


class TestFiles:
    """Colour type 0 is grey, 2 is RGB."""

    def test_cityscapes(self, roots):
        def file(folder, ending):
            name = 'aachen_000003_000019'
            return roots.joinpath('cityscapes', folder, 'train/aachen',
                                  name + ending)

        size = 512, 256
        assert header(file('leftImg8bit', '_leftImg8bit.png')) == (*size, 8, 2)
        assert header(file('gtFine', '_gtFine_labelIds.png')) == (*size, 8, 0)
        assert header(file('disparity', '_disparity.png')) == (*size, 16, 0)
        camera = json.loads(file('camera', '_camera.json').read_text())
        assert camera['intrinsic']['fx'] == 2262.52
        assert camera['extrinsic']['baseline'] == .209313

    def test_vkitti2(self, roots):
        base = roots / 'vkitti2/Scene18/15-deg-left/frames'
        assert header(base / 'depth/Camera_0/depth_00000.png') == (
            310, 94, 16, 0)
        assert header(base / 'classSegmentation/Camera_0/classgt_00000.png'
                      ) == (310, 94, 8, 2)
        jpg = base / 'rgb/Camera_0/rgb_00000.jpg'
        assert jpg.read_bytes()[:3] == b'\xff\xd8\xff'

    def test_synthia(self, roots):
        base, name = roots / 'synthia', '0000004.png'
        assert header(base / 'RGB' / name) == (320, 190, 8, 2)
        assert header(base / 'GT/LABELS' / name) == (320, 190, 16, 2)
        assert header(base / 'parsed_LABELS' / name) == (320, 190, 8, 0)
        assert header(base / 'Depth/Depth' / name) == (320, 190, 16, 2)


@pytest.mark.parametrize('kind', list(FORMATS))
def test_the_data_set_reads_what_was_rendered(roots, kind):
    cls, number = CLASSES[kind]
    tasks = dict(
        semseg=dict(type='mtcp_mm.SemSegTask', num_classes=number),
        depth=dict(type='mtcp_mm.DepthTask'),
        normals=dict(type='mtcp_mm.NormalsTask'))
    split = 'train' if kind == 'cityscapes' else 'all'
    sample = cls(str(roots / kind), tasks, split, pipeline=LOAD,
                 test_mode=True)[0]['data_samples']
    shot = next(s for s in FORMATS[kind].shots(4, 1)
                if '/'.join(s.place) == sample.sample_id)
    size = sample.ori_shape
    camera = FORMATS[kind].camera.of_copy(*size)
    np.testing.assert_allclose(sample.intrinsics, camera.matrix)
    street = make_street(_stream(0, shot.street))
    picture = render(street, View(camera, np.array([-1., 0, shot.step]),
                                  shot.yaw), _stream(0, 'x'))
    # depth, to the rounding of the file, and the sky without any
    depth, known = sample.gt_depth.data[0].numpy(), np.isfinite(
        picture['depth'])
    np.testing.assert_array_equal(depth > 0, known)
    step = .0051 if kind != 'cityscapes' else (
        picture['depth'][known]**2 / (.209313 * 2262.52) / 512 * 1.01)
    assert (np.abs(depth[known] - picture['depth'][known]) <= step).all()
    # classes
    meta = cls.METAINFO['classes']
    label = sample.gt_semseg.data[0].numpy()
    for name in ('road', 'building', 'car', 'sky'):
        np.testing.assert_array_equal(label == meta.index(name),
                                      picture['names'] == name)
    # normals: the middle of faces, seen at an angle and not too far away
    normals = sample.gt_normals.data.permute(1, 2, 0).numpy()
    truth, where = picture['normals'], picture['depth'] < 25
    for dy in range(-3, 4):
        for dx in range(-3, 4):
            where &= (np.roll(truth, (dy, dx), (0, 1)) == truth).all(-1)
    where &= normals.any(-1)
    where[:3] = where[-3:] = where[:, :3] = where[:, -3:] = False
    cosine = (normals * truth).sum(-1)[where].clip(-1, 1)
    assert where.sum() > 2000
    angles = np.degrees(np.arccos(cosine))
    assert np.median(angles) < 1 and np.percentile(angles, 90) < 3


class TestTool:

    @pytest.fixture
    def tool(self):
        spec = importlib.util.spec_from_file_location('make_driving', TOOL)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def test_same_parameters_same_files(self, tool, tmp_path, capsys):
        for name in 'ab':
            tool.main([str(tmp_path / name), '--type', 'vkitti2',
                       '--num-train', '4', '--num-val', '1', '--scale', '16'])
        assert '10 images in the format of vkitti2' in capsys.readouterr().out
        files = [
            {p.relative_to(tmp_path / name): p.read_bytes()
             for p in (tmp_path / name).rglob('*') if p.is_file()}
            for name in 'ab']
        assert files[0] == files[1] and len(files[0]) == 31

    def test_refuses(self, tool, tmp_path):
        (tmp_path / 'x').write_text('mine')
        with pytest.raises(UsageError, match='is there already.*street_demo'):
            tool.main([str(tmp_path), '--type', 'synthia', '--force'])
        assert (tmp_path / 'x').read_text() == 'mine'
        with pytest.raises(UsageError, match='num_train is 3.*4..99999'):
            tool.main([str(tmp_path / 'y'), '--type', 'synthia',
                       '--num-train', '3'])
        assert not (tmp_path / 'y').exists()
