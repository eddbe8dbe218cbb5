# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: made-up logs."""
import json

import pytest

from mtcp_mm.records.logs import read_log


def write(work_dir, stamp, records):
    file = work_dir / stamp / 'vis_data' / 'scalars.json'
    file.parent.mkdir(parents=True)
    file.write_text('\n'.join(map(json.dumps, records)) + '\n')
    return file


def train(step, loss, length=4):
    return {'loss': loss, 'depth.loss': loss, 'step': step,
            'epoch': -(-step // length)}


def test_means_of_epochs_and_validations(tmp_path):
    write(tmp_path, 'a', [train(2, 1.), train(4, 3.), {
        'depth/rmse': .5, 'step': 1
    }, train(6, float('nan')), train(8, 7.), {
        'depth/rmse': .25, 'step': 2
    }])
    log = read_log(tmp_path)
    assert log.unit == 'epoch'
    assert log.per_epoch('depth.loss') == ([1, 2], [2., 7.])
    assert log.validations('depth/rmse') == ([1, 2], [.5, .25])
    assert log.positions() == [.5, 1., 1.5, 2.]
    assert log.points('depth.loss')[0] == [.5, 1., 1.5, 2.]
    assert log.points('depth/rmse') == ([1, 2], [.5, .25])
    assert log.keys(['*.loss', 'depth/*']) == ['depth.loss', 'depth/rmse']
    assert 'step' not in log.keys()


def test_resumed_run_replaces_what_it_repeats(tmp_path):
    first = [train(s, 1.) for s in (4, 8, 12)]
    write(tmp_path, '20260101', [first[0], {'a/b': 1., 'step': 1}, first[1],
                                 {'a/b': 2., 'step': 2}, first[2],
                                 {'a/b': 3., 'step': 3}])
    write(tmp_path, '20260102', [train(12, 5.), {'a/b': 30., 'step': 3}])
    log = read_log(tmp_path)
    assert [(r['step'], r['loss']) for r in log.train] == [(4, 1.), (8, 1.),
                                                           (12, 5.)]
    assert log.validations('a/b') == ([1, 2, 3], [1., 2., 30.])


def test_run_without_epochs(tmp_path):
    write(tmp_path, 'a', [{'loss': s, 'step': s} for s in (10., 20.)])
    log = read_log(tmp_path)
    assert log.unit == 'iteration'
    assert log.per_epoch('loss') == ([10., 20.], [10., 20.])


def test_half_a_line_at_the_end_is_left_out(tmp_path):
    file = write(tmp_path, 'a', [train(1, 1.)])
    file.write_text(file.read_text() + '{"loss": 2, "st')
    assert len(read_log(file).train) == 1


@pytest.mark.parametrize('line, fault', [
    ('{"loss": ', 'line 1.*no JSON object'),
    ('{"loss": 1}', 'line 1.*with a `step`'),
    ('[1, 2]', 'line 1.*with a `step`'),
])
def test_other_files_are_refused(tmp_path, line, fault):
    file = tmp_path / 'scalars.json'
    file.write_text(f'{line}\n{line}\n')
    with pytest.raises(ValueError, match=fault) as error:
        read_log(file)
    assert str(file) in str(error.value)


def test_no_log(tmp_path):
    with pytest.raises(FileNotFoundError, match='LocalVisBackend'):
        read_log(tmp_path)
