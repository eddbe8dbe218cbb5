# Copyright (c) mtcp_mm authors. All rights reserved.
import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.runner.checkpoint import get_torchvision_models
from mmseg.models.backbones import ResNet
from torchvision.models import resnet50

from mtcp_mm.checkpoints import loading as checkpoint_loading
from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.mmseg_mask2former import NARROW, build_mmseg

CONFIGS = Path(__file__).parents[2] / 'configs'


@pytest.fixture(autouse=True)
def default_scope():
    before = DefaultScope.get_current_instance()
    init_default_scope('mmseg')
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


@pytest.fixture(scope='module')
def mmseg_state():
    return build_mmseg(narrow=True).state_dict()


def narrow_estimator(path, name='mtcp_nyud.py', **options):
    """The model of a config, made small, with another checkpoint path."""
    cfg = load_config_file(CONFIGS / name)
    model = cfg.model
    model.tasks = dict(depth=model.tasks.depth)
    model.decode_head.channels = 8
    model.backbone.init_cfg.checkpoint = str(path)
    if model.get('neck'):
        model.backbone.update(NARROW['backbone'])
        model.neck.update(NARROW['neck'])
        model.neck.init_cfg.checkpoint = str(path)
        model.decode_head.in_channels = NARROW['neck']['channels']
    cfg.merge_from_dict({f'model.{k}': v for k, v in options.items()})
    return MODELS.build(cfg.model)


def save(folder, state, name='zoo.pth', **more):
    path = folder / name
    torch.save(dict(meta=dict(epoch=1), state_dict=state, **more), path)
    return path


def assert_arrived(model, state, but=()):
    """Backbone and neck hold the numbers of mmseg's model."""
    prefixes = dict(backbone='backbone.', neck='decode_head.')
    for part, prefix in prefixes.items():
        for key, value in getattr(model, part).state_dict().items():
            if f'{part}.{key}' not in but:
                assert torch.equal(value, state[prefix + key]), key


class TestPathsOfAFile:
    """Oracle: the numbers of mmseg's model; file and path vary."""

    def test_over_http_as_the_published_one(self, mmseg_state, tmp_path,
                                            monkeypatch):
        monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))
        save(tmp_path, mmseg_state, 'mask2former_swin-s_20221204.pth')
        handler = functools.partial(
            SimpleHTTPRequestHandler, directory=tmp_path)
        with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = (f'http://127.0.0.1:{server.server_port}/'
                   'mask2former_swin-s_20221204.pth')
            model = narrow_estimator(url)
            model.init_weights()
            server.shutdown()
        assert_arrived(model, mmseg_state)
        assert not any(p.filled for p in model.loading_report.parts)

    @pytest.mark.parametrize('saved_as', ['ddp', 'plain dict', 'model'])
    def test_names_that_mmengine_does_not_find(self, mmseg_state, tmp_path,
                                               saved_as):
        path = tmp_path / 'zoo.pth'
        torch.save(
            {
                'ddp': dict(state_dict={
                    f'module.{k}': v
                    for k, v in mmseg_state.items()
                }),
                'plain dict': mmseg_state,
                'model': dict(model=mmseg_state)
            }[saved_as], path)
        model = narrow_estimator(path)
        model.init_weights()
        assert_arrived(model, mmseg_state)
        neck = model.loading_report.parts[1]
        number = 0 if saved_as == 'plain dict' else len(neck.found.used)
        assert len(neck.filled) == number
        assert ('filled by mtcp_mm' in model.loading_report.text()) == (
            saved_as != 'plain dict')

    @pytest.mark.parametrize('ddp', ['', 'module.'])
    def test_saved_from_our_model(self, mmseg_state, tmp_path, ddp):
        ours = narrow_estimator(save(tmp_path, mmseg_state))
        ours.init_weights()
        path = save(tmp_path, {
            ddp + k: v
            for k, v in ours.state_dict().items()
        }, 'ours.pth')
        model = narrow_estimator(path)
        model.init_weights()
        assert_arrived(model, mmseg_state)
        neck = model.loading_report.parts[1]
        assert neck.prefix == 'decode_head.' and neck.found.prefix == 'neck.'
        ignored = model.loading_report.ignored[str(path)]
        assert {k.split('.')[0] for k in ignored} == {'decode_head'}

    def test_backbone_of_a_segmentor_without_prefix(self, tmp_path):
        """mmengine alone would leave this one at random values."""
        settings = dict(type='ResNet', depth=18, base_channels=8,
                        stem_channels=8)
        state = ResNet(18, base_channels=8, stem_channels=8).state_dict()
        for value in state.values():
            value.copy_(torch.randn(value.shape) * 9)
        path = save(tmp_path, {f'backbone.{k}': v for k, v in state.items()})
        model = narrow_estimator(
            path, 'mtcp_r50_nyud_depth_semseg.py',
            **{f'backbone.{k}': v for k, v in settings.items()},
            **{'decode_head.in_channels': [8, 16, 32, 64]})
        model.init_weights()
        for key, value in model.backbone.state_dict().items():
            assert torch.equal(value, state[key]), key

    def test_torchvision_resnet50(self, tmp_path, monkeypatch):
        """The path of configs/mtcp_r50_nyud_depth_semseg.py, from cache."""
        monkeypatch.setenv('TORCH_HOME', str(tmp_path))
        url = get_torchvision_models()['resnet50']
        cache = tmp_path / 'hub' / 'checkpoints'
        cache.mkdir(parents=True)
        state = resnet50().state_dict()
        state['bn1.running_mean'] += 3
        torch.save(state, cache / Path(url).name)
        model = narrow_estimator('torchvision://resnet50',
                                 'mtcp_r50_nyud_depth_semseg.py')
        model.init_weights()
        for key, value in model.backbone.state_dict().items():
            assert torch.equal(value, state[key]), key
        reason = 'classifier of the pre-training'
        assert model.loading_report.ignored == {
            'torchvision://resnet50': {
                'fc.weight': reason,
                'fc.bias': reason
            }
        }
        assert 'fc.weight, fc.bias' in model.loading_report.text()

    def test_other_window(self, mmseg_state, tmp_path):
        """Oracle: the bicubic tables of mmseg, and all else unchanged."""
        model = narrow_estimator(
            save(tmp_path, mmseg_state), **{'backbone.window_size': 5})
        model.init_weights()
        tables = {
            k
            for k in model.backbone.state_dict() if 'relative_position' in k
        }
        assert_arrived(model, mmseg_state, {f'backbone.{k}' for k in tables})
        for key in tables:
            if key.endswith('table'):
                old = mmseg_state[f'backbone.{key}']
                grid = old.T.reshape(1, -1, 13, 13)
                new = torch.nn.functional.interpolate(
                    grid, (9, 9), mode='bicubic')
                assert torch.equal(model.backbone.state_dict()[key],
                                   new.reshape(-1, 81).T)
        assert 'resized to another window: 5' in model.loading_report.text()

    def test_checkpoint_of_the_whole_wins(self, mmseg_state, tmp_path):
        first = narrow_estimator(save(tmp_path, mmseg_state))
        first.init_weights()
        state = {k: v * 2 for k, v in first.state_dict().items()}
        whole = save(tmp_path, state, 'whole.pth')
        model = narrow_estimator(
            tmp_path / 'zoo.pth',
            init_cfg=dict(type='Pretrained', checkpoint=str(whole)))
        model.init_weights()
        for key, value in model.state_dict().items():
            assert torch.equal(value, state[key]), key


    def test_weighting_starts_anew(self, mmseg_state, tmp_path):
        """mmengine alone would load it with the whole model."""
        kind = dict(loss_weighting=dict(
            _delete_=True, type='mtcp_mm.UncertaintyWeighting'))
        state = narrow_estimator(
            save(tmp_path, mmseg_state), **kind).state_dict()
        name = 'loss_weighting.log_variances.depth'
        state[name] += 9
        whole = save(tmp_path, state, 'whole.pth')
        model = narrow_estimator(
            tmp_path / 'zoo.pth', **kind,
            init_cfg=dict(type='Pretrained', checkpoint=str(whole)))
        model.init_weights()
        for key, value in model.state_dict().items():
            assert torch.equal(value, state[key]) == (key != name), key
        assert name in model.loading_report.ignored[str(whole)]


class TestErrors:
    """Oracle: what was done to the file is what the message names."""

    def error(self, state, folder, **options):
        path = folder / 'zoo.pth'
        if state:
            save(folder, state)
        model = narrow_estimator(path, **options)
        before = {k: v.clone() for k, v in model.state_dict().items()}
        with pytest.raises(CheckpointError) as info:
            model.init_weights()
        assert all(
            torch.equal(v, before[k]) for k, v in model.state_dict().items())
        assert str(path) in str(info.value)
        return str(info.value)

    def test_missing_keys(self, mmseg_state, tmp_path):
        lost = [
            k for k in mmseg_state
            if k.startswith('decode_head.mask_embed') or 'backbone.norm2' in k
        ]
        text = self.error(
            {k: v
             for k, v in mmseg_state.items() if k not in lost}, tmp_path)
        assert '`model.neck` (Mask2FormerNeck' in text
        assert '`model.backbone` (SwinTransformer' in text
        assert 'missing in the file, 6' in text
        assert 'missing in the file, 2' in text
        assert all(k in text for k in lost)
        assert "allow_partial=['neck.mask_embed.0.weight'" in text

    def test_other_shapes(self, mmseg_state, tmp_path):
        text = self.error(mmseg_state, tmp_path, **{'neck.num_queries': 9})
        assert 'decode_head.query_feat.weight is (7, 64) in the file, ' \
               '(9, 64) in the model' in text
        assert 'model.backbone' not in text

    def test_deeper_file(self, mmseg_state, tmp_path):
        """Every parameter of the model is there: still another network."""
        text = self.error(mmseg_state, tmp_path,
                          **{'neck.num_decoder_layers': 3})
        assert 'only in the file' in text
        assert ('decode_head.transformer_decoder.layers.3.self_attn.attn.'
                'in_proj_weight') in text

    def test_file_of_another_model(self, tmp_path):
        text = self.error(
            dict(resnet50().state_dict(), **{'bn1.x': torch.ones(1)}),
            tmp_path)
        assert 'right name and shape: 0 of' in text
        assert 'layer1.* (' in text and 'init_cfg.prefix' in text

    @pytest.mark.parametrize('key, advice', [
        ('model.pixel_level_module.decoder.level_embed',
         'mask2former_hf2mmseg.py'),
        ('sem_seg_head.predictor.query_feat.weight', 'detectron2')
    ])
    def test_other_formats(self, tmp_path, key, advice):
        assert advice in self.error({key: torch.ones(1)}, tmp_path)

    def test_no_file(self, tmp_path):
        with pytest.raises(
                CheckpointError,
                match=r'cannot read .*/no.pth, named by '
                '`model.backbone.init_cfg.checkpoint`: FileNotFound'):
            narrow_estimator(tmp_path / 'no.pth').init_weights()

    def test_url_without_network(self):
        """The keys of the config that name the file; port 9 is closed."""
        url = 'http://127.0.0.1:9/zoo.pth'
        with pytest.raises(
                CheckpointError,
                match=r'URLError.*\n.*download the file.*\n.*random weights: '
                '--cfg-options model.backbone.init_cfg=None '
                'model.neck.init_cfg=None$'):
            narrow_estimator(url).init_weights()
        model = narrow_estimator(url, **{'backbone.init_cfg': None,
                                         'neck.init_cfg': None})
        model.init_weights()
        assert model.loading_report is None

    def test_no_checkpoint_file(self, mmseg_state, tmp_path):
        (tmp_path / 'zoo.pth').write_text('version https://git-lfs')
        assert 'UnpicklingError' in self.error(None, tmp_path)

    def test_unknown_name(self):
        with pytest.raises(CheckpointError, match="KeyError: 'resnet5'"):
            narrow_estimator('torchvision://resnet5').init_weights()

    def test_loader_that_changes_numbers(self, tmp_path):
        @MODELS.register_module(name='Doubling')
        class Doubling(ResNet):

            def init_weights(self):
                super().init_weights()
                self.conv1.weight.data *= 2

        try:
            net = ResNet(18)
            net.init_weights()
            model = narrow_estimator(
                save(tmp_path, net.state_dict()),
                'mtcp_r50_nyud_depth_semseg.py',
                **{'backbone.type': 'mtcp_mm.Doubling', 'backbone.depth': 18,
                   'decode_head.in_channels': [64, 128, 256, 512]})
            with pytest.raises(CheckpointError, match='1 of .*: conv1.weight'):
                model.init_weights()
        finally:
            MODELS.module_dict.pop('Doubling')


class TestAllowPartial:
    """Oracle: what is allowed stays as it was, all else arrives."""

    def test_missing_shape_and_left_over(self, mmseg_state, tmp_path):
        state = {
            k: v
            for k, v in mmseg_state.items() if 'backbone.norm' not in k
        }
        norms = [f'backbone.norm{i}.{p}' for i in range(4)
                 for p in ('weight', 'bias')]
        model = narrow_estimator(
            save(tmp_path, state),
            allow_partial=[
                'backbone.norm?.*', 'neck.query_*',
                'neck.transformer_decoder.layers.3.*'
            ],
            **{'neck.num_queries': 9, 'neck.num_decoder_layers': 3})
        model.init_weights()
        queries = ['neck.query_feat.weight', 'neck.query_embed.weight']
        assert_arrived(model, mmseg_state, norms + queries)
        for key in norms:
            value = model.get_parameter(key)
            assert (value == (1. if key.endswith('weight') else 0.)).all()
        assert model.neck.query_feat.weight.shape == (9, 64)
        text = model.loading_report.text(all_keys=True)
        assert all(k.removeprefix('backbone.') in text for k in norms)
        assert set(queries) <= set(model.loading_report.without)

    def test_whole_part_may_be_elsewhere(self, mmseg_state, tmp_path):
        """For backbones that rename the keys of a file themselves."""
        state = {k: v for k, v in mmseg_state.items() if 'backbone' not in k}
        model = narrow_estimator(
            save(tmp_path, state), allow_partial=['backbone.*'])
        model.init_weights()
        assert model.loading_report.parts[0].found.allowed


class TestLog:
    """Oracle: the handlers of mmengine's logger."""

    @pytest.mark.parametrize('main', [True, False])
    def test_report_is_logged_once(self, mmseg_state, tmp_path, monkeypatch,
                                   main):
        model = narrow_estimator(save(tmp_path, mmseg_state))
        logger = MMLogger.get_instance(f'log_{main}', log_file=str(
            tmp_path / 'log.txt'))
        monkeypatch.setattr(checkpoint_loading, 'is_main_process',
                            lambda: main)
        model.init_weights()
        model.init_weights()
        MMLogger._instance_dict.pop(f'log_{main}')
        for handler in logger.handlers:
            handler.flush()
        text = (tmp_path / 'log.txt').read_text()
        assert text.count(model.loading_report.text()) == main

    def test_without_checkpoints(self):
        model = narrow_estimator('unused', **{'backbone.init_cfg': None,
                                              'neck.init_cfg': None})
        model.init_weights()
        assert model.loading_report is None


def test_weights_that_are_not_finite(mmseg_state, tmp_path):
    """Oracle: the tensor that was spoilt."""
    key = 'backbone.patch_embed.projection.weight'
    state = dict(mmseg_state, **{key: mmseg_state[key] * torch.nan})
    model = narrow_estimator(save(tmp_path, state))
    with pytest.raises(CheckpointError, match='zoo.pth: 1 of .* not finite, '
                       'the first is patch_embed.projection.weight'):
        model.init_weights()
