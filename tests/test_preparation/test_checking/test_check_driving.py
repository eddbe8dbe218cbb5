# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: a sound tiny set, and one thing that is broken in it."""
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.preparation.checking import check_dataset
from mtcp_mm.preparation.street_scenes import write_driving


def only_fault(root, kind):
    fault, = check_dataset(str(root), kind).faults
    assert fault.expected and fault.mend
    return fault


@pytest.fixture
def make(tmp_path):

    def make(kind):
        write_driving(str(tmp_path / kind), kind, 4, 1, scale=16)
        return tmp_path / kind

    return make


@pytest.mark.parametrize('kind, counts, size', [
    ('cityscapes', '4 train + 1 val', '64x128'),
    ('vkitti2', '8 train + 2 val', '23x78'),  # two variations
    ('synthia', '4 train + 1 val', '48x80')])
def test_sound(make, kind, counts, size):
    report = check_dataset(str(make(kind)), kind)
    assert report.faults == report.remarks == []
    assert list(report.tallies) == ['image', 'semseg', 'depth']
    assert f'{counts} images of {size}' in report.archive
    assert not report.known


def test_missing_camera(make):
    root = make('cityscapes')
    (root / 'camera/val/frankfurt/frankfurt_000000_000019_camera.json'
     ).unlink()
    fault = only_fault(root, 'cityscapes')
    assert 'frankfurt_000000_000019_camera.json does not' in fault.found


def test_missing_depth(make):
    root = make('vkitti2')
    (root / 'Scene06/clone/frames/depth/Camera_0/depth_00000.png').unlink()
    fault = only_fault(root, 'vkitti2')
    assert fault.file == (
        'Scene06/clone/frames/depth/Camera_0/depth_00000.png')
    assert fault.found == 'is not there'


def test_label_of_another_size(make):
    root = make('synthia')
    Image.fromarray(np.zeros((9, 9), np.uint16)).save(
        root / 'Depth/Depth/0000003.png')
    fault = only_fault(root, 'synthia')
    assert fault.file == 'Depth/Depth/0000003.png'


def test_no_scene(make, tmp_path):
    fault = only_fault(make('synthia'), 'vkitti2')
    assert 'holds no images rgb_<frame>.jpg' in fault.found


def test_one_folder_below(make, tmp_path):
    make('cityscapes')
    report = check_dataset(str(tmp_path), 'cityscapes')
    assert report.faults[-1].mend == f'Check {tmp_path}/cityscapes.'
