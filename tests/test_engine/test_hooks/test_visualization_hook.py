# Copyright (c) mtcp_mm authors. All rights reserved.
import cv2
import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch.utils.data import Dataset

from mtcp_mm.registry import VISUALIZERS

TASKS = dict(depth=dict(type='mtcp_mm.DepthTask'))


class ToySet(Dataset):
    """Five images; numbers 3 and 4 share a file name, not a folder."""

    metainfo = dict(tasks=TASKS)

    def __init__(self, folder):
        self.paths = [folder / f'im{i}.png' for i in range(4)]
        self.paths.append(folder / 'b' / 'im3.png')
        (folder / 'b').mkdir()
        for i, path in enumerate(self.paths):
            cv2.imwrite(str(path), np.full((5, 8, 3), (9, 90, i), np.uint8))

    def __len__(self):
        return 5

    def __getitem__(self, index):
        sample = SegDataSample(
            metainfo=dict(img_path=str(self.paths[index])))
        if index == 4:
            sample.set_metainfo(dict(sample_id='b/im3'))
        return dict(inputs=torch.zeros(1), data_samples=sample)


class ToyModel(BaseModel):
    """Predicts depth at the original size."""

    def forward(self, inputs, data_samples, mode='tensor'):
        for sample in data_samples:
            sample.pred_depth = PixelData(data=torch.ones(1, 5, 8))
        return data_samples


class NoMetric(BaseMetric):

    default_prefix = ''

    def process(self, data_batch, data_samples):
        self.results += data_samples

    def compute_metrics(self, results):
        return {}


@pytest.fixture
def run(tmp_path):

    def run(mode, visualizer=None, **hook):
        loader = dict(
            batch_size=2,
            num_workers=0,
            dataset=ToySet(tmp_path),
            collate_fn=dict(type='pseudo_collate'),
            sampler=dict(type='DefaultSampler', shuffle=False))
        runner = Runner(
            ToyModel(),
            str(tmp_path / 'work'),
            **{
                f'{mode}_dataloader': loader,
                f'{mode}_cfg': {},
                f'{mode}_evaluator': [NoMetric()]
            },
            visualizer=visualizer or dict(
                type='mtcp_mm.MultiTaskLocalVisualizer',
                vis_backends=[dict(type='LocalVisBackend')]),
            default_hooks=dict(
                visualization=dict(
                    type='mtcp_mm.MultiTaskVisualizationHook', **hook)),
            default_scope='mmseg',
            experiment_name=tmp_path.name)
        getattr(runner, mode)()
        return sorted(
            str(p.relative_to(tmp_path)) for folder in ('work', 'out')
            for p in (tmp_path / folder).rglob('*.png'))

    return run


class TestMultiTaskVisualizationHook:
    """Oracle: names and content of the files."""

    def test_test_writes_named_files(self, run, tmp_path):
        files = run('test', draw=True, interval=1, out_dir=tmp_path / 'out')
        assert files == [
            f'out/{n}.png' for n in ('b_im3', 'im0', 'im1', 'im2', 'im3')
        ]
        picture = cv2.imread(str(tmp_path / 'out' / 'im2.png'))
        assert (picture == (9, 90, 2)).all(-1).sum() == 200 * 320  # 40 x

    def test_validation_goes_to_backends(self, run, tmp_path):
        files = run('val', draw=True, interval=1, out_dir=tmp_path / 'out')
        assert [f.rpartition('/')[-1] for f in files] == [
            f'val_{n}_0.png' for n in ('b_im3', 'im0', 'im1', 'im2', 'im3')
        ]
        assert all('vis_data/vis_image' in f for f in files)

    @pytest.mark.parametrize('options, count', [
        (dict(draw=False, interval=1), 0),
        (dict(draw=True, interval=2), 2),
        (dict(draw=True, interval=1, max_images=3), 3),
        (dict(draw=True), 0),
    ])
    def test_how_many(self, run, tmp_path, options, count):
        assert len(run('test', out_dir=tmp_path / 'out', **options)) == count

    def test_tasks_of_visualizer_win(self, run, tmp_path):
        cfg = dict(
            type='mtcp_mm.MultiTaskLocalVisualizer',
            name=tmp_path.name,
            tasks=dict(other=dict(type='mtcp_mm.EdgeTask')))
        visualizer = VISUALIZERS.build(cfg)
        run('test', visualizer, draw=True, interval=1,
            out_dir=tmp_path / 'out')
        assert list(visualizer.tasks) == ['other']
