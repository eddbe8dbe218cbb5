# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: a sound miniature archive, and one thing that is broken in it."""
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.preparation.checking import Fault, check_dataset, list_faults
from mtcp_mm.preparation.checking.archives import KINDS, name_archive
from tests.mini_data import write_pascal

ROOT = Path(__file__).parents[3]
TOOL = ROOT / 'tools' / 'dataset_converters' / 'check_dataset.py'
IDS = ['1', '2', '3', '4', '5']


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def nyud(make_nyud, tmp_path):
    """Three images to train on, two to test, and unit normals."""

    def make(layout='mt'):
        root = tmp_path / 'nyud'
        make_nyud(root, {i: () for i in IDS}, layout)
        (root / 'gt_sets' / 'train.txt').write_text('1\n2\n3\n')
        (root / 'gt_sets' / 'val.txt').write_text('4\n5\n')
        rng = np.random.RandomState(0)
        for i in IDS:
            normals = rng.randn(12, 16, 3).astype(np.float32)
            normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
            if layout == 'mt':
                np.save(root / 'normals' / f'{i}.npy', normals)
            else:
                Image.fromarray(
                    np.round((normals + 1) * 127.5).astype(np.uint8)).save(
                        root / 'normals' / f'{i}.png')
        return root

    return make


@pytest.fixture
def pascal(tmp_path):
    return write_pascal(tmp_path / 'pascal')


def only_fault(root, kind='nyud', **kwargs):
    report = check_dataset(str(root), kind, **kwargs)
    assert len(report.faults) == 1, report.faults
    fault, = report.faults
    assert fault.expected and fault.mend
    return fault


class TestSound:

    @pytest.mark.parametrize('layout', ['mt', 'v2'])
    @pytest.mark.parametrize('processes', [1, 2])
    def test_nyud(self, nyud, layout, processes):
        report = check_dataset(str(nyud(layout)), 'nyud', processes=processes)
        assert report.faults == report.remarks == []
        assert report.checked == 5
        assert list(report.tallies) == [
            'image', 'semseg', 'depth', 'normals', 'edge']
        assert {t.files for t in report.tallies.values()} == {5}
        assert f'layout `{layout}`' in report.archive
        assert '3 train + 2 val images of 12x16' in report.archive
        assert not report.known

    def test_tally_is_that_of_all_files(self, nyud):
        root = nyud()
        semseg = np.stack([
            np.array(Image.open(root / 'segmentation' / f'{i}.png'))
            for i in IDS])
        depth = np.stack([np.load(root / 'depth' / f'{i}.npy') for i in IDS])
        tallies = check_dataset(str(root), 'nyud').tallies
        tally = tallies['semseg']
        assert (tally.low, tally.high) == (semseg.min(), semseg.max())
        assert tally.pixels == semseg.size
        assert tally.labelled == (semseg > 0).sum()
        assert tally.classes == set((semseg[semseg > 0] - 1).tolist())
        tally = tallies['depth']
        assert (tally.low, tally.high) == (depth.min(), depth.max())
        assert dict(tally.sizes) == {(12, 16): 5}
        assert dict(tally.dtypes) == {'float32': 5}

    def test_pascal(self, pascal):
        report = check_dataset(str(pascal), 'pascal')
        assert report.faults == []
        assert list(report.tallies) == [
            'image', 'semseg', 'human_parts', 'saliency', 'edge']
        remark, = report.remarks
        assert 'normals_distill/<id>.png' in remark
        assert 'leave `normals` out' in remark
        assert report.tallies['human_parts'].classes == {0, 1, 2, 6}

    def test_fast_reads_some(self, nyud):
        report = check_dataset(str(nyud()), 'nyud', fast=3)
        assert report.checked == 3
        assert {t.files for t in report.tallies.values()} == {3}


class TestFaults:

    @pytest.mark.parametrize('processes', [1, 2])
    def test_label_out_of_range(self, nyud, processes):
        root = nyud()
        label = np.full((12, 16), 57, np.uint8)
        Image.fromarray(label).save(root / 'segmentation' / '4.png')
        fault = only_fault(root, processes=processes)
        assert fault.file == 'segmentation/4.png'
        assert fault.found.startswith('holds label 57, but task `semseg` has')
        assert '1..40' in fault.found

    def test_millimetres(self, nyud):
        root = nyud()
        file = root / 'depth' / '2.npy'
        np.save(file, np.load(file) * 1000)
        fault = only_fault(root)
        assert fault.file == 'depth/2.npy' and 'millimetres?' in fault.found
        assert fault.expected == 'metres (H, W), 0 = missing'

    def test_encoded_normals(self, nyud):
        root = nyud()
        file = root / 'normals' / '2.npy'
        np.save(file, np.load(file) / 2)
        fault = only_fault(root)
        assert fault.file == 'normals/2.npy'
        assert fault.found == 'its vectors have a median length of 0.5'

    @pytest.mark.parametrize('name, value', [
        ('normals', np.nan), ('normals', 0), ('semseg', 0)])
    def test_nothing_counts(self, nyud, name, value):
        root = nyud()
        for i in IDS[1:]:
            self.void(root, name, i, value)
        assert not check_dataset(str(root), 'nyud').faults
        self.void(root, name, IDS[0], value)
        fault = only_fault(root)
        assert f'<id>.{"png" if name == "semseg" else "npy"}' in fault.file
        assert fault.found == ('has no pixel that counts in any of the 5 '
                               'files that were read')

    def void(self, root, name, i, value):
        if name == 'semseg':
            Image.new('L', (16, 12), value).save(
                root / 'segmentation' / f'{i}.png')
        else:
            np.save(root / name / f'{i}.npy',
                    np.full((12, 16, 3), value, np.float32))

    def test_size_of_label(self, nyud):
        root = nyud()
        np.save(root / 'depth' / '2.npy', np.ones((6, 16), np.float32))
        fault = only_fault(root)
        assert '(6, 16)' in fault.found and '(12, 16)' in fault.found

    def test_size_of_image(self, nyud):
        root = nyud()
        Image.new('RGB', (32, 24)).save(root / 'images' / '5.jpg')
        faults = check_dataset(str(root), 'nyud').faults
        assert len([f for f in faults if '5' in f.file]) == 4  # its labels
        fault, = (f for f in faults if f.file == 'images')
        assert '12x16 (4 files), 24x32 (1 files)' in fault.found

    @pytest.mark.parametrize('file', [
        'images/3.jpg', 'segmentation/3.png', 'depth/3.npy', 'normals/3.npy'])
    @pytest.mark.parametrize('keep', [0, 40])
    def test_cut_off(self, nyud, file, keep):
        root = nyud()
        (root / file).write_bytes((root / file).read_bytes()[:keep])
        fault = only_fault(root)
        assert fault.file == file and 'unpack it again' in fault.mend
        assert '0x' not in fault.found  # no address in memory

    @pytest.mark.parametrize('file', ['images/3.jpg', 'depth/3.npy'])
    def test_missing(self, nyud, file):
        root = nyud()
        (root / file).unlink()
        fault = only_fault(root)
        assert (fault.file, fault.found) == (file, 'is not there')

    @pytest.mark.parametrize('name', [
        'images/3.jpg', 'depth/3.npy', 'gt_sets/val.txt'])
    def test_folder_for_a_file(self, nyud, name):
        root = nyud()
        (root / name).unlink()
        (root / name).mkdir()
        with pytest.raises(ValueError, match=f'{name} is a folder'):
            check_dataset(str(root), 'nyud')

    def test_missing_task(self, nyud):
        root = nyud()
        for file in (root / 'edge').iterdir():
            file.unlink()
        report = check_dataset(str(root), 'nyud')
        assert report.faults == []
        assert 'leave `edge` out of `tasks`' in report.remarks[0]
        assert only_fault(root, required=['edge']).file == 'edge/<id>.npy'

    def test_images_of_no_layout(self, nyud):
        root = nyud()
        for file in (root / 'images').iterdir():
            file.rename(file.with_suffix('.tiff'))
        assert only_fault(root).file == (
            'images/<id>.jpg or images/<id>.png')

    def test_part_of_pascal(self, pascal):
        (pascal / 'human_parts' / 'val_1.mat').write_bytes(b'MATLAB?')
        fault = only_fault(pascal, 'pascal')
        assert fault.file == 'human_parts/val_1.mat'
        assert 'cannot be read as a MATLAB file' in fault.found


class TestLists:

    def test_overlap(self, nyud):
        root = nyud()
        (root / 'gt_sets' / 'val.txt').write_text('4\n5\n2\n')
        fault = only_fault(root)
        assert fault.file == 'gt_sets/val.txt'
        assert fault.found == 'shares 1 ids with train.txt, such as 2'

    def test_double(self, nyud):
        root = nyud()
        (root / 'gt_sets' / 'train.txt').write_text('1\n2\n3\n2\n')
        fault = only_fault(root)
        assert fault.file == 'gt_sets/train.txt' and 'such as 2' in fault.found

    @pytest.mark.parametrize('text, found', [(None, 'is not there'),
                                             ('\n', 'is empty')])
    def test_one_list_lacks(self, nyud, text, found):
        root = nyud()
        file = root / 'gt_sets' / 'val.txt'
        file.unlink() if text is None else file.write_text(text)
        report = check_dataset(str(root), 'nyud')
        fault, = report.faults
        assert (fault.file, fault.found) == ('gt_sets/val.txt', found)
        assert report.checked == 3
        # the files of val are still there
        assert all('2 files are in no list' in r for r in report.remarks)

    def test_other_lists_count_as_lists(self, nyud):
        root = nyud()
        (root / 'images' / '6.jpg').write_bytes(b'')
        remark, = check_dataset(str(root), 'nyud').remarks
        assert '1 files are in no list' in remark and 'such as 6' in remark
        (root / 'gt_sets' / 'test.txt').write_text('6\n')
        assert check_dataset(str(root), 'nyud').remarks == []

    def test_one_folder_too_high(self, nyud):
        report = check_dataset(str(nyud().parent), 'nyud')
        assert len(report.faults) == 3  # no train, no val
        assert report.faults[-1].mend.endswith('/nyud.')


class TestArchive:
    counts = dict(train=795, val=654)

    @pytest.mark.parametrize('layout, size, counts, name', [
        ('mt', (480, 640), counts, 'NYUD_MT of MTI-Net'),
        ('v2', (425, 560), counts, 'NYUDv2 of ATRC'),
        ('mt', (425, 560), counts, None),
        ('mt', (480, 640), dict(train=795, val=653), None),
        ('mt', None, counts, None)])
    def test_nyud(self, layout, size, counts, name):
        known, text = name_archive(KINDS['nyud'], layout, counts, size)
        assert known == bool(name)
        assert text.startswith(name or 'none of the known archives')

    def test_pascal(self):
        known, text = name_archive(KINDS['pascal'], 'pascal_mt',
                                   dict(train=4998, val=5105), None)
        assert known and text.startswith('PASCAL_MT')

    @pytest.mark.parametrize('file, name', [
        ('segmentation/0001.mat', 'NYUD_MT of ASTMT'),
        ('train/image/0.npy', 'LibMTL')])
    def test_foreign(self, tmp_path, file, name):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
        fault = only_fault(tmp_path)
        assert name in fault.found
        assert fault.expected == 'NYUD_MT of MTI-Net or NYUDv2 of ATRC'


def test_list_groups_faults():
    faults = [Fault(f'{i}.png', 'is odd', 'even', 'Add one.')
              for i in range(5)] + [Fault('x', 'y', 'z', 'w')]
    assert list_faults(faults, 2).splitlines() == [
        '  0.png: is odd', '  1.png: is odd', '  ... and 3 more like these',
        '    expected: even', '    to mend:  Add one.',
        '  x: y', '    expected: z', '    to mend:  w']


class TestTool:

    def run(self, monkeypatch, *args):
        monkeypatch.setattr(sys, 'argv', ['check', *map(str, args)])
        return load(TOOL).main()

    def test_exit_codes(self, nyud, monkeypatch, capsys):
        root = nyud()
        args = (root, '--type', 'nyud', '--processes', 1)
        assert self.run(monkeypatch, *args) == 0
        out = capsys.readouterr().out
        assert 'No faults.' in out and '5 images were read' in out
        row, = (line.split() for line in out.splitlines()
                if line.startswith('semseg'))
        assert row[1:4] == ['5', 'uint8', '12x16']
        (root / 'depth' / '1.npy').unlink()
        assert self.run(monkeypatch, *args) == 1
        assert '1 fault:\n  depth/1.npy: is not there' in (
            capsys.readouterr().out)

    @pytest.mark.parametrize('args, message', [
        (('none', '--type', 'nyud'), 'none is no folder'),
        (('.', '--type', 'nyud', '--tasks', 'saliency'),
         'saliency is no label of nyud')])
    def test_usage(self, monkeypatch, args, message):
        with pytest.raises((OSError, ValueError), match=message):
            self.run(monkeypatch, *args)

    def test_is_what_the_error_message_names(self):
        from mtcp_mm.tasks import build_tasks
        task = build_tasks(dict(s=KINDS['nyud'].tasks['semseg']))['s']
        with pytest.raises(ValueError) as error:
            task.decode_label(np.full((2, 2), 99), 'x/y.png')
        named = str(error.value).split('python ')[1].split()[0]
        assert ROOT / named == TOOL and TOOL.is_file()
