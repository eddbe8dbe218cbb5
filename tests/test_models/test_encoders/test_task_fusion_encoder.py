# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.models.backbones import ResNet

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.loading import init_from_checkpoints
from mtcp_mm.engine.schedulers import PolyLR
from mtcp_mm.models.encoders import TaskFusionEncoder, describe
from mtcp_mm.models.estimators import MultiTaskEstimator

RESNET = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)
STITCH = dict(type='mtcp_mm.CrossStitchUnit')
NDDR = dict(type='mtcp_mm.NDDRUnit')
TASKS = dict(
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')
    torch.manual_seed(0)


def build(unit=STITCH, tasks=('a', 'b'), backbone=RESNET, **kwargs):
    return TaskFusionEncoder(backbone, list(tasks), unit, **kwargs)


class TestForward:

    def test_alpha_one_beta_zero_are_independent_networks(self):
        """Oracle: mmseg's ResNet with the weights of each task."""
        encoder = build(dict(STITCH, alpha=1., beta=0.)).eval()
        x = torch.randn(2, 3, 33, 48)
        feats = encoder(x)
        assert not feats.shared and list(feats.per_task) == ['a', 'b']
        for task, network in encoder.networks.items():
            alone = ResNet(18, base_channels=8, stem_channels=8)
            alone.load_state_dict(network.state_dict())
            alone.eval()
            for found, expected in zip(feats.of(task), alone(x), strict=True):
                assert torch.equal(found, expected)

    def test_a_mean_of_equal_networks_changes_nothing(self):
        """Oracle: one ResNet. alpha = beta = 1 / T."""
        encoder = build(dict(STITCH, alpha=.5, beta=.5)).eval()
        one, two = encoder.networks.values()
        two.load_state_dict(one.state_dict())
        x = torch.randn(1, 3, 32, 48)
        for maps in encoder(x).per_task.values():
            torch.testing.assert_close(maps, one(x))

    @pytest.mark.parametrize('unit, fuse_after', [(STITCH, (1, 3)),
                                                  (NDDR, (0, 4))])
    def test_units_stand_between_the_stages(self, unit, fuse_after):
        """Oracle: stages and units, called by hand."""
        encoder = build(unit, fuse_after=fuse_after).eval()
        for p in encoder.units.parameters():
            torch.nn.init.normal_(p)
        x = torch.randn(1, 3, 32, 32)
        now, found = {}, encoder(x)
        for task, net in encoder.networks.items():
            now[task] = net.maxpool(net.relu(net.bn1(net.conv1(x))))
        for i in range(5):
            if i:
                now = {
                    task: getattr(net, f'layer{i}')(now[task])
                    for task, net in encoder.networks.items()
                }
            if i in fuse_after:
                now = encoder.units[str(i)](now)
            for task in now if i else ():
                torch.testing.assert_close(found.of(task)[i - 1], now[task])

    @pytest.mark.parametrize('unit, fuse_after', [(STITCH, (1, 2, 3, 4)),
                                                  (NDDR, (0, 1, 2, 3, 4))])
    @pytest.mark.parametrize('tasks', ['a', 'abc'])
    def test_gradient_reaches_every_parameter(self, unit, fuse_after, tasks):
        """Of the last map, all that a DeepLab head reads. Oracle: DDP."""
        encoder = build(unit, tasks, fuse_after=fuse_after)
        feats = encoder(torch.randn(2, 3, 64, 64))
        sum(m[-1].square().sum() for m in feats.per_task.values()).backward()
        assert all(p.grad is not None for p in encoder.parameters())

    def test_dilated(self):
        """Oracles: the architecture, and what it gives."""
        backbone = dict(RESNET, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))
        encoder = build(backbone=backbone)
        info, feats = describe(encoder), encoder(torch.randn(2, 3, 64, 64))
        for task in 'ab':
            assert [tuple(m) for m in info.of(task)] == [
                (8, 4), (16, 8), (32, 8), (64, 8)] == [
                    (m.shape[1], 64 // m.shape[2]) for m in feats.of(task)]

    def test_unknown_stage(self):
        with pytest.raises(ValueError, match=r'`fuse_after` .*\[5\].*0 \(stem'
                           r'\) to 4'):
            build(fuse_after=(1, 5))


class TestCheckpoints:
    """Networks start from models of single tasks, heads too. Oracle: the
    numbers in the files."""

    def model(self, tasks, **checkpoints):
        backbone = RESNET if len(tasks) == 1 else dict(
            type='mtcp_mm.TaskFusionEncoder',
            backbone=RESNET,
            unit=STITCH,
            task_checkpoints=checkpoints)
        return MultiTaskEstimator(
            backbone=backbone,
            decode_head=dict(
                type='mtcp_mm.MixedHead',
                heads={'*': dict(type='mtcp_mm.DeepLabHead', channels=8)},
                task_checkpoints=checkpoints),
            tasks={t: TASKS[t] for t in tasks})

    @pytest.fixture
    def files(self, tmp_path):
        files = {}
        for task in TASKS:
            model = self.model([task])
            files[task] = str(tmp_path / f'{task}.pth')
            torch.save(dict(state_dict=model.state_dict()), files[task])
        return files

    def test_start_from_single_tasks(self, files):
        model = self.model(TASKS, **files)
        model.init_weights()
        for task, file in files.items():
            states = {
                'backbone.': model.backbone.networks[task].state_dict(),
                f'decode_head.heads.{task}.':
                model.decode_head.heads[task].state_dict()
            }
            for key, value in torch.load(file)['state_dict'].items():
                if key.startswith(tuple(states)):
                    prefix, = (p for p in states if key.startswith(p))
                    assert torch.equal(states[prefix][key[len(prefix):]],
                                       value)
        text = model.loading_report.text()
        assert f'checkpoint {files["depth"]}' in text
        assert 'backbone.networks.depth (ResNet)' in text

    @pytest.mark.parametrize('part, key', [
        ('backbone.networks.depth', 'backbone.conv1.weight'),
        ('decode_head.heads.depth', 'decode_head.heads.depth.conv_seg.bias')
    ])
    def test_file_that_does_not_fit(self, files, part, key):
        """It lacks a tensor, or all of a part; the message names the option
        of the config."""
        state = torch.load(files['depth'])
        del state['state_dict'][key]
        torch.save(state, files['depth'])
        with pytest.raises(CheckpointError, match=rf'(?s)depth.pth.*does not '
                           rf'fit `model.{part}`.*missing.* 1: {key}'):
            self.model(TASKS, **files).init_weights()
        only = part.split('.')[0]
        kept = {k: v for k, v in state['state_dict'].items()
                if not k.startswith(only)}
        torch.save(dict(state_dict=kept), files['depth'])
        with pytest.raises(CheckpointError, match='name the right file in '
                           rf'`model.{only}.task_checkpoints.depth`\.'):
            self.model(TASKS, **files).init_weights()

    def test_no_file(self):
        """The options that are named turn it off."""
        model = self.model(TASKS, depth='nowhere.pth')
        with pytest.raises(CheckpointError, match='`model.backbone.task_check'
                           'points.depth`.*FileNotFound') as error:
            model.init_weights()
        options = str(error.value).split('--cfg-options ')[1].split()
        assert options == [f'model.{part}.task_checkpoints.depth=None'
                           for part in ('backbone', 'decode_head')]
        assert self.model(TASKS, depth=None).init_weights() is None

    def test_no_file_for_all_tasks(self):
        encoder = build(backbone=dict(RESNET, init_cfg=dict(
            type='Pretrained', checkpoint='nowhere.pth')))
        with pytest.raises(CheckpointError, match=r'`model.backbone.init_cfg'
                           r'.checkpoint`(?s:.*) model.backbone.init_cfg=None'
                           '$'):
            init_from_checkpoints(encoder, encoder.init_weights)

    def test_unknown_task(self):
        with pytest.raises(ValueError, match=r"names \['edge'\], but there "
                           r"are parts for \['depth', 'normals'\]"):
            self.model(TASKS, edge='edge.pth')


def test_rate_of_the_units_survives_the_schedule():
    """Oracle: SGD by hand. With a gradient of 1 every step takes the rate off
    a parameter: 100 times as much off the units, in every epoch; the released
    code of MTI-Net's authors sets one rate for all before each."""
    encoder = build()
    optim_wrapper = build_optim_wrapper(
        encoder,
        dict(
            constructor='mtcp_mm.MultiTaskOptimWrapperConstructor',
            optimizer=dict(type='SGD', lr=1e-3),
            paramwise_cfg=dict(
                custom_keys={'units': dict(lr_mult=100.)})))
    schedule = PolyLR(optim_wrapper, power=.9, eta_min=0, by_epoch=True, end=4)
    parameters = dict(encoder.named_parameters())
    for epoch in range(4):
        before = {k: p.detach().clone() for k, p in parameters.items()}
        for p in parameters.values():
            p.grad = torch.ones_like(p)
        optim_wrapper.step()
        rate = 1e-3 * (1 - epoch / 4)**.9
        for key, p in parameters.items():
            step = 100 * rate if key.startswith('units.') else rate
            torch.testing.assert_close(
                before[key] - p, torch.full_like(p, step), rtol=1e-3,
                atol=1e-6)
        schedule.step()


@pytest.mark.parametrize('unit, fuse_after, depth, tasks, number', [
    (STITCH, (1, 2, 3, 4), 50, 'ab', 15_360),
    (STITCH, (1, 2, 3, 4), 18, 'abcde', 24_000),
    (NDDR, (0, 1, 2, 3, 4), 50, 'ab', 22_314_240),
    (NDDR, (0, 1, 2, 3, 4), 18, 'abcde', 8_816_640),
])
def test_published_number_of_parameters(unit, fuse_after, depth, tasks,
                                        number):
    """What the units add to the ResNets of the tasks."""
    with torch.device('meta'):
        encoder = build(unit, tasks, dict(type='ResNet', depth=depth),
                        fuse_after=fuse_after)
    assert sum(p.numel() for p in encoder.units.parameters()) == number
