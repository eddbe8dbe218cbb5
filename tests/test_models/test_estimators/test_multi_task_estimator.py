# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import ModelOutput, Stage, TaskOutput
from mtcp_mm.utils.numbers import NumbersError
from tests.test_models.test_estimators.toy_networks import SeeingBackbone

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))


class ToyBackbone(nn.Module):
    """Passes the image on at stride 4."""

    def forward(self, x):
        return (x[..., 2::4, 2::4], )


class ToyHead(nn.Module):
    """A 1x1 convolution per task; half of its value as a stage."""

    def __init__(self, task_channels):
        super().__init__()
        self.convs = nn.ModuleDict(
            {t: nn.Conv2d(3, c, 1)
             for t, c in task_channels.items()})

    def forward(self, feats):
        out = {}
        for task, conv in self.convs.items():
            x = conv(feats.of(task)[0])
            out[task] = TaskOutput(
                x, dict(inter0=Stage(x[..., ::2, ::2] / 2)))
        return ModelOutput(
            out,
            dict(
                coherence=sum(
                    c.weight.abs().sum() for c in self.convs.values())))


@pytest.fixture(autouse=True)
def toys():
    for toy in (ToyBackbone, ToyHead):
        MODELS.register_module(module=toy)
    yield
    for toy in (ToyBackbone, ToyHead):
        MODELS.module_dict.pop(toy.__name__)


def build(tasks=TASKS, **kwargs):
    torch.manual_seed(0)
    return MultiTaskEstimator(
        backbone=dict(type='mtcp_mm.ToyBackbone'),
        decode_head=dict(type='mtcp_mm.ToyHead'),
        tasks=tasks,
        **kwargs)


def sample(size=(16, 24), tasks=('semseg', 'depth', 'normals'), seed=0):
    rng = torch.Generator().manual_seed(seed)
    labels = dict(
        semseg=torch.randint(0, 4, (1, *size), generator=rng),
        depth=torch.rand(1, *size, generator=rng) + .5,
        normals=nn.functional.normalize(
            torch.randn(3, *size, generator=rng), dim=0))
    out = SegDataSample()
    out.set_data({f'gt_{t}': PixelData(data=labels[t]) for t in tasks})
    return out


class TestLoss:
    """Oracle: the losses of torch on the upsampled logits, by hand."""

    def test_values(self):
        model = build()
        x = torch.randn(2, 3, 16, 24)
        samples = [sample(seed=0), sample(seed=1)]
        losses = model(x, samples, mode='loss')
        logits = nn.functional.interpolate(
            model.decode_head.convs['semseg'](x[..., 2::4, 2::4]), (16, 24),
            mode='bilinear')
        target = torch.cat([s.gt_semseg.data for s in samples])
        expected = nn.functional.cross_entropy(logits, target)
        torch.testing.assert_close(losses.main['semseg'], expected)
        depth = nn.functional.interpolate(
            model.decode_head.convs['depth'](x[..., 2::4, 2::4])[..., ::2, ::2]
            / 2, (16, 24),
            mode='bilinear')
        target = torch.stack([s.gt_depth.data for s in samples])
        stage = losses.stages['depth']['inter0']
        torch.testing.assert_close(stage.value, (depth - target).abs().mean())
        assert stage.weight == 1
        coherence = sum(
            c.weight.abs().sum() for c in model.decode_head.convs.values())
        torch.testing.assert_close(losses.extra, dict(coherence=coherence))
        assert list(losses.main) == list(losses.stages) == list(TASKS)

    def test_total_is_equation_7(self):
        model = build(loss_weighting=dict(type='mtcp_mm.LPSWeighting'))
        state = model.loss_weighting.get_state()
        state['weights'] = dict(semseg=.5, depth=2., normals=1.)
        model.loss_weighting.load_state(state)
        losses = model(torch.randn(2, 3, 16, 24),
                       [sample(seed=0), sample(seed=1)], mode='loss')
        total, log_vars = model.parse_losses(losses)
        main = {t: x.item() for t, x in losses.main.items()}
        stage = {t: x['inter0'].value.item() for t, x in losses.stages.items()}
        coherence = losses.extra['coherence'].item()
        expected = coherence + sum(
            w * (math.log(1 + main[t]) + math.log(1 + stage[t]))
            for t, w in state['weights'].items())
        assert total.item() == pytest.approx(expected, rel=1e-6)
        assert log_vars.pop('loss') is total
        assert {k: v.item() for k, v in log_vars.items()} == {
            **{f'{t}.loss': x for t, x in main.items()},
            **{f'{t}.loss_inter0': x for t, x in stage.items()},
            'loss_coherence': coherence
        }
        kept = model.main_losses  # of LPSHook
        assert not any(x.requires_grad for x in kept.values())
        assert {t: x.item() for t, x in kept.items()} == main

    def test_task_weight_scales_its_gradient(self):
        """The defect of the original release: weights without effect."""
        grads = []
        for weight in (1., 3.):
            model = build(
                loss_weighting=dict(
                    type='mtcp_mm.FixedWeighting', weights=dict(depth=weight)))
            losses = model(torch.ones(1, 3, 16, 24), [sample()], mode='loss')
            losses.extra.clear()
            model.parse_losses(losses)[0].backward()
            grads.append({
                t: c.weight.grad
                for t, c in model.decode_head.convs.items()
            })
        torch.testing.assert_close(grads[1]['depth'], 3 * grads[0]['depth'])
        torch.testing.assert_close(grads[1]['semseg'], grads[0]['semseg'])

    def test_unlabelled_image_counts_nothing(self):
        """Oracle: the batch without that image."""
        model = build()
        x = torch.randn(2, 3, 16, 24)
        void = sample(tasks=('semseg', 'depth'), seed=1)
        void.gt_depth.data = torch.zeros(1, 16, 24)  # no valid pixel
        losses = model(x, [sample(), void], mode='loss')
        alone = model(x[:1], [sample()], mode='loss')
        for task in ('depth', 'normals'):
            torch.testing.assert_close(losses.main[task], alone.main[task])
        assert not torch.allclose(losses.main['semseg'], alone.main['semseg'])

    @pytest.mark.parametrize('labelled', [('semseg', ), ()])
    def test_absent_task_keeps_graph(self, labelled):
        model = build()
        losses = model(
            torch.randn(2, 3, 16, 24), [sample(tasks=labelled)] * 2,
            mode='loss')
        assert tuple(losses.main) == tuple(losses.stages) == labelled
        assert losses.anchor.item() == 0
        losses.extra.clear()
        total, log_vars = model.parse_losses(losses)
        assert {k.split('.')[0] for k in log_vars} == {'loss', *labelled}
        total.backward()
        for task, conv in model.decode_head.convs.items():
            assert conv.weight.grad is not None
            assert conv.weight.grad.any() == (task in labelled)


class TestLPSReachesTheGradient:
    """Oracle: the gradient with equal weights, times the weight; every task
    has parameters of its own."""

    updates = [
        dict(semseg=3., depth=1., normals=.5),
        dict(semseg=2.9, depth=.5, normals=.2)
    ]

    def gradients(self, **options):
        model = build(
            loss_weighting=dict(type='mtcp_mm.LPSWeighting', **options))
        for losses in self.updates:
            model.loss_weighting.update(losses)
        losses = model(torch.ones(1, 3, 16, 24), [sample()], mode='loss')
        losses.extra.clear()
        model.parse_losses(losses)[0].backward()
        grads = {t: c.weight.grad for t, c in model.decode_head.convs.items()}
        return grads, model.loss_weighting.weights

    @pytest.mark.parametrize('log', [True, False])
    def test_each_task_by_its_weight(self, log):
        equal, ones = self.gradients(log=log, prioritise=False)
        assert set(ones.values()) == {1.}
        for kappa in (1., 2.5):
            got, weights = self.gradients(log=log, kappa=kappa)
            assert len({round(w, 2) for w in weights.values()}) == 3
            for task, weight in weights.items():
                torch.testing.assert_close(got[task], weight * equal[task])


class TestPredict:
    """Oracle: predictions of the plain image, moved by NumPy-like slicing."""

    def test_padding_is_cut_and_flip_undone(self):
        model = build().eval()
        x = torch.randn(1, 3, 16, 24)
        plain = model(x, [SegDataSample()], mode='predict')[0]
        assert plain.pred_semseg.data.shape == (1, 16, 24)
        padded = nn.functional.pad(x.flip(-1), (0, 0, 0, 8))
        # flipping moves the sampling grid of the toy backbone: keep it
        padded = nn.functional.pad(padded, (1, 0))[..., :-1]
        meta = dict(
            img_padding_size=[0, 0, 0, 8],
            flip=True,
            flip_direction='horizontal',
            ori_shape=(16, 24))
        moved = model(
            padded, [SegDataSample(metainfo=meta)], mode='predict')[0]
        inner = (slice(None), slice(0, 12), slice(4, 20))
        depth = model.encode_decode(padded)['depth'][0, :, :16].flip(-1)
        torch.testing.assert_close(moved.pred_depth.data[inner],
                                   depth.clamp(min=0)[inner])
        normals = model.encode_decode(padded)['normals'][0, :, :16].flip(-1)
        normals = nn.functional.normalize(
            normals * torch.tensor([-1., 1., 1.])[:, None, None], dim=0)
        torch.testing.assert_close(moved.pred_normals.data, normals)

    def test_original_size(self):
        model = build().eval()
        x = torch.randn(1, 3, 16, 24)
        meta = dict(ori_shape=(33, 50))
        out = model(x, [SegDataSample(metainfo=meta)], mode='predict')[0]
        assert out.pred_normals.data.shape == (3, 33, 50)
        torch.testing.assert_close(
            out.pred_normals.data.norm(dim=0), torch.ones(33, 50))
        expected = nn.functional.interpolate(
            model.encode_decode(x)['semseg'], (33, 50),
            mode='bilinear')[0].argmax(0)
        assert torch.equal(out.pred_semseg.data[0], expected)

    def test_label_map_at_input_size(self):
        """For the protocols that resize label maps."""
        model = build(dict(a=TASKS['semseg'], depth=TASKS['depth'])).eval()
        x = nn.functional.pad(torch.randn(1, 3, 16, 24), (0, 8, 0, 0))
        meta = dict(
            img_padding_size=[0, 8, 0, 0],
            flip=True,
            flip_direction='horizontal',
            ori_shape=(33, 50))
        out = model(x, [SegDataSample(metainfo=meta)], mode='predict')[0]
        assert sorted(out.keys()) == ['pred_a', 'pred_a_input', 'pred_depth',
                                      'pred_depth_input']
        expected = model.encode_decode(x)['a'][0, :, :, :24].argmax(0)
        assert torch.equal(out.pred_a_input.data[0], expected.flip(-1))
        assert out.pred_a.data.shape == (1, 33, 50)

    def test_one_tensor_where_sizes_are_equal(self):
        out, = build()(torch.randn(1, 3, 16, 24), mode='predict')
        assert out.pred_depth.data is out.pred_depth_input.data

    def test_without_samples(self):
        out = build()(torch.randn(2, 3, 16, 24), mode='predict')
        assert [s.pred_depth.data.shape for s in out] == [(1, 16, 24)] * 2


@pytest.mark.parametrize('task', TASKS)
def test_nan_is_no_prediction(task):
    """Oracle: the weight that was broken; argmax would make class 0 of it."""
    model = build()
    model.decode_head.convs[task].bias.data[0] = math.nan
    samples = [SegDataSample(metainfo=dict(img_path=f'{i}.jpg'))
               for i in range(2)]
    with pytest.raises(NumbersError, match=f'0.jpg, task `{task}`.*NaN'):
        model(torch.randn(2, 3, 16, 24), samples, mode='predict')


class TestNeighbours:
    """Oracle: every image predicted alone. A 3x3 convolution sees padding."""

    def model(self):
        model = build(data_preprocessor=dict(
            type='mtcp_mm.MultiTaskDataPreProcessor', mean=[120.] * 3,
            std=[60.] * 3, test_cfg=dict(size_divisor=8)))
        model.backbone = SeeingBackbone()
        return model.eval()

    @pytest.mark.parametrize('step', ['test_step', 'val_step'])
    @pytest.mark.parametrize('with_samples', [True, False])
    def test_do_not_matter(self, step, with_samples):
        sizes = [(16, 20), (40, 48), (13, 24), (40, 42), (8, 8)]
        images = [torch.randint(0, 256, (3, *s)).byte() for s in sizes]

        def predict(rows):
            batch = dict(inputs=[images[i] for i in rows])
            if with_samples:
                batch['data_samples'] = [
                    SegDataSample(metainfo=dict(
                        img_path=f'{i}.jpg', ori_shape=sizes[i]))
                    for i in rows]
            with torch.no_grad():
                return getattr(model, step)(batch)

        model = self.model()
        together = predict(range(5))
        for i, sample in enumerate(together):
            if with_samples:
                assert sample.img_path == f'{i}.jpg'
            alone, = predict([i])
            for task in TASKS:
                torch.testing.assert_close(
                    sample.get(f'pred_{task}').data,
                    alone.get(f'pred_{task}').data, rtol=0, atol=1e-5)

    def test_another_preprocessor(self):
        model = build()
        sample, = model.test_step(dict(inputs=torch.ones(1, 3, 16, 24)))
        assert sample.pred_depth.data.shape == (1, 16, 24)
