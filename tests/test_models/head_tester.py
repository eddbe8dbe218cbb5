# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.structures import Features, ModelOutput

TASKS = dict(semseg=5, depth=1, normals=3, edge=1)


def logits_of(out):
    """All logits of a task, or of a whole head."""
    if isinstance(out, ModelOutput):
        return [x for task in out.tasks.values() for x in logits_of(task)]
    stages = [stage.logits for stage in out.stages.values()]
    return stages if out.final is None else [out.final, *stages]


def scalar(out):
    """Something that every output of a head has a gradient to."""
    return sum(x.float().square().sum()
               for x in logits_of(out)) + sum(out.losses.values())


def finals(out):
    """Final logits alone: what inference needs."""
    return {
        task: output.final
        for task, output in out.tasks.items() if output.final is not None
    }


class Finals(torch.nn.Module):
    """A head with tensors as output, for torch.export."""

    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, x):
        return finals(self.head(x))


class VariantTester:
    """What an option of a head could break: for variants of a head that
    passes the whole :class:`HeadTester`.

    A subclass names the head, or overrides :meth:`build`.
    """

    head_type = None
    kwargs = dict()

    @staticmethod
    def task_channels(num_tasks, task_order=TASKS):
        return {t: TASKS[t] for t in list(task_order)[:num_tasks]}

    @staticmethod
    def seeded(build):
        torch.manual_seed(0)
        return build()

    def build(self, num_tasks=3, in_channels=16, task_order=TASKS, **kwargs):
        return self.seeded(lambda: self.head_type(
            in_channels=in_channels,
            task_channels=self.task_channels(num_tasks, task_order),
            channels=16,
            **self.kwargs,
            **kwargs))

    @pytest.mark.parametrize('num_tasks', [1, 2, 4])
    def test_gradient_reaches_every_parameter(self, num_tasks):
        """DDP needs no `find_unused_parameters`."""
        head = self.build(num_tasks)
        scalar(head(torch.randn(2, 16, 12, 20))).backward()
        idle = [n for n, p in head.named_parameters() if p.grad is None]
        assert not idle

    @pytest.mark.parametrize('num_tasks', [1, 2, 3, 4])
    def test_takes_features(self, num_tasks):
        """Oracle: the same maps as a tuple."""
        head = self.build(num_tasks).eval()
        x = torch.randn(2, 16, 12, 20)
        bare = finals(head((x, )))
        shared = finals(head(Features((x, ))))
        own = finals(
            head(Features(per_task={t: (x, )
                                    for t in head.task_channels})))
        for task in bare:
            assert torch.equal(bare[task], shared[task])
            assert torch.equal(bare[task], own[task])

    def test_order_of_tasks_means_nothing(self):
        """mmengine sorts them when it dumps a config."""
        head = self.build(4).eval()
        turned = self.build(4, task_order=reversed(TASKS)).eval()
        turned.load_state_dict(head.state_dict())
        x = torch.randn(2, 16, 12, 20)
        a, b = finals(head(x)), finals(turned(x))
        assert list(b) == list(reversed(a))
        assert all(torch.equal(a[t], b[t]) for t in a)

    def test_images_of_a_batch_do_not_mix_in_evaluation(self):
        """Oracle: the same images one by one, in float64."""
        head = self.build().eval().double()
        x = torch.randn(3, 16, 13, 20).double()
        batch = finals(head(x))
        for i in range(3):
            single = finals(head(x[i:i + 1]))
            for task in batch:
                torch.testing.assert_close(batch[task][i], single[task][0])


class HeadTester(VariantTester):
    """What every head must do, whatever its inside."""

    @pytest.mark.parametrize('num_tasks', [1, 2, 3, 4])
    @pytest.mark.parametrize('size', [(16, 24), (13, 9), (7, 5)])
    def test_shapes(self, num_tasks, size):
        head = self.build(num_tasks)
        out = head(torch.randn(2, 16, *size))
        assert list(out.tasks) == list(TASKS)[:num_tasks]
        for task, output in out.tasks.items():
            assert output.final.shape == (2, TASKS[task], *size)

    def test_takes_a_pyramid(self):
        head = self.build(in_channels=[8, 16, 32])
        feats = [
            torch.randn(2, c, h, w)
            for c, h, w in ((8, 13, 20), (16, 7, 10), (32, 4, 5))
        ]
        assert head(feats).tasks['depth'].final.shape == (2, 1, 13, 20)
        with pytest.raises(ValueError, match=r'\(8, 16, 32\).*\(8, 16\)'):
            head(feats[:2])

    @pytest.mark.parametrize('num_tasks', [1, 2, 3, 4])
    def test_tasks_with_maps_of_their_own(self, num_tasks):
        """Widths by task: every task reads its own maps, and learns from
        them; the last task has none, so it takes the shared ones."""
        tasks = list(TASKS)[:num_tasks]
        widths = {t: [8 + i, 16 + i] for i, t in enumerate(tasks)}
        head = self.build(num_tasks, in_channels=widths)
        feats = {
            t: tuple(
                torch.randn(2, c, h, w, requires_grad=True)
                for c, h, w in zip(widths[t], (12, 6), (20, 10)))
            for t in tasks
        }
        shared = feats.pop(tasks[-1])
        out = head(Features(shared, feats))
        scalar(out).backward()
        assert all(p.grad is not None for p in head.parameters())
        for maps in (shared, *feats.values()):
            assert all(x.grad.abs().sum() > 0 for x in maps)

    @pytest.mark.parametrize('num_tasks', [1, 2, 3, 4])
    def test_task_that_only_helps(self, num_tasks):
        """It has no final logits, is trained all the same, and changes
        nothing about the others."""
        helper = list(TASKS)[num_tasks - 1]
        plain = self.build(num_tasks).eval()
        head = self.build(num_tasks, helpers=[helper]).eval()
        head.load_state_dict(plain.state_dict())
        x = torch.randn(2, 16, 12, 20)
        out, expected = head(x), finals(plain(x))
        assert out.tasks[helper].final is None
        assert torch.equal(out.tasks[helper].stages['helper'].logits,
                           expected.pop(helper))
        assert all(torch.equal(finals(out)[t], expected[t]) for t in expected)
        scalar(out).backward()
        assert all(p.grad is not None for p in head.parameters())

    def test_rejects_an_unknown_helper(self):
        with pytest.raises(ValueError, match=r"\['parts'\].*'semseg'"):
            self.build(helpers=['parts'])

    def test_says_when_widths_are_unknown(self):
        with pytest.raises(ValueError, match='`decode_head.in_channels`'):
            self.build(in_channels=None)

    def test_rejects_other_channels(self):
        with pytest.raises(ValueError, match=r'\(16,\).*\(8,\)'):
            self.build()(torch.rand(1, 8, 8, 8))

    def test_state_dict_round_trip(self):
        x = torch.randn(2, 16, 12, 20)
        head, other = self.build().eval(), self.build().eval()
        for p in other.parameters():
            p.data.normal_()
        other.load_state_dict(head.state_dict())
        a, b = finals(head(x)), finals(other(x))
        assert all(torch.equal(a[t], b[t]) for t in a)

    def test_mixed_precision(self):
        """Oracle: fp32, to what bfloat16 (8 bits) resolves."""
        head = self.build().eval()
        x = torch.randn(2, 16, 12, 20)
        exact = finals(head(x))
        with torch.autocast('cpu', torch.bfloat16):
            out = head(x)
            total = scalar(out)
        total.backward()
        for task, logits in finals(out).items():
            error = (logits.float() - exact[task]).abs().mean()
            assert error < .1 * exact[task].abs().mean() + 1e-3
        assert all(p.grad is None or p.grad.isfinite().all()
                   for p in head.parameters())

    def test_export(self):
        """Oracle: the head itself, on another input."""
        model = Finals(self.build().eval())
        program = torch.export.export(model, (torch.randn(1, 16, 14, 21), ))
        x = torch.randn(1, 16, 14, 21)
        found, expected = program.module()(x), model(x)
        for task in expected:
            torch.testing.assert_close(found[task], expected[task])
