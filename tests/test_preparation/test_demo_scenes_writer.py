# Copyright (c) mtcp_mm authors. All rights reserved.
import filecmp
import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.preparation.demo_scenes import CLASSES, boundaries, write_demo
from mtcp_mm.preparation.demo_scenes import writer as writer_module
from .test_demo_scenes import back_project

ROOT = Path(__file__).parents[2]
SMALL = dict(num_train=6, num_val=3, size=(24, 32), workers=1)


def naive_edges(seg):
    edge = np.zeros(seg.shape, np.float32)
    for y in range(seg.shape[0]):
        for x in range(seg.shape[1]):
            if (y and seg[y, x] != seg[y - 1, x]) or (
                    x and seg[y, x] != seg[y, x - 1]):
                edge[y, x] = 1
    return edge


def tree(root):
    return sorted(str(p.relative_to(root)) for p in Path(root).rglob('*')
                  if p.is_file())


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp('demo') / 'mt'
    assert write_demo(str(out), **SMALL)
    return out


class TestWriteDemo:
    """Oracle: the description of the NYUD_MT archive."""

    def test_files(self, demo):
        ids = [f'{i:04d}' for i in range(1, 10)]
        expected = ['demo.json', 'gt_sets/train.txt', 'gt_sets/val.txt']
        for folder, end in (('images', 'jpg'), ('segmentation', 'png'),
                            ('depth', 'npy'), ('normals', 'npy'),
                            ('edge', 'npy')):
            expected += [f'{folder}/{i}.{end}' for i in ids]
        assert tree(demo) == sorted(expected)
        assert (demo / 'gt_sets/train.txt').read_text().split() == ids[:6]
        assert (demo / 'gt_sets/val.txt').read_text().split() == ids[6:]
        assert [p.name for p in demo.parent.iterdir()] == ['mt']

    def test_arrays(self, demo):
        classes = set()
        for i in range(1, 10):
            name = f'{i:04d}'
            image = np.array(Image.open(demo / f'images/{name}.jpg'))
            seg = np.array(Image.open(demo / f'segmentation/{name}.png'))
            depth, normals, edge = (np.load(demo / f'{x}/{name}.npy')
                                    for x in ('depth', 'normals', 'edge'))
            assert image.dtype == seg.dtype == np.uint8
            assert image.shape == normals.shape == (24, 32, 3)
            assert seg.shape == depth.shape == edge.shape == (24, 32)
            assert depth.dtype == normals.dtype == edge.dtype == np.float32
            assert 30 < image.mean() < 225 and image.std() > 15
            assert .3 < depth.min() and depth.max() < 12
            assert np.linalg.norm(normals, axis=-1) == pytest.approx(
                1, abs=1e-6)
            assert (normals * back_project(depth)).sum(-1).max() < 0
            np.testing.assert_array_equal(edge, naive_edges(seg))
            np.testing.assert_array_equal(edge, boundaries(seg))
            classes |= set(seg.ravel().tolist())
        assert classes <= set(CLASSES) and len(classes) >= 10

    def test_workers_do_not_matter(self, demo, tmp_path):
        write_demo(str(tmp_path / 'b'), **{**SMALL, 'workers': 2})
        names = tree(demo)
        assert tree(tmp_path / 'b') == names
        assert filecmp.cmpfiles(demo, tmp_path / 'b', names,
                                shallow=False)[0] == names

    def test_seed_and_split_matter(self, demo, tmp_path):
        write_demo(str(tmp_path / 'b'), **{**SMALL, 'seed': 1})
        first = np.load(demo / 'depth/0001.npy')
        assert (first != np.load(tmp_path / 'b/depth/0001.npy')).any()
        assert (first != np.load(demo / 'depth/0007.npy')).any()

    def test_layout_v2(self, demo, tmp_path):
        write_demo(str(tmp_path / 'b'), layout='v2', **SMALL)
        for i in range(1, 10):
            image, normals, edge = (
                np.array(Image.open(tmp_path / f'b/{folder}/{i:04d}.png'))
                for folder in ('images', 'normals', 'edge'))
            assert image.shape == (24, 32, 3)
            assert normals.dtype == edge.dtype == np.uint8
            error = normals / 127.5 - 1 - np.load(
                demo / f'normals/{i:04d}.npy')
            assert np.abs(error).max() <= 1 / 255 + 1e-6
            np.testing.assert_array_equal(
                edge, 255 * np.load(demo / f'edge/{i:04d}.npy'))
            np.testing.assert_array_equal(
                np.load(tmp_path / f'b/depth/{i:04d}.npy'),
                np.load(demo / f'depth/{i:04d}.npy'))

    @pytest.mark.parametrize('name,value', [
        ('num_train', 0), ('num_val', 0), ('size', (4, 40)), ('seed', -1),
        ('workers', 0), ('layout', 'v3')])
    def test_rejects_bad_parameters(self, name, value, tmp_path):
        with pytest.raises(ValueError, match=f'{name} is .*expected'):
            write_demo(str(tmp_path / 'b'), **{name: value})
        assert not list(tmp_path.iterdir())

    def test_failure_leaves_nothing(self, tmp_path, monkeypatch):
        def fail(*args):
            raise OSError('disk full')

        monkeypatch.setattr(writer_module, '_save', fail)
        with pytest.raises(OSError, match='disk full'):
            write_demo(str(tmp_path / 'b'), **SMALL)
        assert not list(tmp_path.iterdir())


@pytest.fixture(scope='module')
def cli():
    path = ROOT / 'tools/dataset_converters/make_demo_data.py'
    spec = importlib.util.spec_from_file_location('make_demo_data', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


class TestCLI:
    ARGS = '--num-train 2 --num-val 1 --size 16 24 --workers 1'.split()

    def test_writes_once(self, cli, tmp_path, capsys):
        out = tmp_path / 'new' / 'demo'
        cli([str(out), *self.ARGS])
        assert 'Done in' in capsys.readouterr().out
        assert json.loads((out / 'demo.json').read_text())['size'] == [16, 24]
        stamp = os.stat(out / 'depth/0001.npy').st_mtime_ns
        cli([str(out), *self.ARGS])
        assert 'nothing to do' in capsys.readouterr().out
        assert os.stat(out / 'depth/0001.npy').st_mtime_ns == stamp

    def test_refuses_other_parameters_unless_forced(self, cli, tmp_path):
        out = tmp_path / 'demo'
        cli([str(out), *self.ARGS])
        before = (out / 'demo.json').read_text()
        other = [str(out), *self.ARGS, '--seed', '7']
        with pytest.raises(ValueError, match='other parameters.*--force'):
            cli(other)
        assert (out / 'demo.json').read_text() == before
        cli([*other, '--force'])
        assert json.loads((out / 'demo.json').read_text())['seed'] == 7
        assert [p.name for p in tmp_path.iterdir()] == ['demo']

    def test_notices_missing_files(self, cli, tmp_path):
        out = tmp_path / 'demo'
        cli([str(out), *self.ARGS])
        os.remove(out / 'edge/0002.npy')
        with pytest.raises(ValueError, match='files missing'):
            cli([str(out), *self.ARGS])

    def test_refuses_foreign_folders(self, cli, tmp_path, monkeypatch):
        (tmp_path / 'thesis.tex').write_text('x')
        with pytest.raises(ValueError, match='did not write.*--force'):
            cli([str(tmp_path), *self.ARGS])
        with pytest.raises(ValueError, match='is a file'):
            cli([str(tmp_path / 'thesis.tex'), *self.ARGS, '--force'])
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ValueError, match='current folder'):
            cli(['.', *self.ARGS, '--force'])
        assert tree(tmp_path) == ['thesis.tex']
