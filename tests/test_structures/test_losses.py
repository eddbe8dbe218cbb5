# Copyright (c) mtcp_mm authors. All rights reserved.
from mtcp_mm.structures import StageLoss, TaskLosses


def test_keys_of_the_log():
    """Oracle: the keys, written by hand."""
    losses = TaskLosses(
        dict(depth=1., semseg=2.),
        dict(depth=dict(inter0=StageLoss(3., .5)), edge=dict(
            helper=StageLoss(4.))), dict(coherence=5.))
    assert losses.to_log(9., dict(depth=.7)) == {
        'loss': 9.,
        'depth.loss': 1.,
        'depth.loss_inter0': 3.,
        'semseg.loss': 2.,
        'edge.loss_helper': 4.,
        'loss_coherence': 5.,
        'depth.weight': .7
    }


def test_no_name_of_a_task_collides():
    """Names that once had a meaning, or are those of keys."""
    names = ('coherence', 'unlabelled', 'loss', 'head', 'loss_coherence')
    losses = TaskLosses(
        {name: i for i, name in enumerate(names)},
        {name: dict(coherence=StageLoss(10 + i), x=StageLoss(20 + i))
         for i, name in enumerate(names)}, dict(coherence=30., x=31.))
    log = losses.to_log(40., {name: 50. + i for i, name in enumerate(names)})
    assert len(log) == 5 * 4 + 2 + 1
    assert sorted(log.values()) == [
        0, 1, 2, 3, 4, *range(10, 15), *range(20, 25), 30, 31, 40,
        *range(50, 55)
    ]
