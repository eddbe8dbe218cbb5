# Copyright (c) mtcp_mm authors. All rights reserved.
import json

import pytest

from mtcp_mm.report.collect import collect, find_checkpoint, find_config
from mtcp_mm.utils.errors import UsageError
from .conftest import CONFIG, write_log


@pytest.fixture
def work_dir(tmp_path, data_root):
    """A run without weights: a config and a log."""
    folder = tmp_path / 'run'
    folder.mkdir()
    (folder / 'tiny.py').write_text(CONFIG.format(root=str(data_root)))
    write_log(folder)
    return folder


class TestFolder:

    def test_no_folder(self, tmp_path):
        with pytest.raises(UsageError, match='nowhere is no folder.*Expected'):
            collect(tmp_path / 'nowhere')

    def test_another_folder(self, tmp_path):
        (tmp_path / 'letter.txt').write_text('Dear')
        with pytest.raises(UsageError) as error:
            collect(tmp_path)
        for part in (str(tmp_path), 'metrics.json', '*.pth', 'letter.txt'):
            assert part in str(error.value)

    def test_checkpoint_of_a_moved_folder(self, tmp_path):
        for name in ('epoch_1.pth', 'epoch_2.pth', 'best.pth'):
            (tmp_path / name).touch()
        (tmp_path / 'last_checkpoint').write_text('/old/place/epoch_1.pth\n')
        assert find_checkpoint(tmp_path).name == 'epoch_1.pth'
        (tmp_path / 'last_checkpoint').write_text('/old/place/gone.pth\n')
        assert find_checkpoint(tmp_path).name == 'best.pth'

    def test_config_beside_the_log(self, tmp_path):
        file = tmp_path / '20260101' / 'vis_data' / 'config.py'
        file.parent.mkdir(parents=True)
        file.touch()
        assert find_config(tmp_path) == file


class TestScores:

    def test_last_validation(self, work_dir):
        run = collect(work_dir)
        assert run.scores == {'semseg/mIoU': 30., 'depth/rmse': 1.,
                              'normals/mean': 37.}
        assert run.scores_from == 'last validation, step 3'

    def test_metrics_json_wins(self, work_dir):
        scores = {'depth/rmse': .125, 'depth/rmse@mtcp': .0625}
        (work_dir / 'metrics.json').write_text(json.dumps(scores))
        run = collect(work_dir)
        assert run.scores == scores
        assert run.scores_from == 'metrics.json of tools/test.py'

    def test_what_lies_beside_metrics_json(self, work_dir):
        (work_dir / 'tiny.py').unlink()
        (work_dir / 'metrics.json').write_text(
            '{"d/rmse@x": 2, "d/rmse": 1}')
        said = dict(task='d', metric='rmse', higher_is_better=False)
        (work_dir / 'metrics_meta.json').write_text(json.dumps(dict(
            checkpoint='/a/epoch_9.pth',
            scores={'d/rmse@x': dict(said, protocol='x', note='rare'),
                    'd/rmse': dict(said, protocol='pooled', note='all')},
            data=dict(dataset='D', root='data/D', split='val', layout='mt',
                      num_images=7, sizes={'2x3': 7}, is_demo=False,
                      name='D 2x3'),
            details=dict(d=dict(pooled=dict(classes=['a'], IoU=[5.]))))))
        run = collect(work_dir)
        assert run.metrics['d'].protocols == dict(pooled='all', x='rare')
        assert run.metrics['d'].house == 'pooled'
        assert run.checkpoint == 'epoch_9.pth'
        assert run.data.name == 'D 2x3' and run.data.num_images == 7
        assert run.details['d']['pooled']['IoU'] == [5.]
        assert 'holds no config' in run.absent['config']

    def test_scores_of_other_weights_are_told(self, finished, tmp_path):
        collect(finished, num_images=2, device='cpu')
        file = finished / 'metrics.json'
        try:
            for factor, notes in ((1.00001, 0), (1.1, 1)):
                scores = collect(finished, with_evaluation=False)
                value = scores.evaluation['scores']['depth/rmse'] * factor
                file.write_text(json.dumps({'depth/rmse': value}))
                run = collect(finished, with_evaluation=False)
                assert len(run.notes) == notes
            assert 'differs' in run.notes[0] and 'depth/rmse' in run.notes[0]
        finally:
            file.unlink()


class TestAbsent:

    def test_no_weights(self, work_dir):
        absent = collect(work_dir).absent
        assert set(absent) == {'evaluation'}
        assert 'no checkpoint' in absent['evaluation']

    def test_nothing_but_scores(self, tmp_path):
        (tmp_path / 'metrics.json').write_text('{"depth/rmse": null}')
        run = collect(tmp_path)
        assert set(run.absent) == {'config', 'curves', 'weights', 'evaluation'}
        assert 'no config' in run.absent['config']
        assert run.scores == {'depth/rmse': None}

    def test_nothing_but_weights(self, tmp_path):
        (tmp_path / 'a.pth').touch()
        assert 'metrics.json' in collect(tmp_path).absent['scores']

    def test_plain_sum_of_losses(self, tmp_path, data_root):
        write_log(tmp_path, weights=False)
        run = collect(tmp_path)
        assert 'LPSHook' in run.absent['weights']
        assert 'curves' not in run.absent

    def test_not_asked_for(self, finished, tmp_path):
        (tmp_path / 'metrics.json').write_text('{}')
        absent = collect(tmp_path, with_evaluation=False).absent
        assert '--no-eval' in absent['evaluation']
