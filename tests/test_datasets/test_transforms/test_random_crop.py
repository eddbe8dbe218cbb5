# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: labels that tell the position of each of their pixels."""
import numpy as np
import pytest
from mmcv.transforms import Resize as MMCVResize

from mtcp_mm.datasets.transforms import MultiTaskRandomCrop


def position_labels(height, width):
    """Depth and normals whose values are their own coordinates."""
    v, u = np.mgrid[:height, :width].astype(np.float32)
    return dict(
        semseg=None, depth=1000 * v + u, normals=np.stack([v, u, v + u], -1))


class TestMultiTaskRandomCrop:

    def test_all_labels_get_the_same_window(self, make_results):
        """mmseg's RandomCrop needs a `gt_seg_map`; here any set of labels
        will do, (H, W) and (H, W, C) alike."""
        results = make_results(20, 30, labels=position_labels(20, 30))
        results['img'] = results['gt_normals'].copy()
        np.random.seed(1)
        results = MultiTaskRandomCrop((8, 12))(results)
        depth = results['gt_depth']
        top, left = divmod(int(depth[0, 0]), 1000)
        v, u = np.mgrid[top:top + 8, left:left + 12]
        np.testing.assert_array_equal(depth, 1000 * v + u)
        np.testing.assert_array_equal(results['img'][..., 0], v)
        np.testing.assert_array_equal(results['gt_normals'][..., 1], u)
        assert results['gt_edge'].shape == (8, 12)
        assert results['img_shape'] == (8, 12)
        assert 'gt_semseg' not in results

    def test_every_window_is_possible(self, make_results):
        seen = set()
        np.random.seed(0)
        for _ in range(200):
            results = make_results(6, 5, labels=position_labels(6, 5))
            depth = MultiTaskRandomCrop((4, 4))(results)['gt_depth']
            seen.add(divmod(int(depth[0, 0]), 1000))
        assert seen == {(v, u) for v in range(3) for u in range(2)}

    @pytest.mark.parametrize('size, expected', [((6, 30), (6, 12)),
                                                ((20, 5), (8, 5))])
    def test_small_image_stays_small(self, make_results, size, expected):
        """mmseg's RandomCrop does not pad; padding here, with one value for
        all fields, would add valid-looking depth. The preprocessor does."""
        results = MultiTaskRandomCrop((8, 12))(make_results(*size))
        for key in ('img', *results['seg_fields']):
            assert results[key].shape[:2] == expected, key

    @staticmethod
    def offsets(make_results, crop, semseg):
        np.random.seed(0)
        found = []
        for _ in range(50):
            labels = position_labels(4, 20)
            labels['semseg'] = semseg
            depth = crop(make_results(4, 20, labels=labels))['gt_depth']
            found.append(int(depth[0, 0]) % 1000)
        return set(found)

    def test_cat_max_ratio_asks_the_named_task(self, make_results):
        """mmseg's RandomCrop asks `gt_seg_map`. Left half class 0, right half
        class 5: a window 10 wide at x holds 10 - x columns of class 0, and
        neither class exceeds 75 % for x = 3..7 only. Void does not count."""
        semseg = np.zeros((4, 20), np.uint8)
        semseg[:, 10:] = 5
        semseg[1:] = 255
        crop = MultiTaskRandomCrop((4, 10), .75, cat_task='semseg')
        assert self.offsets(make_results, crop, semseg) == {3, 4, 5, 6, 7}

    def test_cat_max_ratio_without_that_label(self, make_results):
        crop = MultiTaskRandomCrop((4, 10), .75, cat_task='semseg')
        assert self.offsets(make_results, crop, None) == set(range(11))

    def test_rejects_labels_of_another_size(self, make_results):
        """mmcv's Resize leaves our labels at the old size; numpy would crop
        the wrong window without a word."""
        results = MMCVResize((64, 48))(make_results())
        with pytest.raises(
                ValueError, match=r'\(48, 64\).*`gt_semseg` has \(24, 32\)'):
            MultiTaskRandomCrop((8, 12))(results)

    def test_rejects_ratio_without_task(self):
        with pytest.raises(ValueError, match='`cat_task`'):
            MultiTaskRandomCrop((8, 12), .75)

    def test_rejects_unknown_task(self, make_results):
        crop = MultiTaskRandomCrop((8, 12), .75, cat_task='parts')
        with pytest.raises(ValueError, match="'parts'.*semseg, depth"):
            crop(make_results())

    def test_size_may_be_a_list(self, make_results):
        """Configs that went through JSON have no tuples."""
        results = MultiTaskRandomCrop([8, 12])(make_results())
        assert results['img'].shape == (8, 12, 3)
