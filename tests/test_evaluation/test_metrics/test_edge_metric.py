# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger

from mtcp_mm.evaluation import EdgeMetric
from mtcp_mm.evaluation.edges import PROTOCOLS, make_protocol
from mtcp_mm.evaluation.functional import add_sums, edge_scores, edge_sums

ALL = ['bsds_tools', 'seism', 'seism_nms']


def make_sample(index):
    """Image number `index`: its own size and content; number 2 and the last
    pixels of number 3 have no label."""
    generator = torch.Generator().manual_seed(index)
    h, w = 20 + index, 29 - index
    target = torch.zeros(1, h, w)
    target[0, 5 + index, 3:-4] = target[0, 4:-2, 8 + index] = 1
    pred = torch.rand(1, h, w, generator=generator) * .3 + target * .5
    sample = dict(
        pred_edge=dict(data=pred.roll(1, -1)),
        gt_edge=dict(data=target),
        sample_id=f'{index:04d}')
    if index == 2:
        del sample['gt_edge']
    if index == 3:
        target[0, -3:] = 255
    return sample


def evaluate(order, batch_size=1, size=None, **options):
    metric = EdgeMetric('edge', protocols=ALL, **options)
    metric.dataset_meta = dict(task_meta=dict(edge=dict(max_dist=.05)))
    order = list(order)
    for i in range(0, len(order), batch_size):
        metric.process(None, [make_sample(k) for k in order[i:i + batch_size]])
    return metric.evaluate(size or len(order))


@pytest.fixture(scope='module')
def expected():
    """The functions behind the metric, called one by one."""
    scores = {}
    for name in ALL:
        rule = make_protocol(
            name, max_dist=PROTOCOLS[name].max_dist or .05)
        samples = [make_sample(i) for i in (0, 1, 3, 4)]
        sums = add_sums([
            edge_sums(s['pred_edge']['data'], s['gt_edge']['data'], rule)
            for s in samples
        ])
        for key, value in edge_scores(sums).items():
            suffix = '' if name == 'bsds_tools' else f'@{name}'
            scores[f'edge/{key}{suffix}'] = value
    return scores


class TestEdgeMetric:
    """Oracle: direct calls of `edge_sums`, tested elsewhere; every way of
    batching, ordering and distributing has to give the very same numbers."""

    def test_in_this_process(self, expected):
        assert len(set(expected.values())) > 3
        assert evaluate(range(5), num_workers=0) == expected

    def test_in_other_processes(self, expected):
        assert evaluate([3, 0, 4, 1, 2], 2, num_workers=2) == expected

    def test_two_uneven_ranks(self, expected, tmp_path):
        """5 images on 2 ranks; the sampler gives image 0 to rank 1 again."""
        workers = [
            subprocess.Popen(
                [sys.executable, __file__, str(rank), str(tmp_path)],
                cwd=tmp_path,
                env=dict(PYTHONPATH=str(Path(__file__).parents[3])))
            for rank in range(2)
        ]
        assert [w.wait(120) for w in workers] == [0, 0]
        for rank in range(2):
            assert torch.load(
                tmp_path / f'{rank}.pth', weights_only=False) == expected

    def test_results_are_there_when_asked_for(self):
        """In order, an empty one for a sample without label."""
        metric = EdgeMetric('edge', num_workers=1)
        metric.process(None, [make_sample(i) for i in (1, 2, 3)])
        assert [list(r) for r in metric.results] == [['bsds_tools'], [],
                                                     ['bsds_tools']]
        metric.evaluate(3)
        assert metric.results == []

    def test_pickle(self):
        metric = pickle.loads(pickle.dumps(EdgeMetric('edge')))
        metric.process(None, [make_sample(0)])
        assert metric.evaluate(1)['edge/odsF'] > 0

    def test_details(self):
        metric = EdgeMetric('edge', num_workers=0)
        metric.process(None, [make_sample(0), make_sample(1)])
        scores = metric.evaluate(2)
        details = metric.details['bsds_tools']
        assert max(details['F']) == pytest.approx(scores['edge/odsF'])
        assert (details['images'], details['max_dist']) == (2, .0075)


class TestOptions:

    def test_tolerance(self):
        """Of the argument, else of the protocol, the data set, the field."""
        metric = EdgeMetric(
            'edge',
            protocols=[*ALL, 'custom'],
            custom=dict(base='seism', max_dist=.02))

        def tolerances():
            return [metric.rule(p).max_dist for p in metric.protocols]

        assert tolerances() == [.0075, .0075, .0075, .02]
        metric.dataset_meta = dict(task_meta=dict(edge=dict(max_dist=.011)))
        assert tolerances() == [.011, .0075, .011, .02]

    def test_custom_protocol_has_its_own_key(self):
        metric = EdgeMetric(
            'edge',
            protocols='custom',
            custom=dict(base='seism', thresholds=[.4], thin=False),
            num_workers=0)
        metric.process(None, [make_sample(0)])
        assert list(metric.evaluate(1)) == [
            'edge/odsF@custom', 'edge/oisF@custom'
        ]
        assert len(metric.details['custom']['F']) == 1

    def test_custom_without_rules(self):
        with pytest.raises(ValueError, match='has no rules: .*custom=dict'):
            EdgeMetric('edge', protocols='custom')

    def test_all_are_those_with_a_name(self):
        assert EdgeMetric('edge', protocols='all').protocols == (
            *ALL, 'argmax')

    @pytest.mark.parametrize('num_workers', [0, 1])
    def test_argmax_has_its_own_score(self, num_workers):
        """Oracle: 2 |A and B| / (|A| + |B|) of either class, over all pixels
        of images 0 and 1; 2 has no label."""
        metric = EdgeMetric('edge', protocols=['bsds_tools', 'argmax'],
                            num_workers=num_workers)
        metric.process(None, [make_sample(i) for i in range(3)])
        scores = metric.evaluate(3)
        assert {f'edge/{k}' for k in metric.higher_is_better} == set(scores)
        pairs = [make_sample(i) for i in range(2)]
        true, pred = (
            torch.cat([s[key]['data'].flatten() for s in pairs]) > .5
            for key in ('gt_edge', 'pred_edge'))
        expected = [
            2 * float((a & b).sum()) / float(a.sum() + b.sum())
            for a, b in ((true, pred), (~true, ~pred))]
        assert scores['edge/F1@argmax'] == pytest.approx(50 * sum(expected))
        assert metric.details['argmax']['max_dist'] is None

    def test_image_list(self, tmp_path, caplog):
        path = tmp_path / 'test_new.txt'
        path.write_text('0003\n0001\n0002\n9999\n\n')
        logger = MMLogger.get_current_instance()
        logger.addHandler(caplog.handler)
        with caplog.at_level(logging.WARNING):
            scores = evaluate(
                range(5), num_workers=0, image_list=str(path))
        logger.removeHandler(caplog.handler)
        assert scores == evaluate([1, 3], num_workers=0)
        assert 'lists 4 images, but only 2' in caplog.text

    def test_image_list_needs_ids(self, tmp_path):
        path = tmp_path / 'ids.txt'
        path.write_text('0000')
        metric = EdgeMetric('edge', image_list=str(path))
        sample = make_sample(0)
        del sample['sample_id']
        with pytest.raises(KeyError, match='sample_id.*PackMultiTaskInputs'):
            metric.process(None, [sample])

    @pytest.mark.parametrize('change, error, match', [
        (dict(pred_edge=dict(data=torch.zeros(1, 2, 2))), ValueError,
         r'a.jpg, task `edge`: .*\(1, 2, 2\).*\(1, 20, 29\)'),
        (dict(pred_edge=dict(data=torch.full((1, 20, 29), 2.))), ValueError,
         'a.jpg, task `edge`: .* logits'),
        (dict(pred_edge=None), KeyError, 'finds no `pred_edge`'),
    ])
    def test_faults_are_found_at_once(self, change, error, match):
        """Not when the scores are computed, hours later."""
        sample = dict(make_sample(0), img_path='a.jpg', **change)
        with pytest.raises(error, match=match):
            EdgeMetric('edge').process(None, [sample])


def score_on_rank(rank, folder):
    torch.distributed.init_process_group(
        'gloo',
        init_method=f'file://{folder}/rendezvous',
        rank=rank,
        world_size=2)
    order = [[0, 2, 4], [1, 3, 0]][rank]
    scores = evaluate(order, 2, size=5, num_workers=1)
    torch.save(scores, Path(folder, f'{rank}.pth'))


if __name__ == '__main__':
    score_on_rank(int(sys.argv[1]), sys.argv[2])
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()  # else its threads may abort
