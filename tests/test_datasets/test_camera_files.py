# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: files and dicts written by hand."""
import json

import pytest

from mtcp_mm.datasets.camera_files import as_source, read_camera
from mtcp_mm.utils.camera import Camera

JSON = dict(
    extrinsic=dict(baseline=.209313, pitch=.038, x=1.7),
    intrinsic=dict(fx=2262.52, fy=2265.3, u0=1096.98, v0=513.137))


class TestReadCamera:

    def write(self, tmp_path, content):
        path = tmp_path / 'a_camera.json'
        path.write_text(content)
        return dict(path=str(path), size=(1024, 2048))

    def test_cityscapes_format(self, tmp_path):
        assert read_camera(self.write(tmp_path, json.dumps(JSON))) == Camera(
            2262.52, 2265.3, 1096.98, 513.137, 0, (1024, 2048), .209313)

    @pytest.mark.parametrize('change, message', [
        (lambda c: c['intrinsic'].pop('u0'), "lacks 'u0'"),
        (lambda c: c.pop('intrinsic'), "lacks 'intrinsic'"),
        (lambda c: c['intrinsic'].update(fx=-1), 'fx=-1.*a number above 0'),
        (lambda c: c['extrinsic'].update(baseline=0), 'baseline=0'),
        (lambda c: c['intrinsic'].update(u0='x'), "cx='x'.*a number")])
    def test_wrong_content(self, tmp_path, change, message):
        content = json.loads(json.dumps(JSON))
        change(content)
        with pytest.raises(ValueError, match=f'a_camera.json.*{message}'):
            read_camera(self.write(tmp_path, json.dumps(content)))

    @pytest.mark.parametrize('text', ['', '[1]', '{"intrinsic": 3}', 'x'])
    def test_no_camera(self, tmp_path, text):
        with pytest.raises(ValueError, match='a_camera.json holds no camera'):
            read_camera(self.write(tmp_path, text))


class TestAsSource:

    def test_one_for_all_and_one_each(self):
        one = as_source(dict(fx=5, fy=5, cx=3, cy=2, size=[4, 6]))
        assert one == Camera(5, 5, 3, 2, size=(4, 6))
        each = as_source(dict(path='{id}.json', size=(4, 6), baseline=.5))
        assert each == dict(
            path='{id}.json', options=dict(size=(4, 6), baseline=.5))

    @pytest.mark.parametrize('camera, message', [
        (dict(fx=5, fy=5, cx=3, cy=2), r'needs size=\(height, width\)'),
        (dict(fx=5, fy=5, size=(4, 6)), 'lacks cx, cy'),
        (dict(fx=5, f=5, size=(4, 6)), "key 'f'.*fx, fy, cx"),
        (dict(fx=0, fy=5, cx=3, cy=2, size=(4, 6)), 'fx=0'),
        (dict(folder='camera', size=(4, 6)), 'need folder and suffix')])
    def test_errors(self, camera, message):
        with pytest.raises(ValueError, match=message):
            as_source(camera)
