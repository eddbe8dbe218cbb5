# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import NYUDMultiTaskDataset
from mtcp_mm.preparation.checking import KINDS, check_dataset
from mtcp_mm.preparation.nyud_mat import (
    MARKER,
    LabelledFile,
    convert,
    load_mapping,
)
from mtcp_mm.records.archives import ARCHIVES
from mtcp_mm.records.data import data_of_config
from .conftest import CLASSES, NAMES

ROOT = Path(__file__).parents[3]
TABLE = np.array([0, *CLASSES])
FOLDERS = ('images', 'segmentation', 'depth', 'normals', 'edge')


@pytest.fixture
def converted(scene, write_mat, tables, tmp_path):
    """The five images, converted."""
    out = tmp_path / 'out'
    convert(write_mat(scene), str(out), **tables)
    return out


class TestLabelledFile:
    """Oracle: the arrays that were written, in the usual order of axes."""

    def test_read(self, scene, write_mat):
        with LabelledFile(write_mat(scene)) as file:
            assert len(file) == 5 and file.size == (30, 40)
            assert file.names == NAMES and not file.has_instances
            for i in range(5):
                sample = file.read(i)
                for key, array in scene.items():
                    np.testing.assert_array_equal(sample[key], array[i])

    def test_not_hdf5(self, tmp_path):
        path = tmp_path / 'page.mat'
        path.write_text('<html>404</html>')
        with pytest.raises(ValueError, match='page.mat .* no HDF5.*cs.nyu'):
            LabelledFile(str(path))

    def test_cut_off(self, scene, write_mat):
        path = write_mat(scene)
        data = Path(path).read_bytes()
        Path(path).write_bytes(data[:len(data) // 2])
        with pytest.raises(ValueError, match='only a part of one'):
            LabelledFile(path)

    def test_no_file(self):
        with pytest.raises(ValueError, match='none.mat does not exist. Get'):
            LabelledFile('none.mat')

    def test_missing_parts(self, scene, write_mat):
        del scene['depths'], scene['labels']
        with pytest.raises(ValueError, match='no depths, labels, only images'
                           ', names, rawDepths'):
            LabelledFile(write_mat(scene))

    def test_wrong_shape(self, scene, write_mat):
        scene['depths'] = scene['depths'][:, :20]
        with pytest.raises(ValueError, match=r'`depths` .*\(5, 40, 20\), '
                           r'expected \(N, W, H\).*\(5, 3, 40, 30\)'):
            LabelledFile(write_mat(scene))

    def test_wrong_type(self, scene, write_mat):
        scene['labels'] = scene['labels'].astype(np.float32)
        with pytest.raises(ValueError, match='`labels` .* float32, expected '
                           'unsigned integers'):
            LabelledFile(write_mat(scene))


class TestConvert:
    """Oracle: the arrays that were written, mapped by hand."""

    def test_files(self, converted):
        for folder, suffix in zip(FOLDERS, '.jpg .png .npy .npy .npy'.split()):
            assert sorted(os.listdir(converted / folder)) == [
                f'{i:04d}{suffix}' for i in range(1, 6)]
        lists = [(converted / f'gt_sets/{s}.txt').read_text().split()
                 for s in ('train', 'val')]
        assert lists == [['0002', '0003', '0005'], ['0001', '0004']]
        assert not [p for p in converted.parent.iterdir()
                    if p.name.startswith('.')]

    def test_says_what_is_computed(self, converted):
        about = json.loads((converted / MARKER).read_text())
        assert about['normals'] == 'computed from depth'
        assert about['edge'] == 'boundaries of labels'
        assert 'COMPUTED FROM DEPTH' in (converted / 'README.md').read_text()

    def test_values(self, scene, converted):
        for i in range(5):
            def load(folder, i=i):
                return np.load(converted / folder / f'{i + 1:04d}.npy')

            image = Image.open(converted / f'images/{i + 1:04d}.jpg')
            assert image.mode == 'RGB'
            assert np.abs(np.array(image).astype(int) -
                          scene['images'][i]).mean() < 1
            seg = Image.open(converted / f'segmentation/{i + 1:04d}.png')
            assert seg.mode == 'L'
            np.testing.assert_array_equal(seg, TABLE[scene['labels'][i]])
            depth, normals, edge = map(load, ('depth', 'normals', 'edge'))
            np.testing.assert_array_equal(depth, scene['depths'][i])
            assert {x.dtype.name for x in (depth, normals, edge)} == {
                'float32'}
            # nothing was measured in the first four rows
            assert not normals[:4].any() and (normals[4:] != 0).any()
            assert set(np.unique(edge)) == {0, 1}

    def test_raw_depth(self, scene, write_mat, tables, tmp_path):
        convert(write_mat(scene), str(tmp_path / 'raw'), depth='rawDepths',
                **tables)
        np.testing.assert_array_equal(
            np.load(tmp_path / 'raw/depth/0003.npy'), scene['rawDepths'][2])

    def test_normals_of_a_plane(self, scene, write_mat, tables, tmp_path):
        """In the frame of the dataset: a floor looks up, so y < 0."""
        normal = np.array([0, -.8, -.6])
        u, v = np.meshgrid(np.arange(1, 41), np.arange(1, 31))
        rays = np.stack([(u - 325.582449) / 518.857901,
                         (v - 253.736166) / 519.469611, u * 0 + 1.], -1)
        depth = (-.3 / (rays @ normal)).astype(np.float32)
        assert depth.min() > 0
        scene['depths'] = scene['rawDepths'] = np.stack([depth] * 5)
        convert(write_mat(scene), str(tmp_path / 'plane'), **tables)
        found = np.load(tmp_path / 'plane/normals/0002.npy')
        assert np.abs(found - normal).max() < 1e-3

    def test_instances_part_equal_labels(self, scene, write_mat, tables,
                                         tmp_path):
        scene['labels'][:] = 2
        scene['instances'] = np.ones((5, 30, 40), np.uint8)
        scene['instances'][:, :, 25:] = 2
        convert(write_mat(scene), str(tmp_path / 'inst'), **tables)
        edge = np.load(tmp_path / 'inst/edge/0001.npy')
        assert np.flatnonzero(edge.all(0)).tolist() == [25]
        assert edge.sum() == 30

    def test_dataset_reads_it(self, converted, tasks, scene):
        dataset = NYUDMultiTaskDataset(
            str(converted), tasks, split='val', pipeline=[])
        assert [dataset[i]['sample_id'] for i in range(2)] == ['0001', '0004']
        info = dataset[1]['label_infos']
        assert set(info) == set(tasks)

    def test_check_dataset_is_content(self, converted):
        report = check_dataset(
            str(converted), 'nyud', required=[
                'semseg', 'depth', 'normals', 'edge'])
        assert report.faults == [] and report.remarks == []
        assert report.checked == 5 and not report.known

    def test_is_not_taken_for_the_archive(self, make_nyud, tmp_path,
                                          monkeypatch):
        """Counts and sizes alone would say NYUD_MT."""
        make_nyud(tmp_path, {'1': (), '2': ()})
        archive = replace(KINDS['nyud'].archives[0], size=(12, 16),
                          counts=dict(train=2, val=2))
        kind = replace(KINDS['nyud'], archives=(archive, ))
        monkeypatch.setitem(KINDS, 'nyud', kind)
        monkeypatch.setitem(ARCHIVES, 'NYUDMultiTaskDataset', (archive, ))
        cfg = dict(test_dataloader=dict(dataset=dict(
            type='mtcp_mm.NYUDMultiTaskDataset', data_root=str(tmp_path),
            split='val', layout='mt')))
        for marked in (False, True):
            if marked:
                (tmp_path / MARKER).write_text('{}')
            report = check_dataset(str(tmp_path), 'nyud')
            assert report.known is not marked
            assert report.archive.startswith('converted from') is marked
            info = data_of_config(cfg)
            info.num_images, info.sizes = 2, {'12x16': 2}
            assert info.archive == ('' if marked else 'NYUD_MT')

    def test_workers_do_not_matter(self, converted, scene, write_mat, tables,
                                   tmp_path):
        convert(write_mat(scene), str(tmp_path / 'b'), workers=2, **tables)
        for path in sorted(converted.rglob('*')):
            if path.is_file() and path.name != MARKER:
                other = tmp_path / 'b' / path.relative_to(converted)
                assert other.read_bytes() == path.read_bytes()

    def test_tables_of_the_package(self, scene, write_mat, tables, tmp_path):
        _, names = load_mapping()
        source = write_mat(scene, names)
        convert(source, str(tmp_path / 'o'), splits=tables['splits'])
        seg = np.array(Image.open(tmp_path / 'o/segmentation/0001.png'))
        table = np.array([0, 40, 40, 3, 22, 5])  # book ... chair
        np.testing.assert_array_equal(seg, table[scene['labels'][0]])
        with pytest.raises(ValueError, match='5 images, but the split 1449'):
            convert(source, str(tmp_path / 'p'))


class TestRefusals:
    """Nothing is left behind, and nothing is deleted that was there."""

    def test_other_labels(self, scene, write_mat, tables, tmp_path):
        source = write_mat(scene, ['book', 'wall', 'x', 'floor', 'lamp'])
        with pytest.raises(ValueError, match='label 3 of .* is "x", but "door'
                           '  window".*--mapping'):
            convert(source, str(tmp_path / 'out'), **tables)

    def test_label_out_of_range(self, scene, write_mat, tables, tmp_path):
        scene['labels'][3, 2, 1] = 6
        before = {p.name for p in tmp_path.iterdir()}
        source = write_mat(scene)
        with pytest.raises(ValueError, match=r'image 4 of .*label 6 is not'):
            convert(source, str(tmp_path / 'out'), **tables)
        assert {p.name for p in tmp_path.iterdir()} - before == {
            'labeled.mat'}

    def test_overwrite(self, converted, scene, write_mat, tables):
        scene['labels'][:] = 1
        source = write_mat(scene)
        with pytest.raises(ValueError, match='--overwrite'):
            convert(source, str(converted), **tables)
        (converted / 'stale').touch()
        convert(source, str(converted), overwrite=True, **tables)
        assert not (converted / 'stale').exists()
        assert (np.array(Image.open(converted / 'segmentation/0005.png')) ==
                23).all()

    def test_never_deletes_other_things(self, scene, write_mat, tables,
                                        tmp_path):
        (tmp_path / 'mine').mkdir()
        (tmp_path / 'mine/thesis.tex').touch()
        with pytest.raises(ValueError, match='never deleted'):
            convert(write_mat(scene), str(tmp_path / 'mine'), overwrite=True,
                    **tables)
        assert (tmp_path / 'mine/thesis.tex').exists()

    def test_full_disk(self, scene, write_mat, tables, tmp_path,
                       monkeypatch):
        from mtcp_mm.preparation.nyud_mat import convert as function
        module = sys.modules[function.__module__]
        usage = module.shutil.disk_usage('/')._replace(free=1000)
        monkeypatch.setattr(module.shutil, 'disk_usage', lambda _: usage)
        with pytest.raises(ValueError, match='0.0 GB free.*Make room'):
            convert(write_mat(scene), str(tmp_path / 'out'), **tables)


def test_tool(scene, write_mat, tables, tmp_path, capsys):
    """Oracle: the number of images of the scene."""
    spec = importlib.util.spec_from_file_location(
        'nyud_mat2mt', ROOT / 'tools/dataset_converters/nyud_mat2mt.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    args = [write_mat(scene), str(tmp_path / 'out')]
    args += [x for k, v in tables.items() for x in (f'--{k}', v)]
    tool.main(args)
    assert '5 images. Normals are computed' in capsys.readouterr().out
    with pytest.raises(ValueError, match='is there already'):
        tool.main(args)
    tool.main([*args, '--overwrite'])
    with pytest.raises(SystemExit, match='2'):
        tool.main([*args, '--workers', '0'])
