# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: environments written by hand, each with a known defect."""
import subprocess
import sys

import pytest

from mtcp_mm.utils import StackError, check_stack, compat
from mtcp_mm.utils.compat import (
    discover_providers,
    find_problems,
    find_warnings,
    has_mmcv_ops,
)

OFFICIAL = {
    'mmengine': [('mmengine', '0.11.0rc3')],
    'mmcv': [('mmcv', '2.1.0')],
    'mmdet': [('mmdet', '3.3.0')],
    'mmseg': [('mmsegmentation', '1.2.2')],
    'mmpretrain': [('mmpretrain', '1.2.0')],
}
ONEDL = {
    'mmengine': [('onedl-mmengine', '0.10.12')],
    'mmcv': [('onedl-mmcv', '2.3.6.post1')],
    'mmdet': [('onedl-mmdetection', '3.5.1')],
    'mmseg': [('onedl-mmsegmentation', '1.4.2')],
    'mmpretrain': [('onedl-mmpretrain', '1.3.6')],
}


def problems(stack, has_ops=True, torch='2.11.0', **changes):
    return find_problems({**stack, **changes}, has_ops, torch, [*OFFICIAL])


class TestFindProblems:

    @pytest.mark.parametrize('stack', [OFFICIAL, ONEDL])
    def test_whole_stacks_are_fine(self, stack):
        assert problems(stack) == []

    @pytest.mark.parametrize('module, version', [
        ('mmengine', '0.10.7'),
        ('mmengine', '0.11.0rc0'),
        ('mmcv', '2.1.0+cu121'),
        ('mmpretrain', '1.2.1'),
    ])
    def test_accepts(self, module, version):
        name = OFFICIAL[module][0][0]
        assert problems(OFFICIAL, **{module: [(name, version)]}) == []

    @pytest.mark.parametrize('stack, module, version, wanted', [
        (OFFICIAL, 'mmengine', '0.10.5', 'mmengine>=0.10.7,<1.0.0'),
        (OFFICIAL, 'mmcv', '2.2.0', 'mmcv>=2.1.0,<2.2.0'),
        (OFFICIAL, 'mmdet', '2.28.2', 'mmdet>=3.3.0,<3.4.0'),
        (OFFICIAL, 'mmseg', '1.2.1', 'mmsegmentation>=1.2.2,<1.3.0'),
        (ONEDL, 'mmcv', '2.3.0', 'onedl-mmcv>=2.3.5,<2.4'),
        (ONEDL, 'mmpretrain', '1.3.5', 'onedl-mmpretrain>=1.3.6'),
    ])
    def test_out_of_range(self, stack, module, version, wanted):
        name = stack[module][0][0]
        text, = problems(stack, **{module: [(name, version)]})
        assert f'{name} {version} does not fit: {wanted} is wanted' in text
        assert f"'{name}" in text.split('Mend it with:')[1]

    def test_missing_is_mended_from_the_same_family(self):
        text, = problems(OFFICIAL, mmseg=[])
        assert text.endswith("pip install 'mmsegmentation==1.2.2'")
        text, = problems(ONEDL, mmseg=[])
        assert text.endswith("pip install 'onedl-mmsegmentation>=1.4.2'")

    def test_doubled_names_both_and_removes_both(self):
        both = OFFICIAL['mmcv'] + ONEDL['mmcv']
        text, = problems(OFFICIAL, mmcv=both)
        assert 'by mmcv 2.1.0 and onedl-mmcv 2.3.6.post1' in text
        assert 'pip uninstall -y mmcv onedl-mmcv && ' in text
        assert "--no-build-isolation 'mmcv==2.1.0'" in text

    def test_families_do_not_mix(self):
        text, = problems(OFFICIAL, mmcv=ONEDL['mmcv'])
        assert 'onedl-mmcv 2.3.6.post1, but' in text
        assert 'pip uninstall -y onedl-mmcv && ' in text
        text, = problems(ONEDL, mmdet=OFFICIAL['mmdet'])
        assert "pip install 'onedl-mmdetection>=3.5.1'" in text

    def test_lite_is_not_enough(self):
        text, = problems(OFFICIAL, False, mmcv=[('mmcv-lite', '2.1.0')])
        assert 'mmcv-lite 2.1.0, but' in text

    def test_mmcv_without_ops(self):
        text, = problems(OFFICIAL, has_ops=False)
        assert 'mmcv 2.1.0 has no compiled ops' in text
        assert ('MMCV_WITH_OPS=1 pip install --no-build-isolation '
                "--no-cache-dir --no-binary mmcv 'mmcv==2.1.0'") in text

    def test_mmpretrain_is_asked_for_on_use(self):
        without = {**OFFICIAL, 'mmpretrain': []}
        assert find_problems(without, True, '2.11.0') == []
        text, = find_problems(without, True, '2.11.0', ['mmpretrain'])
        assert "pip install 'mmpretrain==1.2.0'" in text

    def test_everything_at_once(self):
        found = problems({}, has_ops=False, torch=None)
        assert len(found) == 6
        assert 'torch==2.11.0' in found[0]
        assert 'mmcv._ext' not in ' '.join(found), 'missing says enough'


class TestFindWarnings:

    @pytest.mark.parametrize('engine, torch, expected', [
        ('0.10.7', '2.6.0+cu124', 1),
        ('0.10.7', '2.5.1', 0),
        ('0.11.0rc0', '2.11.0', 0),
    ])
    def test_local_checkpoints(self, engine, torch, expected):
        stack = {**OFFICIAL, 'mmengine': [('mmengine', engine)]}
        found = find_warnings(stack, torch, has_transformers=False)
        assert len(found) == expected
        assert not found or "pip install 'mmengine==0.11.0rc3'" in found[0]

    def test_transformers(self):
        text, = find_warnings(OFFICIAL, '2.11.0', has_transformers=True)
        assert 'pip uninstall -y transformers' in text
        assert find_warnings(ONEDL, '2.11.0', has_transformers=True) == []


def add_distribution(folder, name, version, module=None):
    info = folder / f'{name.replace("-", "_")}-{version}.dist-info'
    info.mkdir(parents=True)
    (info / 'METADATA').write_text(
        f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n')
    if module:
        (folder / module).mkdir()
        (folder / module / '__init__.py').touch()


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A site folder, and nothing else to import from."""
    for module in OFFICIAL:
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, 'path', [str(tmp_path)])
    return tmp_path


class TestDiscovery:

    def test_sees_the_second_provider(self, tmp_path, monkeypatch):
        add_distribution(tmp_path, 'onedl-mmcv', '2.3.6')
        monkeypatch.syspath_prepend(tmp_path)
        assert ('onedl-mmcv', '2.3.6') in discover_providers()['mmcv']

    def test_ops_of_another_python_do_not_count(self, only):
        add_distribution(only, 'mmcv', '2.1.0', 'mmcv')
        (only / 'mmcv/_ext.cpython-27-x86_64-linux-gnu.so').touch()
        assert discover_providers()['mmcv'] == [('mmcv', '2.1.0')]
        assert not has_mmcv_ops()
        assert discover_providers()['mmdet'] == []

    def test_checkout_on_the_path(self, only):
        (only / 'mmseg').mkdir()
        (only / 'mmseg/version.py').write_text("__version__ = '1.2.2'\n")
        (only / 'mmseg/__init__.py').touch()
        assert discover_providers()['mmseg'] == [('mmsegmentation', '1.2.2')]

    def test_metadata_without_files_is_no_provider(self, only):
        add_distribution(only, 'mmdet', '3.3.0')
        assert discover_providers()['mmdet'] == []

    def test_check_lists_all_and_is_an_import_error(self, monkeypatch):
        monkeypatch.setattr(compat, 'discover_providers', lambda: OFFICIAL
                            | {'mmdet': [], 'mmseg': []})
        with pytest.raises(ImportError, match='(?s)1. `mmdet` is missing.*'
                           '2. `mmseg` is missing.*install.sh') as caught:
            check_stack()
        assert caught.type is StackError

    def test_check_warns(self, monkeypatch):
        monkeypatch.setattr(
            compat, 'discover_providers', lambda: OFFICIAL |
            {'mmengine': [('mmengine', '0.10.7')]})
        monkeypatch.setattr(compat, '_version_of', lambda name: '2.6.0')
        with pytest.warns(UserWarning, match='cannot load local checkpoints'):
            check_stack()

    def test_import_of_mtcp_mm_is_light(self):
        code = ('import sys, mtcp_mm; heavy = {"torch", "mmcv", "mmengine"} '
                '& set(sys.modules); sys.exit(str(heavy) if heavy else 0)')
        subprocess.run([sys.executable, '-c', code], check=True)
