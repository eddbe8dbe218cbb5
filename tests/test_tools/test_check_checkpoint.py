# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
from ast import literal_eval
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope, init_default_scope

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.mmseg_mask2former import NARROW, build_mmseg

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / 'configs' / 'mtcp_nyud.py')
SMALL = [
    f'model.{part}.{key}={str(value).replace(" ", "")}'
    for part, settings in NARROW.items() for key, value in settings.items()
] + ['model.decode_head.in_channels=64', 'model.decode_head.channels=8']


@pytest.fixture
def check(monkeypatch, capsys):
    path = ROOT / 'tools' / 'model_converters' / 'check_checkpoint.py'
    spec = importlib.util.spec_from_file_location(path.stem, path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    def run(*arguments):
        monkeypatch.setattr('sys.argv', [path.name, *arguments])
        tool.main()
        return capsys.readouterr().out

    yield run
    MMLogger._instance_dict.pop('check_checkpoint')
    DefaultScope._instance_dict.clear()


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp('zoo') / 'mmseg.pth'
    torch.save(dict(state_dict=build_mmseg(narrow=True).state_dict()), path)
    return str(path)


class TestCheckCheckpoint:
    """Oracle: the keys of the file, counted and named by hand."""

    def test_report(self, check, checkpoint):
        out = check(CONFIG, checkpoint, '--cfg-options', *SMALL)
        # 4 + 5 blocks x 14 + 3 x 3 + 4 x 2
        assert 'backbone (SwinTransformer): 91 keys used' in out
        assert 'neck (Mask2FormerNeck): ' in out
        assert ('classifier, not part of the neck: decode_head.cls_embed.'
                'weight, decode_head.cls_embed.bias') in out
        assert 'decode_head.decoders.*' in out

    def test_every_key_by_name(self, check, checkpoint):
        out = check(CONFIG, checkpoint, '--keys', '--cfg-options', *SMALL)
        state = torch.load(checkpoint)['state_dict']
        lines = [line.strip() for line in out.splitlines()]
        for key in state:
            part, _, rest = key.partition('.')
            if 'cls_embed' in key:
                line = f'classifier, not part of the neck: {key}'
            else:
                name = dict(backbone='backbone', decode_head='neck')[part]
                line = f'{key} -> {name}.{rest}'
            assert line in lines, key

    def test_other_settings(self, check, checkpoint):
        with pytest.raises(CheckpointError, match='query_feat.weight is '
                           r'\(7, 64\)'):
            check(CONFIG, checkpoint, '--cfg-options', *SMALL,
                  'model.neck.num_queries=8')

    def test_whole(self, check, checkpoint, tmp_path):
        """A backbone and a neck are no model that could be tested."""
        with pytest.raises(CheckpointError, match='does not fit the model'):
            check(CONFIG, checkpoint, '--whole', '--cfg-options', *SMALL)
        init_default_scope('mmseg')
        cfg = load_config_file(CONFIG)
        options = dict(option.split('=') for option in SMALL)
        cfg.merge_from_dict({k: literal_eval(v) for k, v in options.items()})
        state = MODELS.build(cfg.model).state_dict()
        torch.save(dict(state_dict=state), tmp_path / 'whole.pth')
        out = check(CONFIG, str(tmp_path / 'whole.pth'), '--whole',
                    '--cfg-options', *SMALL)
        assert (f'the whole model (MultiTaskEstimator): {len(state)} keys '
                'used') in out

    def test_config_without_checkpoint(self, check):
        out = check(str(ROOT / 'configs' / 'mtcp_demo.py'))
        assert 'names no checkpoint' in out
