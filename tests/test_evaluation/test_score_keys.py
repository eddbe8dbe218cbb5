# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the grammar in docs/protocols.md, written out."""
import pytest

from mtcp_mm.evaluation.score_keys import (
    MetricInfo,
    is_score,
    join_key,
    metrics_of_meta,
    order_keys,
    parse_key,
    split_key,
)

DEPTH = MetricInfo(
    dict(pooled='all pixels', mtcp='mean of images'),
    dict(pooled=dict(rmse=False, delta1=True), mtcp=dict(rmse=False)))


@pytest.mark.parametrize('key, parts', [
    ('depth/rmse', ('depth', 'rmse', '')),
    ('depth/rmse@mtcp', ('depth', 'rmse', 'mtcp')),
    ('val/depth/rmse@mtcp', ('val/depth', 'rmse', 'mtcp')),
    ('delta_mtl', ('', 'delta_mtl', '')),
    ('rmse@mtcp', ('', 'rmse', 'mtcp')),
])
def test_split_and_join(key, parts):
    assert split_key(key) == parts
    assert join_key(*parts) == key


def test_what_is_a_score():
    keys = ('depth/rmse', 'delta_mtl', 'depth.loss', 'loss_coherence', 'time',
            'step')
    assert list(filter(is_score, keys)) == ['depth/rmse', 'delta_mtl']


def test_parse():
    key = parse_key('depth/rmse', dict(depth=DEPTH))
    assert (key.protocol, key.suffix, key.higher, key.note) == (
        'pooled', '', False, 'all pixels')
    assert key.under('mtcp') == 'depth/rmse@mtcp'
    key = parse_key('depth/rmse@mtcp', dict(depth=DEPTH))
    assert (key.protocol, key.suffix, key.higher, key.note) == (
        'mtcp', 'mtcp', False, 'mean of images')
    assert key.under('') == 'depth/rmse'
    assert parse_key('depth/delta1', dict(depth=DEPTH)).higher is True
    assert parse_key('delta_mtl', {}).higher is True
    unknown = parse_key('edge/odsF', dict(depth=DEPTH))
    assert (unknown.protocol, unknown.higher) == ('', None)


def test_order():
    keys = ['depth/rmse@mtcp', 'x/a', 'depth/rmse@odd', 'depth/delta1',
            'depth/rmse', 'depth/delta1']
    assert [k.key for k in order_keys(keys, dict(depth=DEPTH))] == [
        'depth/delta1', 'depth/rmse', 'depth/rmse@mtcp', 'depth/rmse@odd',
        'x/a']


def test_metrics_of_meta():
    def said(metric, protocol, higher):
        return dict(task='depth', metric=metric, protocol=protocol,
                    note=DEPTH.protocols[protocol], higher_is_better=higher)

    assert metrics_of_meta({
        'depth/rmse@mtcp': said('rmse', 'mtcp', False),
        'depth/rmse': said('rmse', 'pooled', False),
        'depth/delta1': said('delta1', 'pooled', True),
    }) == dict(depth=DEPTH)
