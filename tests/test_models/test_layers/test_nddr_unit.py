# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import torch

from mtcp_mm.models.layers import NDDRUnit


class TestNDDRUnit:

    def test_alone_is_a_relu(self):
        """Oracle: by hand. alpha = 1, beta = 0 and statistics of mean 0 and
        variance 1 leave ReLU(x / sqrt(1 + eps))."""
        unit = NDDRUnit(['a', 'b'], 3, alpha=1., beta=0.).eval()
        x = {t: torch.randn(2, 3, 4, 5) for t in 'ab'}
        for task, y in unit(x).items():
            expected = x[task].clamp(min=0) / math.sqrt(1 + 1e-5)
            torch.testing.assert_close(y, expected)

    def test_starts_with_alpha_and_beta(self):
        """Oracle: by hand. .75 * 8 + .25 * 4 = 7, .25 * 8 + .75 * 4 = 5, each
        channel by itself, over sqrt(1 + eps)."""
        unit = NDDRUnit(['b', 'a'], 2, alpha=.75, beta=.25).eval()
        x = dict(b=torch.tensor([8., -8.]), a=torch.tensor([4., -9.]))
        out = unit({t: v.view(1, 2, 1, 1) for t, v in x.items()})
        for task, expected in dict(b=[7., 0.], a=[5., 0.]).items():
            torch.testing.assert_close(
                out[task].flatten() * math.sqrt(1 + 1e-5),
                torch.tensor(expected))

    def test_order_of_tasks_means_nothing(self):
        unit, turned = NDDRUnit(['a', 'b'], 3), NDDRUnit(['b', 'a'], 3)
        for p in unit.parameters():
            torch.nn.init.normal_(p)
        turned.load_state_dict(unit.state_dict())
        x = {t: torch.randn(2, 3, 4, 5) for t in 'ab'}
        one, two = unit.eval()(x), turned.eval()(dict(reversed(x.items())))
        assert list(two) == ['b', 'a']
        assert all(torch.equal(one[t], two[t]) for t in x)
