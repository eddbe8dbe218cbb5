# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: predictions of the same weights, made image by image and scored in
NumPy, then sorted."""
import json
import shutil

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DATASETS, init_default_scope

from mtcp_mm.registry import MODELS
from mtcp_mm.report.collect import collect
from mtcp_mm.report.evaluate import evaluation_file
from .conftest import NAMES, SIZE


@pytest.fixture(scope='module')
def run(finished):
    return collect(finished, num_images=2, device='cpu')


@pytest.fixture(scope='module')
def predictions(finished):
    """Per image: name, then (prediction, truth) of each task, as arrays."""
    cfg = Config.fromfile(finished / 'tiny.py')
    init_default_scope('mmseg')
    model = MODELS.build(cfg.model).eval()
    model.load_state_dict(
        torch.load(finished / 'epoch_3.pth', weights_only=False)['state_dict'])
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    found = {}
    for i in range(len(dataset)):
        with torch.no_grad():
            sample, = model.test_step(pseudo_collate([dataset[i]]))
        found[sample.sample_id] = {
            task: tuple(
                sample.get(key).data.numpy().astype(np.float64)
                for key in (f'pred_{task}', f'gt_{task}'))
            for task in ('semseg', 'depth', 'normals')
        }
    return found


def image_scores(predictions, task):
    """Score of every image, by hand."""
    scores = {}
    for name, maps in predictions.items():
        pred, truth = maps[task]
        if task == 'depth':
            known = truth > 0
            if known.any():
                scores[name] = np.sqrt(
                    np.mean((pred[known] - truth[known])**2))
        elif task == 'normals':
            cosine = np.clip((pred * truth).sum(0), -1, 1)
            scores[name] = np.degrees(np.arccos(cosine)).mean()
        else:
            known = truth != 255
            pred, truth = pred[known], truth[known]
            both = [((pred == c) & (truth == c)).sum() for c in range(3)]
            either = [((pred == c) | (truth == c)).sum() for c in range(3)]
            scores[name] = 100 * np.mean(
                [b / e for b, e in zip(both, either) if e])
    return scores


@pytest.mark.parametrize('task, key, higher', [
    ('semseg', 'semseg/mIoU', True), ('depth', 'depth/rmse', False),
    ('normals', 'normals/mean', False)])
class TestImages:

    def test_scores(self, run, predictions, task, key, higher):
        record = run.evaluation['per_image'][task]
        assert (record['key'], record['higher']) == (key, higher)
        known = {k: v for k, v in record['scores'].items() if v is not None}
        assert known == pytest.approx(
            image_scores(predictions, task), rel=1e-5)

    def test_best_and_worst(self, run, predictions, task, key, higher):
        scores = image_scores(predictions, task)
        ranked = sorted(scores, key=scores.get, reverse=higher)
        images = run.evaluation['images'][task]
        assert [i['name'] for i in images['best']] == ranked[:2]
        assert [i['name'] for i in images['worst']] == ranked[::-1][:2]

    def test_pictures(self, run, task, key, higher):
        folder = evaluation_file(run.work_dir).parent
        for item in run.evaluation['images'][task]['worst']:
            assert list(item['files']) == ['input', 'truth', 'prediction',
                                           'error']
            for file in item['files'].values():
                picture = cv2.imread(str(folder / file))
                assert picture.shape == (*SIZE, 3) and picture.std() > 3


class TestWholeSet:

    def test_scores(self, run, predictions):
        pairs = [maps['depth'] for maps in predictions.values()]
        error = np.concatenate([(p - t)[t > 0] for p, t in pairs])
        assert run.scores['depth/rmse'] == pytest.approx(
            np.sqrt(np.mean(error**2)), rel=1e-6)
        assert run.scores_from == 'evaluation for this report'
        assert run.checkpoint == 'epoch_3.pth'

    def test_classes(self, run, predictions):
        pred, truth = (
            np.concatenate([maps['semseg'][i].ravel()
                            for maps in predictions.values()])
            for i in (0, 1))
        details = run.details['semseg']['logits']
        assert details['classes'] == list(NAMES)
        for i, iou in enumerate(details['IoU']):
            both = ((pred == i) & (truth == i)).sum()
            either = ((pred == i) | (truth == i))[truth != 255].sum()
            assert iou == pytest.approx(100 * both / either)

    def test_data_and_cost(self, run):
        assert run.data.layout == 'mt' and run.data.num_images == 5
        assert run.data.sizes == {f'{SIZE[0]}x{SIZE[1]}': 5}
        assert run.data.archive == ''
        cost = run.evaluation['cost']
        assert cost['shape'] == [32, 64] and cost['seconds'] > 0
        total = sum(n for part, n in cost['flops'].items() if part != 'total')
        assert cost['flops']['total'] == total > 1e6


class TestAgain:

    def test_is_kept(self, run):
        file = evaluation_file(run.work_dir)
        before = file.stat().st_mtime_ns
        again = collect(run.work_dir, num_images=2, device='cpu')
        without = collect(run.work_dir, with_evaluation=False)
        assert again.scores == without.scores == run.scores
        assert file.stat().st_mtime_ns == before

    def test_follows_the_checkpoint(self, run, tmp_path):
        copy = tmp_path / 'copy'
        shutil.copytree(run.work_dir, copy)
        content = torch.load(copy / 'epoch_3.pth', weights_only=False)
        for key, value in content['state_dict'].items():
            if key.endswith('running_mean'):
                value += 1
        torch.save(content, copy / 'epoch_3.pth')
        scores = collect(copy, num_images=2, device='cpu').scores
        assert scores['depth/rmse'] != run.scores['depth/rmse']

    def test_order_of_tasks_in_a_dumped_config(self, run, tmp_path):
        """mmengine sorts what it dumps; heads are free of that order."""
        copy = tmp_path / 'copy'
        shutil.copytree(run.work_dir, copy)
        shutil.rmtree(copy / 'report_data')
        cfg = Config.fromfile(copy / 'tiny.py')
        cfg.dump(copy / 'tiny.py')
        dumped = Config.fromfile(copy / 'tiny.py')
        assert list(dumped.model.tasks) == ['depth', 'normals', 'semseg']
        scores = collect(copy, num_images=0, device='cpu').scores
        assert scores == pytest.approx(run.scores, rel=1e-6, nan_ok=True)


def test_missing_data_are_named(finished, tmp_path):
    copy = tmp_path / 'copy'
    shutil.copytree(finished, copy, ignore=shutil.ignore_patterns('report*'))
    (copy / 'metrics.json').write_text(json.dumps({'depth/rmse': 2.5}))
    run = collect(copy, device='cpu', cfg_options={
        'test_dataloader.dataset.data_root': str(tmp_path / 'nothing')})
    assert 'test data are not there' in run.absent['evaluation']
    assert run.scores == {'depth/rmse': 2.5} and run.evaluation is None
