# Copyright (c) mtcp_mm authors. All rights reserved.
from collections import OrderedDict

import pytest
import torch
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseTTAModel
from torch import nn

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.whole import load_into


class Net(nn.Module):

    def __init__(self, width=3, tasks=('b', 'a'), log_vars=True, neck=True):
        super().__init__()
        self.tasks = dict.fromkeys(tasks)
        self.backbone = nn.Sequential(
            nn.Linear(2, width), build_norm_layer(dict(type='BN'), width)[1])
        if neck:
            self.neck = nn.Linear(width, width)
        self.head = nn.ModuleDict({t: nn.Linear(width, 1) for t in tasks})
        self.loss_weighting = nn.ParameterDict(
            {t: nn.Parameter(torch.randn(1)) for t in tasks}
            if log_vars else {})


class Averaged(BaseTTAModel):

    def __init__(self, module):
        nn.Module.__init__(self)
        self.module = module

    def merge_preds(self, data_samples_list):
        raise NotImplementedError


@pytest.fixture
def state():
    return Net().state_dict()


def copy_of(model):
    return {k: v.clone() for k, v in model.state_dict().items()}


def assert_equal(model, state, but=()):
    for key, value in model.state_dict().items():
        if not key.startswith(but):
            assert torch.equal(value, state[key]), key


class TestLoads:
    """Oracle: the numbers that were put into the file."""

    @pytest.mark.parametrize('wrap', [
        lambda s: s, lambda s: dict(state_dict=s, meta={}),
        lambda s: dict(state_dict={f'module.{k}': v for k, v in s.items()})
    ])
    @pytest.mark.parametrize('outside', [lambda m: m, Averaged])
    def test_file(self, state, tmp_path, wrap, outside):
        torch.save(wrap(state), tmp_path / 'a.pth')
        model = Net()
        report = load_into(outside(model), tmp_path / 'a.pth', resume=True)
        assert_equal(model, state)
        assert sorted(report.parts[0].found.used) == sorted(state)
        assert f'{len(state)} keys used' in report.text()

    def test_versions_of_modules(self, state):
        """Modules that rename old keys ask for it; torch saves it."""
        seen = []

        class Versioned(nn.Linear):
            _version = 7

            def _load_from_state_dict(self, state_dict, prefix, metadata, *a):
                seen.append(metadata.get('version'))
                super()._load_from_state_dict(state_dict, prefix, metadata, *a)

        model = nn.Sequential(Versioned(1, 1))
        load_into(model, dict(state_dict=model.state_dict()))
        load_into(model, dict(OrderedDict(model.state_dict())))
        assert seen == [7, None]

    def test_without_the_counter_of_batch_norm(self, state):
        del state['backbone.1.num_batches_tracked']
        model = Net()
        load_into(model, state, resume=True)
        assert_equal(model, state, but='backbone.1.num')


class TestRefuses:
    """Oracle: what was done to the file; and the model stays as it was."""

    def error(self, model, state, *args, **kwargs):
        before = copy_of(model)
        with pytest.raises(CheckpointError) as info:
            load_into(model, state, 'it.pth', *args, **kwargs)
        assert_equal(model, before)
        assert str(info.value).startswith('it.pth\n')
        return str(info.value)

    def test_missing(self, state):
        del state['neck.bias']
        text = self.error(Net(), state)
        assert 'missing in the file, 1: neck.bias' in text
        assert "`allow_partial=['neck.bias', ...]` in the config" in text

    def test_left_over(self, state):
        """Of a part that exists, and of one that does not."""
        state['head.c.weight'] = torch.ones(1)
        assert 'only in the file, 1: head.c.weight' in self.error(Net(), state)
        text = self.error(Net(neck=False), Net().state_dict())
        assert 'only in the file, 2: neck.weight, neck.bias' in text

    def test_other_width(self, state):
        text = self.error(Net(4), state)
        assert 'backbone.0.weight is (3, 2) in the file, (4, 2) in' in text
        assert 'trained with this config' in text

    def test_other_window(self):
        """It would be resized for a part, but this is another model."""
        table = 'relative_position_bias_table'
        old, new = nn.Module(), nn.Module()
        old.register_parameter(table, nn.Parameter(torch.ones(9, 1)))
        new.register_parameter(table, nn.Parameter(torch.ones(25, 1)))
        assert f'{table} is (9, 1)' in self.error(new, old.state_dict())

    def test_loader_that_changes_numbers(self, state):

        class Doubling(Net):

            def load_state_dict(self, state_dict, **kwargs):
                super().load_state_dict(state_dict, **kwargs)
                self.neck.bias.data *= 2

        with pytest.raises(CheckpointError, match='1 of .*: neck.bias'):
            load_into(Doubling(), state)

    @pytest.mark.parametrize('content, message', [
        (None, 'cannot read .*FileNotFoundError'),
        (b'version https://git-lfs', 'cannot read .*UnpicklingError')])
    def test_no_checkpoint(self, tmp_path, content, message):
        if content:
            (tmp_path / 'a.pth').write_bytes(content)
        with pytest.raises(CheckpointError, match=message):
            load_into(Net(), tmp_path / 'a.pth')


class TestAllowPartial:
    """Oracle: what is allowed stays as it was, all else is the file's."""

    @pytest.mark.parametrize('by_model', [True, False])
    def test_patterns(self, state, by_model):
        del state['head.b.weight']
        state['neck.bias'] = torch.ones(9)
        state['neck.more'] = torch.ones(9)
        model, patterns = Net(), ['head.b.*', 'neck.[bm]*']
        if by_model:
            model.allow_partial, patterns = patterns, []
        before = copy_of(model)
        report = load_into(model, state, 'it.pth', patterns, resume=True)
        kept = 'head.b.weight', 'neck.bias'
        assert_equal(model, state | {k: before[k] for k in kept})
        assert report.without == ['neck.bias', 'head.b.weight']
        text = report.text(all_keys=True)
        assert all(key in text for key in (*kept, 'neck.more'))


class TestStateOfTheTraining:
    """Oracle: `loss_weighting` before and after, in file and model."""

    def test_is_left_alone(self, state):
        model = Net()
        before = copy_of(model)
        report = load_into(model, state, 'it.pth')
        assert_equal(model, state, but='loss_weighting')
        for task in 'ab':
            key = f'loss_weighting.{task}'
            assert torch.equal(model.state_dict()[key], before[key])
            assert 'for --resume only' in report.ignored['it.pth'][key]

    @pytest.mark.parametrize('file, model', [(True, False), (False, True)])
    def test_on_one_side_only(self, file, model):
        state, net = Net(log_vars=file).state_dict(), Net(log_vars=model)
        load_into(net, state)
        assert_equal(net, state, but='loss_weighting')
        with pytest.raises(CheckpointError, match='2: loss_weighting.a'):
            load_into(net, state, resume=True)


class TestNumbers:
    """Oracle: the one number that was put in."""

    @pytest.mark.parametrize('value', [torch.nan, torch.inf])
    def test_weights_that_are_not_finite(self, state, value):
        state['neck.weight'][1, 2] = value
        model = Net()
        before = copy_of(model)
        with pytest.raises(CheckpointError, match=rf'a.pth: 1 of {len(state)} '
                           'tensors are not finite, the first is neck.weight'):
            load_into(model, state, 'a.pth', resume=True)
        assert_equal(model, before)

    def test_buffers_may_be_infinite(self, state):
        state['backbone.1.running_var'][0] = torch.inf
        load_into(Net(), state, resume=True)
        state['backbone.1.running_var'][0] = torch.nan
        with pytest.raises(CheckpointError, match='running_var'):
            load_into(Net(), state, resume=True)
