# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import re

import pytest
import torch
from mmengine.logging import MMLogger

from mtcp_mm.evaluation import SegmentationMetric

LABEL = dict(
    gt_parts=dict(data=torch.tensor([[[0, 0, 1, 255]]])),
    pred_parts=dict(data=torch.tensor([[[0, 1, 1, 0]]])))


class TestSegmentationMetric:
    """Oracle: by hand. Class 0: 1 of 2; class 1: 1 of 2; class 2 absent."""

    def test_percent(self):
        metric = SegmentationMetric(
            'parts', num_classes=3, protocols=['logits', 'absent_zero'])
        metric.process(None, [LABEL])
        assert metric.evaluate(1) == pytest.approx({
            'parts/mIoU': 50,
            'parts/mAcc': 75,
            'parts/aAcc': 200 / 3,
            'parts/mIoU@absent_zero': 100 / 3,
            'parts/mAcc@absent_zero': 50,
            'parts/aAcc@absent_zero': 200 / 3
        })

    def test_protocols_in_one_pass(self):
        """By hand. At full size 4 of 5 pixels are right; the label map of
        the input, two pixels wide, becomes 0 0 0 1 1: all are right."""
        sample = dict(
            gt_parts=dict(data=torch.tensor([[[0, 0, 0, 1, 1]]])),
            pred_parts=dict(data=torch.tensor([[[0, 0, 1, 1, 1]]])),
            pred_parts_input=dict(data=torch.tensor([[[0, 1]]])))
        metric = SegmentationMetric('parts', num_classes=4, protocols='all')
        metric.process(None, [sample, {}])
        scores = metric.evaluate(2)
        assert {k: v for k, v in scores.items() if 'mIoU' in k
                } == pytest.approx({
                    'parts/mIoU': 200 / 3,
                    'parts/mIoU@absent_zero': 100 / 3,
                    'parts/mIoU@label_nearest': 100,
                    'parts/mIoU@mtcp': 50
                })
        assert metric.details['logits']['IoU'][:2] == pytest.approx(
            [200 / 3, 200 / 3])

    def test_missing_map_of_input_is_named(self):
        metric = SegmentationMetric(
            'parts', num_classes=3, protocols='label_nearest')
        with pytest.raises(
                KeyError, match='pred_parts_input.*MultiTaskEstimator adds'):
            metric.process(None, [LABEL])

    def test_task_of_the_data_set(self):
        """Its number of classes, with nothing else that tells it."""
        metric = SegmentationMetric('parts')
        metric.dataset_meta = dict(
            tasks=dict(parts=dict(type='mtcp_mm.SemSegTask', num_classes=3)))
        assert metric.num_classes == 3

    def test_table_has_names_of_own_task(self, caplog):
        logger = MMLogger.get_current_instance()
        logger.addHandler(caplog.handler)
        metric = SegmentationMetric('parts')
        metric.dataset_meta = dict(
            classes=('road', 'sky'),
            task_meta=dict(parts=dict(classes=('head', 'arm', 'leg'))))
        with caplog.at_level(logging.INFO):
            metric.process(None, [LABEL])
            metric.evaluate(1)
        logger.removeHandler(caplog.handler)
        assert 'Per class results of `parts`' in caplog.text
        assert re.search(r'head +\| 50.00 \| 50.00', caplog.text)
        assert re.search(r'leg +\| +nan +\| +nan', caplog.text)
        assert 'road' not in caplog.text

    @pytest.mark.parametrize('labels, number, text', [
        ([0, 255], 2, '1 of the 2 classes of task `parts` never occur in the '
                      'labels (1): whoever predicts one class everywhere has '
                      'mIoU 100. Are these masks of 0 and 255'),
        ([0, 0], 1, '0 of the 1 classes of task `parts` never occur in the '
                    'labels (one class): whoever'),
        ([0, 1], 3, '1 of the 3 classes of task `parts` never occur in the '
                    'labels (2).\n'),
        ([0, 1], 2, ''), ([255, 255], 2, 'no labelled pixel')])
    def test_tells_of_absent_classes_once(self, caplog, labels, number, text):
        """Oracle: the labels. Two images, both protocols, two rounds."""
        logger = MMLogger.get_current_instance()
        logger.addHandler(caplog.handler)
        metric = SegmentationMetric(
            'parts', num_classes=number, protocols=['logits', 'absent_zero'])
        zero = dict(data=torch.zeros(1, 1, 2, dtype=torch.long))
        sample = dict(
            gt_parts=dict(data=torch.tensor([[labels]])), pred_parts=zero)
        with caplog.at_level(logging.WARNING):
            for _ in range(2):
                metric.process(None, [sample, sample])
                metric.evaluate(2)
        logger.removeHandler(caplog.handler)
        assert text in caplog.text
        told = int('never occur' in text)
        assert caplog.text.count('never occur') == told

    def test_unknown_number_of_classes(self):
        with pytest.raises(ValueError, match='how many classes.*`parts`'):
            SegmentationMetric('parts').process(None, [LABEL])

    def test_higher_is_better_covers_all_scores(self):
        metric = SegmentationMetric('parts', num_classes=3)
        metric.process(None, [LABEL])
        assert {f'parts/{key}': True
                for key in metric.higher_is_better
                } == dict.fromkeys(metric.evaluate(1), True)
