# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np

from mtcp_mm.preparation.nyud_mat import label_boundaries


class TestLabelBoundaries:
    """Oracle: drawn by hand."""

    def test_two_regions(self):
        regions = np.ones((3, 6), int)
        regions[:, 4:] = 2
        expected = np.zeros((3, 6), bool)
        expected[:, 4] = True
        np.testing.assert_array_equal(label_boundaries(regions), expected)

    def test_strip_of_void_is_one_edge(self):
        regions = np.ones((20, 30), int)
        regions[:, 10:15] = 0
        regions[:, 15:] = 2
        columns = label_boundaries(regions).any(0)
        assert np.flatnonzero(columns).tolist() in ([12], [13])
        assert label_boundaries(regions)[:, columns].all()

    def test_strip_within_a_region_is_none(self):
        regions = np.ones((20, 30), int)
        regions[:, 10:15] = 0
        assert not label_boundaries(regions).any()

    def test_wide_void_is_unknown(self):
        regions = np.ones((30, 40), int)
        regions[:, 25:] = 2
        regions[10:22, 20:32] = 0
        expected = np.zeros((30, 40), bool)
        expected[:, 25] = True
        expected[10:22] = False
        np.testing.assert_array_equal(label_boundaries(regions), expected)

    def test_frame_is_no_edge(self):
        regions = np.zeros((60, 80), int)
        regions[12:-12, 12:-12] = 7
        assert not label_boundaries(regions).any()

    def test_void_only(self):
        assert not label_boundaries(np.zeros((20, 20), int)).any()
