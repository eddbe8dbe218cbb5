# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.evaluation.edges import PROTOCOLS, EdgeProtocol, make_protocol


class TestProtocols:
    """Oracle: thresholds and comparisons as the code bases have them."""

    def test_thresholds(self):
        assert len(PROTOCOLS['seism'].thresholds) == 99
        assert len(PROTOCOLS['seism_nms'].thresholds) == 99
        tools = PROTOCOLS['bsds_tools'].thresholds
        assert len(tools) == 101 and tools[:2] + tools[-2:] == (.001, .01,
                                                                .99, .999)

    @pytest.mark.parametrize('name, marked', [('seism', 51), ('own', 52)])
    def test_at_the_threshold(self, name, marked):
        """51 / 255 is 0.2, in the precision of either map; `>` needs 52."""
        rule = make_protocol(
            'seism', inclusive=name == 'seism', thresholds=[.2])
        prob = (np.arange(256, dtype=np.float32)[None] + .5) / 256
        mask, = rule.masks(rule.strengthen(prob))
        assert np.flatnonzero(mask)[0] == np.ceil(marked / 255 * 256 - .5)

    def test_float32_maps_are_compared_in_float32(self):
        rule = make_protocol('bsds_tools', thresholds=[.2])
        mask, = rule.masks(np.float32([[51 / 255, 52 / 255]]))
        assert mask.tolist() == [[False, True]]

    def test_eight_bits_round_down(self):
        prob = np.float32([[.999, 1, .0039]])
        assert (PROTOCOLS['seism'].strengthen(prob) * 255).tolist() == [
            [254, 255, 0]
        ]
        exact = make_protocol('seism', eight_bit=False)
        assert exact.strengthen(prob) is prob


class TestMakeProtocol:

    def test_changes(self):
        rule = make_protocol('seism', max_dist=.02, thin=False)
        assert (rule.max_dist, rule.thin, rule.nms_radius) == (.02, False, 0)

    @pytest.mark.parametrize('options, message', [
        (dict(base='hed'), "no edge protocol 'hed' to change, only .'bsds"),
        (dict(base='argmax'), "no edge protocol 'argmax' to change"),
        (dict(pixelwise=True), 'has no pixelwise, only'),
        (dict(nms=3), 'has no nms, only thresholds, .*nms_radius'),
        (dict(thresholds=(.5, .2)), 'ascending'),
        (dict(thresholds=()), 'ascending'),
        (dict(max_dist=3), 'share of the image diagonal .* is 3'),
    ])
    def test_faults_are_named(self, options, message):
        with pytest.raises(ValueError, match=message):
            make_protocol(**options)

    def test_is_frozen(self):
        assert hash(EdgeProtocol(thresholds=[.5])) == hash(
            EdgeProtocol(thresholds=(.5, )))
