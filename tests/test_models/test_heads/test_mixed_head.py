# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.registry import DefaultScope, init_default_scope
from mmseg.models.decode_heads import FCNHead, SegformerHead

from mtcp_mm.models.heads import MixedHead
from tests.test_models.head_tester import TASKS, HeadTester, finals


@pytest.fixture(autouse=True)
def default_scope():
    before = DefaultScope.get_current_instance()
    init_default_scope('mmseg')
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


def stock(in_channels=16):
    """A SegFormer head on all maps."""
    in_channels = [in_channels] if isinstance(in_channels,
                                              int) else in_channels
    return dict(
        type='SegformerHead',
        in_channels=in_channels,
        in_index=list(range(len(in_channels))),
        channels=16,
        dropout_ratio=0,
        norm_cfg=dict(type='BN'))


class TestMixedHead(HeadTester):
    """mmseg's SegFormer head for semseg, ours for the rest."""

    head_type = MixedHead

    def build(self, num_tasks=3, in_channels=16, task_order=TASKS, **kwargs):
        """One of ours for each other task: they stay apart."""
        if isinstance(in_channels, int):
            in_channels = [in_channels]
        tasks = self.task_channels(num_tasks, task_order)
        heads = {
            name: dict(type='mtcp_mm.HFPHead', channels=16)
            for name in tasks if name != 'semseg'
        }
        if 'semseg' in tasks:
            widths = in_channels['semseg'] if isinstance(
                in_channels, dict) else in_channels or [0]
            heads['semseg'] = stock(widths)
            del heads['semseg']['in_channels']  # MixedHead tells it
        return self.seeded(lambda: MixedHead(
            heads, task_channels=tasks, in_channels=in_channels, **kwargs))

    def test_says_when_widths_are_unknown(self):
        """mmseg's head in torch's words, ours as always."""
        with pytest.raises((ValueError, TypeError), match='in_channels'):
            self.build(in_channels=None)

    def test_rejects_other_channels(self):
        """Those of our heads; a stock head lets torch complain."""
        ours = dict(type='mtcp_mm.HFPHead', in_channels=16, channels=16)
        head = MixedHead(dict(semseg=ours), dict(semseg=5))
        with pytest.raises(ValueError, match=r'\(16,\).*\(8,\)'):
            head(torch.rand(1, 8, 8, 8))

    def test_stock_head_gives_the_logits_of_mmseg(self):
        """Oracle: mmseg's head, by itself, with the same weights."""
        head = self.build(in_channels=[8, 16]).eval()
        cfg = {k: v for k, v in stock([8, 16]).items() if k != 'type'}
        alone = SegformerHead(num_classes=5, **cfg).eval()
        alone.load_state_dict(head.heads['semseg'].state_dict())
        feats = [torch.randn(2, 8, 12, 20), torch.randn(2, 16, 6, 10)]
        torch.testing.assert_close(
            finals(head(feats))['semseg'], alone(feats), rtol=0, atol=0)

    def test_one_map_picks_by_index(self):
        cfg = dict(
            type='FCNHead',
            in_channels=16,
            in_index=1,
            channels=8,
            num_convs=1,
            concat_input=False,
            dropout_ratio=0)
        head = MixedHead(dict(depth=cfg), dict(depth=1)).eval()
        feats = [torch.randn(1, 8, 12, 20), torch.randn(1, 16, 6, 10)]
        assert isinstance(head.heads['depth'], FCNHead)
        assert finals(head(feats))['depth'].shape == (1, 1, 6, 10)

    def test_one_head_for_every_other_task(self):
        """Oracle: the same heads, named one by one."""
        own = dict(type='FCNHead', in_channels=16, channels=8, num_convs=1)
        tasks = dict(semseg=5, depth=1, normals=3, edge=1)
        ours = dict(type='mtcp_mm.HFPHead', channels=8)
        short = self.seeded(lambda: MixedHead(
            {'depth, edge': ours, '*': own}, tasks, in_channels=[16]))
        long = self.seeded(lambda: MixedHead(
            {'depth, edge': ours, 'semseg': own, 'normals': own}, tasks,
            in_channels=[16]))
        assert str(short) == str(long)
        x = torch.randn(2, 16, 8, 8)
        a, b = finals(short.eval()(x)), finals(long.eval()(x))
        assert all(torch.equal(a[t], b[t]) for t in tasks)


class TestMistakes:
    """Oracle: the key that is wrong."""

    def test_task_without_head(self):
        with pytest.raises(ValueError, match='has 0 for `depth`'):
            MixedHead(dict(semseg=stock()), dict(semseg=5, depth=1))

    def test_task_with_two_heads(self):
        ours = dict(type='mtcp_mm.HFPHead', in_channels=16, channels=16)
        with pytest.raises(ValueError, match='has 2 for `semseg`'):
            MixedHead({
                'semseg': stock(),
                'semseg, depth': ours
            }, dict(semseg=5, depth=1))

    def test_head_of_no_task(self):
        with pytest.raises(ValueError, match='names parts, but the tasks are'):
            MixedHead(dict(parts=stock()), dict(semseg=5))

    def test_stock_head_for_two_tasks(self):
        with pytest.raises(ValueError, match='SegformerHead.*serves one task'):
            MixedHead({'semseg, depth': stock()}, dict(semseg=5, depth=1))

    def test_loss_of_a_stock_head(self):
        cfg = dict(stock(), loss_decode=dict(type='CrossEntropyLoss'))
        with pytest.raises(ValueError, match='The loss belongs to the task'):
            MixedHead(dict(semseg=cfg), dict(semseg=5))

    def test_head_with_several_outputs(self):
        """BiSeNet and the like return a tuple in training."""
        head = MixedHead(dict(semseg=stock()), dict(semseg=5))
        head.heads['semseg'].forward = lambda feats: (feats[0], feats[0])
        with pytest.raises(TypeError, match='SegformerHead.*returns a tuple'):
            head(torch.randn(1, 16, 8, 8))


def test_checkpoint_of_a_head_of_two_tasks(tmp_path):
    """Oracle: the weights that were saved."""
    torch.manual_seed(0)
    heads = {'depth, normals': dict(
        type='mtcp_mm.HFPHead', in_channels=4, channels=8)}
    tasks = dict(depth=1, normals=3)
    saved = MixedHead(heads, tasks)
    torch.save(dict(state_dict={
        f'decode_head.{k}': v for k, v in saved.state_dict().items()
    }), tmp_path / 'two.pth')
    other = MixedHead(heads, tasks, task_checkpoints={
        'depth, normals': str(tmp_path / 'two.pth')})
    other.init_weights()
    for key, value in other.state_dict().items():
        assert torch.equal(value, saved.state_dict()[key])
    with pytest.raises(ValueError, match=r"\['depth'\].*'depth\+normals'"):
        MixedHead(heads, tasks, task_checkpoints=dict(depth='x.pth'))
