# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import SIZES

DEMO = Path(__file__).parents[2] / 'demo' / 'image_demo.py'


@pytest.fixture
def demo(monkeypatch):
    spec = importlib.util.spec_from_file_location('image_demo', DEMO)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(*args):
        monkeypatch.setattr(sys, 'argv', ['image_demo.py', *map(str, args)])
        return module.main()

    call.UsageError = module.UsageError
    return call


@pytest.fixture
def model(config, checkpoint, tmp_path):
    file = tmp_path / 'tiny.py'
    config.dump(file)
    return file, checkpoint


def test_mixed_folder_with_a_broken_image(demo, model, photos, tmp_path,
                                          capsys):
    """The good ones are done, the broken one is named, the exit code is 1."""
    with Image.open(photos / '0.png') as image:
        image.convert('L').save(photos / '0.jpg')
        image.convert('P').save(photos / '4.gif')
        image.convert('RGBA').save(photos / '5.webp')
    content = (photos / '2.png').read_bytes()
    (photos / '2b.png').write_bytes(content[:len(content) // 2])
    (photos / 'notes.txt').write_text('no image')
    out = tmp_path / 'out'
    code = demo(photos, *model, '--out-dir', out, '--batch-size', 3,
                '--device', 'cpu')
    assert code == 1
    printed = capsys.readouterr()
    assert '7 of 8 images predicted' in printed.out
    complaints = [line for line in printed.err.splitlines()
                  if 'error:' in line]
    assert len(complaints) == 1 and f'{photos}/2b.png' in complaints[0]
    names = ['0_jpg', '0_png', '1', '2', '3', '4', '5']
    for folder, suffix in (('predictions', 'npz'), ('depth', 'png'),
                           ('panels', 'jpg')):
        there = sorted(p.name for p in (out / folder).iterdir())
        assert there == [f'{name}.{suffix}' for name in names]
    for name, size in zip(names[1:5], SIZES):
        with np.load(out / 'predictions' / f'{name}.npz') as arrays, \
                Image.open(out / 'depth' / f'{name}.png') as depth:
            assert arrays['semseg'].shape == size
            error = np.abs(np.array(depth) / 1000. - arrays['depth'])
            assert error.max() <= .00051
            assert arrays['depth'].max() > .01


def test_one_image(demo, model, photos, tmp_path, capsys):
    out = tmp_path / 'out'
    assert demo(photos / '3.png', *model, '--out-dir', out, '--panels', 'none',
                '--max-side', 45) == 0
    assert not (out / 'panels').exists()
    assert '1 images were shrunk to --max-side 45' in capsys.readouterr().out
    with Image.open(out / 'depth' / '3.png') as image:
        assert image.size == (25, 45)


def test_without_a_config(demo, photos, tmp_path, capsys):
    """The model that comes along is named, and predicts its three tasks."""
    out = tmp_path / 'out'
    assert demo(photos / '3.png', '--out-dir', out, '--device', 'cpu') == 0
    printed = capsys.readouterr()
    assert 'Model: mtcp_lite_rooms' in printed.out
    with np.load(out / 'predictions' / '3.npz') as arrays:
        assert set(arrays) == {'semseg', 'depth', 'normals'}
    for args, message in (('x.py', ), 'no checkpoint for x.py'), (
        ('--cfg-options', 'a=1'), 'changes a config'):
        with pytest.raises(SystemExit):
            demo(photos, *args, '--out-dir', out)
        assert message in capsys.readouterr().err


@pytest.mark.parametrize('images, message', [
    ('none', 'none does not exist'), ('empty', 'empty has no images .it is')])
def test_nothing_to_do(demo, model, tmp_path, images, message):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(demo.UsageError, match=message):
        demo(tmp_path / images, *model, '--out-dir', tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_wrong_paths_of_model(demo, model, photos, tmp_path):
    config, checkpoint = model
    for args in ((tmp_path / 'x.py', checkpoint), (config, tmp_path / 'x')):
        with pytest.raises(demo.UsageError, match='does not exist'):
            demo(photos, *args, '--out-dir', tmp_path / 'out')
    other = DEMO.parents[1] / 'configs' / 'mtcp_demo.py'
    with pytest.raises(demo.UsageError, match='710 of 854 keys'):
        demo(photos, other, checkpoint, '--out-dir', tmp_path / 'out')
    with pytest.raises(SystemExit):
        demo(photos, *model, '--out-dir', tmp_path, '--batch-size', 0)
