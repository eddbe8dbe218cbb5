# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS as MMSEG_MODELS
from safetensors.torch import load_file, save_file

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.registry import MODELS
from tests.mmseg_mask2former import shipped_config

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / 'tests' / 'fixtures' / 'mask2former_hf'
# Names that transformers 5 gives to modules in memory.
IN_VERSION_5 = (
    (r'module\.encoder\.(embeddings|encoder)', r'module.encoder.swin.\1'),
    (r'attention\.self\.query', 'attention.q_proj'),
    (r'attention\.self\.key', 'attention.k_proj'),
    (r'attention\.self\.value', 'attention.v_proj'),
    (r'attention\.self\.relative_position_bias_table',
     'attention.relative_position_bias.relative_position_bias_table'),
    (r'attention\.output\.dense', 'attention.o_proj'),
    (r'intermediate\.dense', 'mlp.fc1'),
    (r'(blocks\.\d+)\.output\.dense', r'\1.mlp.fc2'),
)


@pytest.fixture
def tool():
    path = ROOT / 'tools' / 'model_converters' / 'mask2former_hf2mmseg.py'
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    DefaultScope._instance_dict.clear()


@pytest.fixture
def convert(tool, tmp_path, monkeypatch, capsys):

    def run(source):
        target = tmp_path / 'out' / 'converted.pth'
        monkeypatch.setattr('sys.argv', ['hf2mmseg', str(source), str(target)])
        tool.main()
        assert [p.name for p in target.parent.iterdir()] == [target.name]
        return target, capsys.readouterr().out

    return run


@pytest.fixture(scope='module')
def tensors():
    return load_file(FIXTURE / 'model.safetensors')


@pytest.fixture(scope='module')
def expected():
    return np.load(FIXTURE / 'expected.npz')


def relative(found, expected):
    return abs(found.numpy() - expected).max() / abs(expected).max()


def as_bin(tensors, folder):
    torch.save(tensors, folder / 'pytorch_model.bin')
    return folder


def as_version_5(tensors, folder):
    renamed = {}
    for key, value in tensors.items():
        for old, new in IN_VERSION_5:
            key = re.sub(old, new, key)
        if 'relative_position_index' not in key:
            renamed[key] = value
    assert 'model.pixel_level_module.encoder.swin.encoder.layers.0.blocks.0.' \
        'attention.q_proj.weight' in renamed
    save_file(renamed, folder / 'v5.safetensors')
    return folder / 'v5.safetensors'


def as_bare_model(tensors, folder):
    save_file(
        {
            k.removeprefix('model.'): v
            for k, v in tensors.items() if k.startswith('model.')
        }, folder / 'model.safetensors')
    return folder / 'model.safetensors'


class TestOutputs:
    """Oracle: pixel embeddings and mask logits that Hugging Face's model
    computed (tests/fixtures/mask2former_hf/make_fixture.py)."""

    @pytest.mark.parametrize(
        'source', [lambda *_: FIXTURE, as_bin, as_version_5, as_bare_model])
    @torch.no_grad()
    def test_our_model_computes_the_same(self, convert, tensors, expected,
                                         tmp_path, source):
        path, _ = convert(source(tensors, tmp_path))
        settings = torch.load(path)['meta']['settings']
        init = dict(type='Pretrained', checkpoint=str(path))
        model = MODELS.build(
            dict(
                type='mtcp_mm.MultiTaskEstimator',
                backbone=dict(settings['backbone'], init_cfg=init),
                neck=dict(
                    settings['neck'],
                    init_cfg=dict(init, prefix='decode_head.')),
                decode_head=dict(
                    type='mtcp_mm.MTCPHead', in_channels=64, channels=8),
                tasks=dict(depth=dict(type='mtcp_mm.DepthTask'))))
        model.init_weights()
        model.eval()
        assert not any(p.filled for p in model.loading_report.parts)
        for i in range(2):
            image = torch.from_numpy(expected[f'image_{i}']).float()
            features = model.neck.forward_features(model.backbone(image))
            assert relative(features.mask_features,
                            expected[f'embeddings_{i}']) <= 2e-5
            masks = expected[f'masks_{i}']
            assert len(features.mask_embeds) == len(masks) == 5
            for layer, mask in enumerate(masks):
                found = features.mask_logits(layer)[0]
                assert relative(found, mask) <= 2e-5

    @torch.no_grad()
    def test_mmseg_loads_it_strictly(self, convert, expected):
        """With the class head: mmseg's model can go on with the file."""
        path, _ = convert(FIXTURE)
        checkpoint = torch.load(path)
        backbone, neck = checkpoint['meta']['settings'].values()
        cfg = shipped_config()
        cfg.backbone.update(backbone)
        head = cfg.decode_head
        width, heads = neck['channels'], neck['num_heads']
        head.update(
            in_channels=neck['in_channels'],
            feat_channels=width,
            out_channels=width,
            num_queries=neck['num_queries'],
            num_classes=5)
        head.loss_cls.class_weight = [1.] * 6
        pixel, decoder = head.pixel_decoder, head.transformer_decoder
        for part, layers, ffn in ((pixel.encoder, 'encoder', 'encoder'),
                                  (decoder, 'decoder', 'decoder')):
            part.num_layers = neck[f'num_{layers}_layers']
            for key, value in part.layer_cfg.items():
                value.embed_dims = width
                if key == 'ffn_cfg':
                    value.feedforward_channels = neck[f'{ffn}_ffn_channels']
                else:
                    value.num_heads = heads
        head.positional_encoding.num_feats = width // 2
        pixel.positional_encoding.num_feats = width // 2
        model = MMSEG_MODELS.build(cfg).eval()
        model.load_state_dict(checkpoint['state_dict'])
        for i in range(2):
            image = torch.from_numpy(expected[f'image_{i}']).float()
            classes, masks = model.decode_head(model.backbone(image), None)
            assert relative(masks[-1][0], expected[f'masks_{i}'][-1]) <= 2e-5
            assert relative(classes[-1][0], expected[f'classes_{i}']) <= 2e-5


class TestMessages:
    """Oracle: what was put into the file, or left out."""

    def test_says_what_it_found(self, convert):
        _, out = convert(FIXTURE)
        assert '320 tensors' in out
        assert 'embed_dims 4, depths [2, 2, 3, 1], window 7; 6 queries' in out
        assert "5 classes and 'no object'" in out
        assert 'ignored criterion.empty_weight' in out
        assert "backbone=dict(type='SwinTransformer', embed_dims=4" in out

    @pytest.mark.parametrize('number, name', [(150, 'ADE20K semantic'),
                                              (80, 'COCO instance'),
                                              (133, 'COCO panoptic')])
    def test_other_class_heads(self, convert, tensors, tmp_path, number, name):
        head = {
            'class_predictor.weight': torch.ones(number + 1, 64),
            'class_predictor.bias': torch.ones(number + 1)
        }
        _, out = convert(as_bin({**tensors, **head}, tmp_path))
        assert f"{number} classes and 'no object' ({name}" in out

    def fails(self, convert, source):
        with pytest.raises(CheckpointError) as info:
            convert(source)
        return str(info.value)

    def test_missing_keys(self, convert, tensors, tmp_path):
        norm = 'model.transformer_module.decoder.layers.1.final_layer_norm.'
        text = self.fails(
            convert,
            as_bin({k: v
                    for k, v in tensors.items() if not k.startswith(norm)},
                   tmp_path))
        assert 'missing in the file, 2' in text
        assert 'decode_head.transformer_decoder.layers.1.norms.2.bias' in text

    def test_other_window_numbering(self, convert, tensors, tmp_path):
        key = 'model.pixel_level_module.encoder.encoder.layers.0.blocks.0.' \
            'attention.self.relative_position_index'
        turned = {**tensors, key: tensors[key].T.contiguous()}
        text = self.fails(convert, as_bin(turned, tmp_path))
        assert 'stages.0.blocks.0.attn.w_msa.relative_position_index' in text

    @pytest.mark.parametrize('name', ['model.safetensors', 'weights.bin'])
    def test_git_lfs_pointer(self, convert, tmp_path, name):
        (tmp_path / name).write_text('version https://git-lfs.github.com/\n')
        text = self.fails(convert, tmp_path / name)
        assert f'cannot read {tmp_path / name}' in text and 'LFS' in text

    def test_foreign_code(self, convert, tmp_path):
        torch.save(dict(a=Path('x')), tmp_path / 'evil.pth')
        text = self.fails(convert, tmp_path / 'evil.pth')
        assert 'pathlib' in text and 'weights_only' not in text

    def test_nothing_there(self, convert, tmp_path):
        assert 'neither of model.safetensors' in self.fails(convert, tmp_path)
        assert 'does not exist' in self.fails(convert, tmp_path / 'a.bin')

    def test_original_of_the_folder_is_kept(self, convert, tmp_path):
        shutil.copytree(FIXTURE, tmp_path / 'hf')
        convert(tmp_path / 'hf')
        assert (tmp_path / 'hf' / 'model.safetensors').read_bytes() == (
            FIXTURE / 'model.safetensors').read_bytes()
