# Copyright (c) mtcp_mm authors. All rights reserved.
"""Training with labels that some images lack."""
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name('partial_label_ranks.py')
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope='module')
def toy():
    """The toy model of the script; it registers its parts."""
    import importlib.util
    spec = importlib.util.spec_from_file_location('partial_ranks', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in ('IdentityBackbone', 'LinearHead'):
        module.MODELS.module_dict.pop(name)


def gradients(toy, images, samples):
    return toy.train_step(toy.build(), images, samples)[1]


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(
            found[name], value, rtol=1e-6, atol=1e-6, msg=name)


class TestPartialLabels:
    """Oracle: the gradient of a fully labelled batch of those images."""

    def test_gradient_is_that_of_the_labelled_images(self, toy):
        labelled = [('depth', 'normals'), ('normals', ), ('depth', )]
        images, samples = toy.images_and_labels(labelled)
        found = gradients(toy, images, samples)
        for task in ('depth', 'normals'):
            rows = [i for i, tasks in enumerate(labelled) if task in tasks]
            alone = gradients(toy, images[rows], [samples[i] for i in rows])
            key = f'decode_head.convs.{task}.weight'
            torch.testing.assert_close(found[key], alone[key])

    @pytest.mark.parametrize('kept', [1, 2, 3])
    def test_expected_gradient_is_that_of_all_labels(self, toy, kept):
        """Mean over all choices of images that keep their depth label."""
        images, samples = toy.images_and_labels([('depth', 'normals')] * 4)
        full = gradients(toy, images, samples)
        choices = list(itertools.combinations(range(4), kept))
        mean = {name: 0. for name in full}
        for choice in choices:
            _, partial = toy.images_and_labels([
                ('depth', 'normals') if i in choice else ('normals', )
                for i in range(4)
            ])
            for name, grad in gradients(toy, images, partial).items():
                mean[name] = mean[name] + grad / len(choices)
        assert_same(mean, full)

    def test_ranks_with_different_labels(self, toy, tmp_path):
        """Two ranks learn what one process learns from the whole batch, and
        both know its losses: a rank's normals count by half there, its depth
        by two thirds. Oracle: that process."""
        env = dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1')
        ranks = [
            subprocess.Popen(
                [sys.executable, SCRIPT, str(rank), str(tmp_path)], env=env)
            for rank in range(2)
        ]
        assert [rank.wait(timeout=120) for rank in ranks] == [0, 0]
        images, samples = toy.images_and_labels(toy.LABELLED)
        for rank in range(2):
            saved = torch.load(tmp_path / f'rank{rank}.pth')
            for name, weighting in toy.WEIGHTINGS.items():
                for found, expected in zip(
                        saved[name],
                        toy.train_step(
                            toy.build(**weighting), images, samples),
                        strict=True):
                    assert_same(found, expected)
