# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.models.heads import PAPHead, ReconstructedPSDHead
from mtcp_mm.models.layers import (
    AffinityDiffusion,
    ReconstructedPatternDiffusion,
)
from tests.test_models.head_tester import HeadTester, finals

WIDTHS = [18, 36, 72, 144]  # of HRNet-W18
NYUD = dict(semseg=40, depth=1, normals=3)
#: Convolutions without bias and norms of one residual block with a width of
#: c inside, and of its way around where the input has another width.
BLOCK = dict(first=270 * 64 + 9 * 64**2 + 64 * 256 + 270 * 256,
             second=256 * 64 + 9 * 64**2 + 64 * 256,
             last=128 * 32 + 9 * 32**2 + 32 * 128)
NORM = dict(first=2 * (64 + 64 + 256 + 256), second=2 * (64 + 64 + 256),
            last=2 * (32 + 32 + 128))


def count(head_type, tasks=NYUD):
    with torch.device('meta'):
        head = head_type(tasks, WIDTHS)
    return sum(p.numel() for p in head.parameters())


class TestPAPHead(HeadTester):
    head_type = PAPHead
    kwargs = dict(diffusion=dict(beta=.5))


class TestReconstructedPSDHead(HeadTester):
    head_type = ReconstructedPSDHead


class TestParameters:

    def test_pap_is_that_of_the_public_version(self):
        """Oracle: the layers of EMA-Net's PAP-Net, counted in closed form,
        with the convolution that fuses the maps of its HRNet-W18."""
        assert count(PAPHead) == 930_127

    @pytest.mark.parametrize('head_type, mix', [(PAPHead, 2 * 2),
                                                (ReconstructedPSDHead, 0)])
    def test_by_hand(self, head_type, mix):
        """Two tasks of one logit; nothing of PSD's structures is learned."""
        fuse = 270 * 270 + 270 + 2 * 270
        task = (sum(BLOCK.values()) + BLOCK['last'] + sum(NORM.values()) +
                NORM['last'])
        task += 256 + 1 + 256 * 128 + 128 + 128 + 1
        assert count(head_type, dict(depth=1, edge=1)) == fuse + 2 * task + mix


@pytest.mark.parametrize('head_type, kind', [
    (PAPHead, AffinityDiffusion),
    (ReconstructedPSDHead, ReconstructedPatternDiffusion)])
class TestDiffusion:

    @pytest.mark.parametrize('strides, grid, shrink', [
        ([4, 8], 8, 2), ([4, 8], 16, 4), ([8, 8], 8, 1), ([2, 4], 8, 4),
        ([16, 32], 8, 1), (None, 8, 2), (dict(depth=[8, 8], edge=[4, 8]), 8, 2)
    ])
    def test_grid(self, head_type, kind, strides, grid, shrink):
        """Oracle: strides by hand."""
        head = head_type(dict(depth=1, edge=1), [4, 4], strides, channels=8,
                         grid_stride=grid)
        assert type(head.diffusion) is kind
        assert head.diffusion.shrink == shrink

    def test_a_single_task_is_its_parts(self, head_type, kind):
        """Oracle: one after the other."""
        head = head_type(dict(depth=1), [4, 8], channels=8).eval()
        maps = [torch.randn(2, 4, 9, 7), torch.randn(2, 8, 5, 4)]
        x, initial = head.initial['depth'](head.fuse(maps))
        x = head.diffusion(dict(depth=x))['depth']
        out = head(maps).tasks['depth']
        assert torch.equal(out.stages['initial'].logits, initial)
        assert torch.equal(out.final, head.reconstruct['depth'](x)[1])

    def test_without_diffusion_tasks_are_apart(self, head_type, kind):
        """Oracle: the head of one task with the weights of that task."""
        torch.manual_seed(0)
        head = head_type(NYUD, [4], channels=8, diffusion=dict(beta=0.))
        alone = head_type(dict(depth=1), [4], channels=8,
                          diffusion=dict(beta=0.))
        state = head.state_dict()
        own = {k: state[k] for k in alone.state_dict()
               if k != 'diffusion.mix'}
        alone.load_state_dict(own, strict=False)
        x = torch.randn(2, 4, 9, 7)
        assert torch.equal(
            finals(head.eval()(x))['depth'], finals(alone.eval()(x))['depth'])

    def test_mistakes(self, head_type, kind):
        name = head_type.__name__
        with pytest.raises(ValueError, match=f'{name} must.*of 8, but is 12'):
            head_type(NYUD, [4], channels=12)
        with pytest.raises(ValueError, match='multiple of 4.*but is 6'):
            head_type(NYUD, [4], 4, grid_stride=6)
        with pytest.raises(ValueError, match='multiple of 4.*but is 0'):
            head_type(NYUD, [4], 4, grid_stride=0)
