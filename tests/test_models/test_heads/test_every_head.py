# Copyright (c) mtcp_mm authors. All rights reserved.
"""Every registered head passes the tester."""
import pytest
from mmengine.registry import init_default_scope

from mtcp_mm.models.heads import HFPHead, MixedHead, MTCPHead, MultiTaskHead
from mtcp_mm.models.released import ReleasedMTCPHead
from mtcp_mm.registry import MODELS
from tests.test_models.head_tester import HeadTester


class TestHFPHead(HeadTester):
    head_type = HFPHead


class TestMTCPHead(HeadTester):
    head_type = MTCPHead


class TestMTCPHeadWithoutSRM(HeadTester):
    head_type = MTCPHead
    kwargs = dict(with_srm=False)


class TestMTCPHeadWithoutCFM(HeadTester):
    head_type = MTCPHead
    kwargs = dict(with_cfm=False)


class TestMTCPHeadWithoutCoherenceLoss(HeadTester):
    head_type = MTCPHead
    kwargs = dict(loss_coherence=None)


class TestReleasedMTCPHead(HeadTester):
    head_type = ReleasedMTCPHead


class TestMixedHead(HeadTester):
    """A head of mmseg for `semseg`, two of ours for the others."""

    head_type = MixedHead

    @pytest.fixture(autouse=True)
    def scope(self):
        init_default_scope('mmseg')

    def build(self, num_tasks=3, in_channels=16, task_order=None, **kwargs):
        order = dict(task_order=task_order) if task_order else {}
        tasks = self.task_channels(num_tasks, **order)
        heads = {
            name: dict(type='mtcp_mm.HFPHead', channels=16)
            for name in tasks if name != 'semseg'
        }
        if isinstance(in_channels, int):
            in_channels = [in_channels]
        if 'semseg' in tasks:
            widths = in_channels['semseg'] if isinstance(
                in_channels, dict) else in_channels or [0]
            heads['semseg'] = dict(
                type='SegformerHead', channels=8, dropout_ratio=0.,
                in_index=list(range(len(widths))), norm_cfg=dict(type='BN'))
        return self.seeded(lambda: MixedHead(
            heads, task_channels=tasks, in_channels=in_channels, **kwargs))

    def test_rejects_other_channels(self):
        """mmseg's head says it in its own words, ours as always."""
        import torch
        with pytest.raises(ValueError, match=r'\(16,\).*\(8,\)'):
            self.build().heads['depth'](torch.rand(1, 8, 8, 8))

    def test_says_when_widths_are_unknown(self):
        with pytest.raises((ValueError, TypeError), match='in_channels'):
            self.build(in_channels=None)


def test_no_head_is_left_out():
    """Oracle: the registry."""
    import mtcp_mm.models  # noqa: F401  registers
    heads = {
        cls
        for cls in MODELS.module_dict.values()
        if isinstance(cls, type) and issubclass(cls, MultiTaskHead)
        and cls.__module__.startswith('mtcp_mm.')
    }
    assert heads == {cls.head_type for cls in HeadTester.__subclasses__()
                     if cls.__module__ == __name__}
