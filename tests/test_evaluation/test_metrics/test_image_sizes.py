# Copyright (c) mtcp_mm authors. All rights reserved.
from mtcp_mm.evaluation.metrics import ImageSizes


def test_counts_sizes_and_drops_what_the_sampler_repeated():
    metric = ImageSizes()
    metric.process(None, [
        dict(ori_shape=(4, 6)), dict(ori_shape=(4, 6, 3)), 'no sample', {},
        dict(ori_shape=(9, 9)), dict(ori_shape=(9, 9))
    ])
    assert metric.evaluate(5) == {}
    assert metric.sizes == {'4x6': 2, '9x9': 1}
