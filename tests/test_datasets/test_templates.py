# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: paths and ids written by hand."""
import pytest

from mtcp_mm.datasets.templates import fields_in, fill, fixed_folder, match

DEPTH = '{scene}/frames/depth/{camera}/depth_{frame}.png'
FIELDS = ('scene', 'camera', 'frame')
PATH = 'Scene01/frames/depth/Camera_0/depth_00042.png'


def test_fields_in_their_order():
    assert fields_in(DEPTH) == FIELDS
    assert fields_in('{city}/{city}_{frame}.png') == ('city', 'frame')


def test_there_and_back():
    assert fill(DEPTH, FIELDS, 'Scene01/Camera_0/00042') == PATH
    assert match(DEPTH, FIELDS, PATH) == 'Scene01/Camera_0/00042'


@pytest.mark.parametrize('path', [
    'Scene01/frames/depth/Camera_0/depth_00042.jpg',
    'a/Scene01/frames/depth/Camera_0/depth_00042.png',
    'Scene01/frames/depth/a/Camera_0/depth_00042.png',
    'Scene01/frames/depth/Camera_0/depth_.png'])
def test_other_files(path):
    assert match(DEPTH, FIELDS, path) is None


def test_a_field_is_the_same_everywhere():
    path, fields = '{city}/{city}_{frame}.png', ('city', 'frame')
    assert match(path, fields, 'ulm/ulm_7.png') == 'ulm/7'
    assert match(path, fields, 'ulm/bonn_7.png') is None


def test_a_lone_id_may_have_folders():
    assert match('depth/{id}.png', ('id', ), 'depth/a/b.png') == 'a/b'
    assert fill('depth/{id}.png', ('id', ), 'a/b') == 'depth/a/b.png'


def test_dots_are_dots():
    assert match('{id}.png', ('id', ), 'a-png') is None


def test_fixed_folder():
    assert fixed_folder(DEPTH) == ''
    assert fixed_folder('a/b/c_{id}.png') == 'a/b'


@pytest.mark.parametrize('template', ['{a', '{}/x.png', '{0}.png', '{a b}'])
def test_no_template(template):
    with pytest.raises(ValueError, match='is no template'):
        fields_in(template)


def test_foreign_id_and_foreign_field():
    with pytest.raises(ValueError, match="'00042'.*scene/camera/frame, 3"):
        fill(DEPTH, FIELDS, '00042')
    with pytest.raises(ValueError, match="field 'time'.*scene, camera"):
        fill('{time}.png', FIELDS, 'a/b/c')
