# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mtcp_mm.evaluation import DepthMetric, MultiTaskEvaluator
from mtcp_mm.tasks import DepthTask

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'),
    edge=dict(type='mtcp_mm.EdgeTask', metric=[]))


def make_sample(index):
    """Image number `index`: its own size, content and missing labels."""
    rng = np.random.RandomState(index)
    h, w = 3 + index, 9 - index
    maps = dict(
        gt_semseg=rng.choice([0, 1, 2, 255], (1, h, w)),
        pred_semseg=rng.randint(0, 4, (1, h, w)),
        gt_depth=rng.choice([0, .7, 3.3], (1, h, w)),
        pred_depth=rng.uniform(0, 5, (1, h, w)),
        gt_normals=rng.randn(3, h, w),
        pred_normals=rng.randn(3, h, w))
    if index == 1:
        del maps['gt_depth']
    sample = SegDataSample(metainfo=dict(img_path=f'{index}.jpg'))
    sample.set_data(
        {k: PixelData(data=torch.from_numpy(v))
         for k, v in maps.items()})
    return sample


def evaluate(order, batch_size, size):
    evaluator = MultiTaskEvaluator()
    evaluator.dataset_meta = dict(tasks=TASKS)
    for i in range(0, len(order), batch_size):
        evaluator.process([make_sample(k) for k in order[i:i + batch_size]])
    return evaluator.evaluate(size)


class TestMultiTaskEvaluator:
    """Oracle: NumPy on all pixels; each way of batching, ordering and
    distributing the images has to give the very same numbers."""

    def test_matches_numpy_on_all_pixels(self):
        scores = evaluate(range(5), 1, 5)
        assert {k.split('/')[0] for k in scores} == {
            'semseg', 'depth', 'normals'
        }
        samples = [make_sample(i) for i in range(5)]
        error = np.concatenate([
            (s.pred_depth.data - s.gt_depth.data)[s.gt_depth.data > 0]
            for s in samples if 'gt_depth' in s
        ])
        assert scores['depth/rmse'] == pytest.approx(
            np.sqrt(np.mean(error**2)), rel=1e-12)
        angle = []
        for s in samples:
            p, t = s.pred_normals.data.numpy(), s.gt_normals.data.numpy()
            cosine = (p * t).sum(0) / np.sqrt((p**2).sum(0) * (t**2).sum(0))
            angle.append(np.degrees(np.arccos(cosine)).ravel())
        angle = np.concatenate(angle)
        assert scores['normals/mean'] == pytest.approx(angle.mean())
        assert scores['normals/rmse'] == pytest.approx(
            np.sqrt(np.mean(angle**2)))
        assert scores['normals/within_30'] == pytest.approx(
            100 * np.mean(angle < 30))
        pred = torch.cat([s.pred_semseg.data.flatten() for s in samples])
        true = torch.cat([s.gt_semseg.data.flatten() for s in samples])
        pred, true = pred[true != 255], true[true != 255]
        iou = [((pred == c) & (true == c)).sum() / ((pred == c) |
                                                    (true == c)).sum()
               for c in range(4)]
        assert scores['semseg/mIoU'] == pytest.approx(100 * np.mean(iou))

    @pytest.mark.parametrize('batch_size', [2, 3, 5])
    def test_batch_size_and_order_do_not_matter(self, batch_size):
        expected = evaluate(range(5), 1, 5)
        assert evaluate([3, 0, 4, 1, 2], batch_size, 5) == expected

    def test_two_uneven_ranks(self, tmp_path):
        """5 images on 2 ranks; the sampler gives image 0 to rank 1 again."""
        workers = [
            subprocess.Popen(
                [sys.executable, __file__, str(rank), str(tmp_path)],
                cwd=tmp_path,
                env=dict(PYTHONPATH=str(Path(__file__).parents[2])))
            for rank in range(2)
        ]
        assert [w.wait(120) for w in workers] == [0, 0]
        for rank in range(2):
            assert torch.load(
                tmp_path / f'{rank}.pth', weights_only=False) == evaluate(
                    range(5), 1, 5)

    def test_task_without_metric_is_named(self, caplog):
        logger = MMLogger.get_current_instance()
        logger.addHandler(caplog.handler)
        with caplog.at_level(logging.INFO):
            evaluator = MultiTaskEvaluator(
                tasks=dict(TASKS, parts=dict(TASKS['semseg'], helper=True)))
        logger.removeHandler(caplog.handler)
        assert [m.task for m in evaluator.metrics] == [
            'semseg', 'depth', 'normals'
        ]
        assert 'Task `edge` names no metric' in caplog.text
        assert 'Task `parts` only helps' in caplog.text

    def test_metric_of_task_wins(self):
        evaluator = MultiTaskEvaluator(
            tasks=dict(
                far=dict(
                    type='mtcp_mm.DepthTask',
                    metric=[
                        dict(type='mtcp_mm.DepthMetric', prefix='a'),
                        dict(type='mtcp_mm.DepthMetric', prefix='b')
                    ])))
        assert [(m.task, m.prefix) for m in evaluator.metrics
                ] == [('far', 'a'), ('far', 'b')]

    def test_metrics_win_over_tasks(self):
        evaluator = MultiTaskEvaluator(
            dict(type='mtcp_mm.DepthMetric', task='depth'))
        evaluator.dataset_meta = dict(tasks=TASKS)
        metric, = evaluator.metrics
        assert isinstance(metric, DepthMetric)
        assert isinstance(metric.dense_task, DepthTask)

    def test_knows_which_way_is_up(self):
        better = MultiTaskEvaluator(tasks=TASKS).higher_is_better
        assert set(better) == set(evaluate(range(2), 1, 2))
        assert better['semseg/mIoU'] and better['normals/within_11.25']
        assert not better['depth/rmse'] and not better['normals/mean']

    def test_own_tasks_win_over_those_of_the_data_set(self):
        evaluator = MultiTaskEvaluator(tasks=dict(depth=TASKS['depth']))
        evaluator.dataset_meta = dict(tasks=TASKS)
        assert [m.task for m in evaluator.metrics] == ['depth']

    def test_set_again_keeps_its_metrics(self):
        """Those of tools/test.py are added in between."""
        evaluator = MultiTaskEvaluator()
        evaluator.dataset_meta = dict(tasks=TASKS)
        evaluator.metrics.append(DepthMetric('depth', prefix='more'))
        evaluator.dataset_meta = dict(tasks=dict(depth=TASKS['depth']))
        assert [m.prefix for m in evaluator.metrics] == [
            'semseg', 'depth', 'normals', 'more'
        ]

    def test_needs_tasks_or_metrics(self):
        with pytest.raises(ValueError, match='names none.*`tasks`.*`metrics`'):
            MultiTaskEvaluator().dataset_meta = dict(classes=())
        with pytest.raises(ValueError, match='no task.*`dataset_meta`'):
            MultiTaskEvaluator().evaluate(1)

    @pytest.mark.parametrize('protocols, match', [
        (dict(parts='all'), r"\['parts'\].*\['depth', 'normals', 'semseg'\]"),
        (dict(depth=['uint8']), "Task `depth`.*'uint8'.*'pooled', 'mtcp'"),
    ])
    def test_unknown_protocols(self, protocols, match):
        with pytest.raises(ValueError, match=match):
            MultiTaskEvaluator(
                protocols=protocols).dataset_meta = dict(tasks=TASKS)


def scored_pixel(depth, normal, **options):
    """Evaluator and sample: depth error |depth - 1| m, normal angle."""
    tasks = {k: TASKS[k] for k in ('depth', 'normals')}
    evaluator = MultiTaskEvaluator(tasks=tasks, **options)
    evaluator.dataset_meta = {}
    turned = np.radians(normal)
    maps = dict(
        gt_depth=[1.], pred_depth=[depth], gt_normals=[0, 0, 1.],
        pred_normals=[np.sin(turned), 0, np.cos(turned)])
    sample = SegDataSample()
    sample.set_data({
        k: PixelData(data=torch.tensor(v).view(-1, 1, 1))
        for k, v in maps.items()
    })
    evaluator.process([sample])
    return evaluator


class TestDeltaMTL:
    """Oracle: by hand. Errors: 0.5 m and 30 degrees here, 0.4 m (25 % worse)
    and 40 degrees (25 % better) there."""

    @pytest.fixture
    def references(self, tmp_path):
        scores = dict(
            depth={'depth/rmse': .4, 'depth/delta1': .5, 'depth/mae': None},
            normals={'normals/mean': 40., 'normals/median@x': 1.})
        for name, values in scores.items():
            (tmp_path / f'{name}.json').write_text(json.dumps(values))
        return {
            name: dict(
                config=f'configs/stl/{name}.py',
                file=tmp_path / f'{name}.json')
            for name in scores
        }

    def test_main_scores_by_default(self, references):
        scores = scored_pixel(1.5, 30., references=references).evaluate(1)
        assert scores['delta_mtl'] == pytest.approx(0, abs=1e-4)
        assert scores['depth/rmse'] == pytest.approx(.5)

    def test_chosen_score_has_its_own_direction(self, references):
        """delta1 rises from 0.5 to 1: 100 % better; the angle 25 %."""
        evaluator = scored_pixel(
            1.1, 30., references=references,
            delta_keys=dict(depth='depth/delta1'))
        assert evaluator.evaluate(1)['delta_mtl'] == pytest.approx(62.5)
        assert evaluator.higher_is_better['delta_mtl']

    def test_without_references_there_is_none(self):
        evaluator = scored_pixel(1.5, 30.)
        assert 'delta_mtl' not in evaluator.higher_is_better
        assert 'delta_mtl' not in evaluator.evaluate(1)

    def test_missing_file_and_its_command(self, references, tmp_path,
                                          monkeypatch):
        monkeypatch.chdir(tmp_path)
        references['depth'] = 'configs/stl/nyud_depth.py'
        file = 'work_dirs/nyud_depth/metrics.json'
        test = ('python tools/test.py configs/stl/nyud_depth.py '
                '"$(cat work_dirs/nyud_depth/last_checkpoint)"')
        train = 'python tools/train.py configs/stl/nyud_depth.py'
        with pytest.raises(FileNotFoundError) as error:
            scored_pixel(1.5, 30., references=references)
        assert file in str(error.value)
        assert f'{train} && {test}' in str(error.value)
        Path(file).parent.mkdir(parents=True)
        Path(file).with_name('last_checkpoint').write_text('epoch_1.pth')
        with pytest.raises(FileNotFoundError) as error:
            scored_pixel(1.5, 30., references=references)
        assert test in str(error.value) and train not in str(error.value)

    def test_command_of_another_folder(self, references):
        """The work dir of the reference is not that of its config."""
        references['depth']['file'] = 'runs/d/metrics.json'
        with pytest.raises(
                FileNotFoundError,
                match=r'train.py configs/stl/depth.py --work-dir runs/d && '
                r'.*test.py .* --work-dir runs/d'):
            scored_pixel(1.5, 30., references=references)

    @pytest.mark.parametrize('change, match', [
        (dict(delta_keys=dict(depth='depth/mae')), "'depth/mae'.*is None"),
        (dict(delta_keys=dict(depth='depth/sq_rel')), "no 'depth/sq_rel'.*"
         r'(?s:.*)python tools/'),
        (dict(delta_keys=dict(depth='depth/iou')), "yield.*'depth/rmse'"),
        (dict(delta_keys=dict(parts='parts/mIoU')), r"\['parts'\].*'depth'"),
        (dict(references=dict()), r"lacks \['depth', 'normals'\]"),
        (dict(references=None, delta_keys=dict(depth='depth/rmse')),
         'needs `references`'),
    ])
    def test_errors(self, references, change, match):
        options = dict(dict(references=references), **change)
        with pytest.raises(ValueError, match=match):
            scored_pixel(1.5, 30., **options)


def worker(rank, folder):
    torch.distributed.init_process_group(
        'gloo', f'file://{folder}/store', rank=rank, world_size=2)
    mine = [[0, 2, 4], [1, 3, 0]][rank]
    torch.save(evaluate(mine, 2, 5), f'{folder}/{rank}.pth')


if __name__ == '__main__':
    DefaultScope.get_instance('two_ranks', scope_name='mmseg')
    worker(int(sys.argv[1]), sys.argv[2])
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()  # else its threads may abort
