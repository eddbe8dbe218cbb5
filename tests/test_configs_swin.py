# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import mmseg
import pytest
from mmengine.config import Config
from mmengine.fileio import load

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file

PRESETS = Path(__file__).parents[1] / 'configs/_base_/models'
ZOO = Path(mmseg.__file__).parent / '.mim/configs/mask2former'
NAMES = dict(
    t='mask2former_swin-t_8xb2-160k_ade20k-512x512',
    s='mask2former_swin-s_8xb2-160k_ade20k-512x512',
    b='mask2former_swin-b-in22k-384x384-pre_8xb2-160k_ade20k-640x640',
    l='mask2former_swin-l-in22k-384x384-pre_8xb2-160k_ade20k-640x640')


@pytest.mark.parametrize('size', NAMES)
class TestSwinPresets:
    """Oracle: the installed configs of mmseg and its list of files."""

    @pytest.fixture
    def preset(self, size):
        return load_config_file(PRESETS / f'mtcp_mask2former_swin-{size}.py')

    def test_file_of_the_zoo(self, preset, size):
        entry, = (m for m in load(ZOO / 'metafile.yaml')['Models']
                  if m['Name'] == NAMES[size])
        for part in (preset.model.backbone, preset.model.neck):
            assert part.init_cfg.checkpoint == entry['Weights']
        text = (PRESETS / f'mtcp_mask2former_swin-{size}.py').read_text()
        assert f'mIoU {entry["Results"]["Metrics"]["mIoU"]}' in text

    def test_network_of_the_zoo(self, preset, size):
        theirs = Config.fromfile(
            ZOO / f'{NAMES[size]}.py', import_custom_modules=False).model
        ours, backbone = preset.model.backbone, theirs.backbone
        for cfg in (ours, backbone):
            del cfg['init_cfg']
        swin = MODELS.get('mmseg.SwinTransformer')
        shapes = [{k: tuple(v.shape) for k, v in MODELS.build(
            dict(c, type=swin)).state_dict().items()} for c in (ours,
                                                                backbone)]
        assert shapes[0] == shapes[1]
        assert preset.model.neck.num_queries == theirs.decode_head.num_queries
        assert ours.window_size == backbone.window_size
        assert ours.drop_path_rate == backbone.drop_path_rate
