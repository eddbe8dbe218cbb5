# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from mtcp_mm.experiments.listing import read_list
from mtcp_mm.experiments.run import plan_runs
from mtcp_mm.registry import EVALUATOR, MODELS
from mtcp_mm.utils.settings import load_config_file

CONFIGS = Path(__file__).parents[1] / 'configs'
FOLDER = CONFIGS / 'densemtl'
WEIGHTS = {
    'nyud_sd': dict(semseg=50., depth=1.),
    'nyud_sdn': dict(semseg=100., depth=1., normals=100.),
    'nyud_sdne': dict(semseg=100., depth=1., normals=100., edge=50.)
}


@pytest.fixture(scope='module')
def nyud():
    return load_config_file(FOLDER / 'nyud_sdne.py')


def build(cfg, **kwargs):
    """The head of a config."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(dict(cfg.model.decode_head, **kwargs))


class TestSettingOfTheReleasedCode:
    """Oracle: its configs, as the reference lists them."""

    @pytest.mark.parametrize('data_set', ['nyud', 'densemtl_replica'])
    @pytest.mark.parametrize('name, weights', WEIGHTS.items())
    def test_weights(self, data_set, name, weights):
        cfg = load_config_file(
            FOLDER / f'{name.replace("nyud", data_set)}.py')
        assert cfg.model.loss_weighting.weights == weights
        assert list(cfg.model.tasks) == list(weights)

    def test_schedule(self, nyud):
        """Adam, 40k steps of 2 images, a tenth after 30k; on 795 images,
        which are 397 steps, as one is left out."""
        wrapper = nyud.optim_wrapper
        assert wrapper.optimizer == dict(
            type='Adam', lr=3e-4, betas=(.9, .98))
        rate = wrapper.paramwise_cfg.custom_keys.backbone.lr_mult
        assert 3e-4 * rate == pytest.approx(2e-4)
        assert wrapper.clip_grad == dict(max_norm=10.)
        schedule, = nyud.param_scheduler
        assert (schedule.milestones, schedule.gamma) == ([75], .1)
        loader = nyud.train_dataloader
        assert (loader.batch_size, loader.drop_last) == (2, True)
        steps = 795 // 2
        assert steps * nyud.train_cfg.max_epochs == pytest.approx(
            40_000, rel=.01)
        assert steps * schedule.milestones[0] == pytest.approx(
            30_000, rel=.01)

    def test_images(self, nyud):
        """448x576, plain resize, flip by half."""
        for loader in (nyud.train_dataloader, nyud.test_dataloader):
            resize, = (t for t in loader.dataset.pipeline if 'scale' in t)
            assert resize.scale == (576, 448)
        kinds = [t.type for t in nyud.train_dataloader.dataset.pipeline]
        assert not any('Crop' in k or 'Distortion' in k for k in kinds)

    def test_losses(self, nyud):
        tasks = nyud.model.tasks
        assert tasks.depth.encoding == 'inverse'
        assert tasks.depth.loss.type == 'mtcp_mm.BerHuLoss'
        assert tasks.normals.loss.type == 'mtcp_mm.NormalsCosineLoss'
        assert tasks.edge.loss.pos_weight == .95

    def test_block(self, nyud):
        """One block of 4.64 M parameters, at half of the size."""
        head = build(
            nyud,
            task_channels=dict(semseg=40, depth=1, normals=3, edge=1),
            in_channels=[64, 256, 512, 1024, 2048])
        assert list(head.exchanges) == ['1']
        found = sum(p.numel() for p in head.exchanges.parameters())
        assert found == 4_636_672


#: Of the released code: classes, (width, height), learning rates of heads
#: and backbone. Of the data set: images for training.
DRIVING = {
    'cityscapes': (16, (1024, 512), 1e-4, 1e-5, 2975),
    'vkitti2': (14, (1024, 320), 3e-4, 2e-4, 447 + 233 + 270 + 837),
    'synthia': (16, (1024, 512), 3e-4, 2e-4, 7520)
}


@pytest.mark.parametrize('kind', DRIVING)
class TestDrivingSets:
    """Oracle: the released configs, and the lists of the data sets."""

    @pytest.mark.parametrize('name', ['sd', 'sdn'])
    def test_is_the_setting_of_the_released_code(self, kind, name):
        classes, size, rate, slow, images = DRIVING[kind]
        cfg = load_config_file(FOLDER / f'{kind}_{name}.py')
        weights = WEIGHTS[f'nyud_{name}']
        assert cfg.model.loss_weighting.weights == weights
        assert list(cfg.model.tasks) == list(weights)
        for loader in (cfg.train_dataloader, cfg.test_dataloader):
            resize, = (t for t in loader.dataset.pipeline if 'scale' in t)
            assert resize.scale == size
            assert loader.dataset.classes == classes
        assert cfg.model.tasks.semseg.num_classes == classes
        assert cfg.model.tasks.depth.encoding == 'inverse'
        assert cfg.model.tasks.depth.loss.type == 'mtcp_mm.BerHuLoss'
        wrapper = cfg.optim_wrapper
        assert wrapper.optimizer == dict(
            type='Adam', lr=rate, betas=(.9, .98))
        factor = wrapper.paramwise_cfg.custom_keys.backbone.lr_mult
        assert rate * factor == pytest.approx(slow)
        assert wrapper.clip_grad == dict(max_norm=10.)
        schedule, = cfg.param_scheduler
        steps = images // 2
        assert steps * cfg.train_cfg.max_epochs == pytest.approx(
            40_000, rel=.035)  # whole epochs
        assert steps * schedule.milestones[0] == pytest.approx(
            30_000, rel=.015)
        assert cfg.train_cfg.max_epochs % cfg.train_cfg.val_interval == 0
        assert cfg.train_dataloader.drop_last

    @pytest.mark.parametrize('task', ['semseg', 'depth', 'normals'])
    def test_single_task_keeps_the_rest(self, kind, task):
        """Oracle: the config of all tasks, with the others crossed out."""
        compare_single(FOLDER / f'{kind}_{task}.py',
                       FOLDER / f'{kind}_sdn.py', task)

    def test_scores_are_over_these_classes(self, kind):
        """Oracle: the number of classes of the released code; all classes
        right but one pixel of the last, taken for the first."""
        classes = DRIVING[kind][0]
        cfg = load_config_file(FOLDER / f'{kind}_sd.py')
        with DefaultScope.overwrite_default_scope('mmseg'):
            evaluator = EVALUATOR.build(cfg.test_evaluator)
        evaluator.dataset_meta = dict(tasks=cfg.model.tasks.to_dict())
        metric, = (m for m in evaluator.metrics if m.task == 'semseg')
        label = torch.arange(classes).repeat(2)[None, None]
        pred = label.clone()
        pred[..., -1] = 0
        metric.process(None, [dict(gt_semseg=dict(data=label[0]),
                                   pred_semseg=dict(data=pred[0]))])
        # 2 of 3 pixels of the first, 1 of 2 of the last
        assert metric.evaluate(1)['semseg/mIoU'] == pytest.approx(
            100 * (classes - 2 + 2 / 3 + 1 / 2) / classes)


@pytest.mark.parametrize('task', ['semseg', 'depth', 'normals', 'edge'])
@pytest.mark.parametrize('base', ['nyud_sdne.py', 'densemtl_replica_sdne.py'])
def test_single_task_keeps_the_rest(task, base, monkeypatch):
    """Oracle: the config of all tasks, with the others crossed out."""
    monkeypatch.setenv('MTCP_BASE', base)
    compare_single(FOLDER / f'nyud_{task}.py', FOLDER / base, task)


def compare_single(path, base, task):
    """A config is another one with one of its tasks, which weighs 1."""
    found = load_config_file(path).to_dict()
    expected = load_config_file(base).to_dict()
    assert found['model'].pop('loss_weighting') == dict(
        type='mtcp_mm.FixedWeighting')
    del expected['model']['loss_weighting']
    places = [expected['model'], *(
        expected[f'{s}_dataloader']['dataset']
        for s in ('train', 'val', 'test'))]
    for node in places:
        node['tasks'] = {task: node['tasks'][task]}
    assert found == expected


def test_replica_has_the_budget_of_the_comparison():
    """Oracle: configs/comparison/replica.py."""
    ours, theirs = (
        load_config_file(CONFIGS / name)
        for name in ('densemtl/densemtl_replica_sdn.py',
                     'comparison/replica.py'))
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg'):
        assert ours[key] == theirs[key]
    for split in ('train', 'val'):
        a, b = (cfg[f'{split}_dataloader'] for cfg in (ours, theirs))
        assert a.batch_size == b.batch_size
        for key in ('type', 'split', 'data_root', 'pipeline'):
            assert a.dataset[key] == b.dataset[key]
    assert ours.model.backbone.init_cfg == theirs.model.backbone.init_cfg


def test_block_is_an_option_of_the_command_line():
    cfg = load_config_file(FOLDER / 'densemtl_replica_sd.py',
                           {'model.decode_head.exchange_stages': ()})
    head = build(cfg, task_channels=dict(semseg=40, depth=1),
                 in_channels=[4, 4, 4, 4, 4])
    assert not head.exchanges


def test_every_row_of_the_list_builds(monkeypatch, tmp_path):
    """Oracle: the names of the rows."""
    found = read_list([str(FOLDER / 'replica.yml')])
    monkeypatch.setenv('MTCP_BASE', str(Path(found.base).absolute()))
    runs = plan_runs(found, (0, ), tmp_path, ())
    assert len({run.stamp for run in runs}) == 10
    names = dict(S='semseg', D='depth', N='normals', E='edge')
    for run in runs:
        name = run.experiment.name
        cfg = load_config_file(
            run.experiment.config, dict(run.experiment.options))
        letters = name.replace('Single task ', '').split()[0]
        assert set(cfg.model.tasks) == {names[x] for x in letters}
        blocks = cfg.model.decode_head.get('exchange_stages', (1, ))
        assert tuple(blocks) == (() if 'without' in name else (1, ))
