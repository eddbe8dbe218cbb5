# Copyright (c) mtcp_mm authors. All rights reserved.
"""A child config over configs/mtcp_nyud.py does what it says, or says why
not. Oracle: the samples that the built data sets hand out."""
from pathlib import Path

import pytest
from mmengine.registry import DATASETS, DefaultScope

from mtcp_mm.utils.settings import load_config_file
from tests.mini_data import SIZE, write_nyud

BASE = Path(__file__).parents[1] / 'configs' / 'mtcp_nyud.py'
TWO_TASKS = """
tasks = dict(
    _delete_=True, semseg=_base_.tasks.semseg, depth=_base_.tasks.depth)
"""


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    return write_nyud(tmp_path_factory.mktemp('nyud') / 'data')


@pytest.fixture
def child(root, tmp_path, monkeypatch):
    """Config of a file with some lines, the data being tiny."""
    monkeypatch.setenv('MTCP_NYUD_ROOT', str(root))

    def load(lines, base=BASE):
        path = tmp_path / 'child.py'
        path.write_text(f'_base_ = {str(base)!r}\n{lines}\n')
        return load_config_file(path)

    return load


def first_samples(cfg):
    """One sample each of training, validation and test."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        return [
            DATASETS.build(cfg[f'{split}_dataloader'].dataset)[0]
            for split in ('train', 'val', 'test')
        ]


class TestHasTheEffect:

    @pytest.mark.parametrize('lines, train, test', [
        ('', (480, 640), (480, 640)),
        ('crop_size = (352, 480)', (352, 480), (480, 640)),
        ('image_scale = (320, 240)\ncrop_size = (240, 320)', (240, 320),
         (240, 320)),
    ])
    def test_sizes(self, child, lines, train, test):
        samples = first_samples(child(lines))
        shapes = [tuple(s['inputs'].shape[1:]) for s in samples]
        assert shapes == [train, test, test]
        assert samples[0]['data_samples'].gt_depth.shape == train
        assert samples[2]['data_samples'].gt_depth.shape == SIZE

    def test_place_of_the_data(self, child, root, monkeypatch):
        monkeypatch.setenv('MTCP_NYUD_ROOT', '/nowhere')
        for sample in first_samples(child(f'data_root = {str(root)!r}')):
            assert sample['data_samples'].img_path.startswith(str(root))

    def test_two_tasks_in_four_lines(self, child):
        assert len(TWO_TASKS.strip().splitlines()) <= 4
        cfg = child(TWO_TASKS)
        for sample in first_samples(cfg):
            labels = {k for k in sample['data_samples'].keys()
                      if k.startswith('gt_')}
            assert labels == {'gt_semseg', 'gt_depth'}
        assert list(cfg.model.tasks) == ['semseg', 'depth']

    def test_epochs(self, child):
        cfg = child('max_epochs = 7')
        assert cfg.train_cfg.max_epochs == 7
        assert 'end' not in cfg.param_scheduler[0]


class TestIsRefused:
    """Over a config that has it all in its places, such as a dumped one."""

    @pytest.mark.parametrize('lines, way', [
        ('crop_size = (352, 480)',
         r'train_dataloader\.dataset\.pipeline\.3\.crop_size=\(352,480\)'),
        ('image_scale = (320, 240)', r'dataset\.pipeline\.1\.scale=\(320,240'),
        ("data_root = '/other'", r"train_dataloader = dict\(dataset=dict\("
         r"data_root='/other'\)\)"),
        ("tasks = dict(edge=dict(type='mtcp_mm.EdgeTask'))",
         r'model = dict\(tasks=tasks\)'),
        ('max_epochs = 7', r'train_cfg = dict\(max_epochs=7\)'),
    ])
    def test_with_the_lines_that_work(self, child, tmp_path, lines, way):
        child('').dump(tmp_path / 'dumped.py')
        name = lines.partition(' ')[0]
        with pytest.raises(ValueError, match=f'`{name}` = (?s:.*){way}'):
            child(lines, tmp_path / 'dumped.py')
