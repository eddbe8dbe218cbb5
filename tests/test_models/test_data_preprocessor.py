# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: batches assembled by hand with numpy."""
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mtcp_mm.models.data_preprocessor import MultiTaskDataPreProcessor

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
#: field -> (channels, dtype, pad_value)
FIELDS = dict(
    gt_semseg=(1, torch.int64, 255),
    gt_parts=(1, torch.int64, 7),
    gt_depth=(1, torch.float32, 0.),
    gt_normals=(3, torch.float32, 0.),
    gt_edge=(1, torch.float32, 255))


def make_batch(*sizes, fields=FIELDS):
    """Random uint8 images of the given sizes with all labels."""
    rng = torch.Generator().manual_seed(0)
    batch = dict(inputs=[], data_samples=[])
    for size in sizes:
        batch['inputs'].append(
            torch.randint(0, 256, (3, *size), generator=rng).byte())
        sample = SegDataSample(metainfo=dict(ori_shape=(9, 9)))
        for key, (channels, dtype, pad_value) in fields.items():
            label = torch.randint(1, 7, (channels, *size), generator=rng)
            sample.set_data({
                key:
                PixelData(
                    metainfo=dict(pad_value=pad_value), data=label.to(dtype))
            })
        batch['data_samples'].append(sample)
    return batch


def expected_image(image, height, width):
    """RGB, normalised, then zeros to the right and below."""
    rgb = image.numpy()[::-1].astype(np.float64)
    rgb = (rgb - np.reshape(MEAN, (3, 1, 1))) / np.reshape(STD, (3, 1, 1))
    padded = np.zeros((3, height, width))
    padded[:, :rgb.shape[1], :rgb.shape[2]] = rgb
    return padded


def build(**kwargs):
    return MultiTaskDataPreProcessor(
        mean=MEAN, std=STD, bgr_to_rgb=True, **kwargs)


class TestTraining:

    @pytest.mark.parametrize('padding, target', [
        (dict(), (7, 8)),
        (dict(size=(8, 10)), (8, 10)),
        (dict(size=(2, 10)), (7, 10)),
        (dict(size_divisor=4), (8, 8)),
        (dict(size=(5, 9), size_divisor=4), (8, 12)),
    ])
    def test_images_and_metainfo(self, padding, target):
        batch = make_batch((7, 5), (6, 8))
        images = list(batch['inputs'])
        out = build(**padding)(batch, training=True)
        assert out['inputs'].shape == (2, 3, *target)
        for got, image in zip(out['inputs'], images):
            np.testing.assert_allclose(
                got, expected_image(image, *target), atol=1e-5)
        for sample, (h, w) in zip(out['data_samples'], [(7, 5), (6, 8)]):
            assert sample.img_shape == (h, w)
            assert sample.pad_shape == target
            assert sample.padding_size == [0, target[1] - w, 0, target[0] - h]
            assert sample.ori_shape == (9, 9)

    def test_every_label_is_padded_with_its_own_value(self):
        """mmseg's stack_batch pads depth with `seg_pad_val` = 255, a depth
        that looks right, and knows neither normals nor a second label map."""
        batch = make_batch((7, 5), (6, 8))
        old = [{k: s.get(k).data.clone() for k in FIELDS}
               for s in batch['data_samples']]
        out = build(size_divisor=4)(batch, training=True)
        for sample, labels in zip(out['data_samples'], old):
            for key, (channels, dtype, pad_value) in FIELDS.items():
                label = labels[key]
                padded = np.full((channels, 8, 8), pad_value)
                padded[:, :label.shape[1], :label.shape[2]] = label
                field = sample.get(key)
                np.testing.assert_array_equal(field.data, padded)
                assert field.data.dtype == dtype
                assert field.metainfo == dict(pad_value=pad_value)

    def test_absent_label_stays_absent(self):
        batch = make_batch((4, 4), (3, 4))
        del batch['data_samples'][1].gt_depth
        out = build()(batch, training=True)
        assert 'gt_depth' in out['data_samples'][0]
        assert 'gt_depth' not in out['data_samples'][1]

    @pytest.mark.parametrize('key', ['gt_sem_seg', 'gt_depth_map'])
    def test_names_that_mmseg_knows(self, key):
        """stack_batch pads these with 255, whatever they hold;
        `SegDataSample.gt_sem_seg` is a property with a private twin."""
        batch = make_batch((2, 3), fields={key: (1, torch.float32, 0.)})
        out = build(size=(4, 4))(batch, training=True)
        sample = out['data_samples'][0]
        assert sample.keys() == [key]
        assert sample.get(key).data.shape == (1, 4, 4)
        assert sample.get(key).data[:, 2:].sum() == 0

    def test_rejects_a_label_of_another_size(self):
        batch = make_batch((4, 4))
        batch['data_samples'][0].set_metainfo(dict(img_path='a.jpg'))
        batch['inputs'][0] = torch.zeros(3, 8, 8).byte()
        with pytest.raises(
                ValueError, match=r'has \(4, 4\).*has \(8, 8\): a.jpg'):
            build()(batch, training=True)

    def test_rejects_a_label_without_pad_value(self):
        """As mmseg's PackSegInputs leaves it: 255 would be a guess."""
        batch = make_batch((4, 4), fields={})
        batch['data_samples'][0].gt_x = PixelData(data=torch.ones(1, 4, 4))
        with pytest.raises(ValueError, match='`gt_x`.*PackMultiTaskInputs'):
            build()(batch, training=True)


class TestTesting:

    def test_pads_the_image_only(self):
        """Labels are scored at the size of the file."""
        batch = make_batch((7, 5))
        image = batch['inputs'][0]
        label = torch.arange(81.).view(1, 9, 9)
        del batch['data_samples'][0].gt_depth
        batch['data_samples'][0].gt_depth = PixelData(data=label)
        out = build(size=(3, 3), test_cfg=dict(size_divisor=32))(batch)
        np.testing.assert_allclose(
            out['inputs'][0], expected_image(image, 32, 32), atol=1e-5)
        sample = out['data_samples'][0]
        assert torch.equal(sample.gt_depth.data, label)
        assert sample.gt_semseg.shape == (7, 5)
        assert sample.img_shape == (7, 5)
        assert sample.pad_shape == (32, 32)

    def test_padding_is_cut_off_as_in_mmseg(self):
        """BaseSegmentor.postprocess_result reads [left, right, top, bottom]
        from `img_padding_size` or else `padding_size`."""
        batch = make_batch((7, 5), (6, 8))
        images = list(batch['inputs'])
        out = MultiTaskDataPreProcessor(test_cfg=dict(size_divisor=4))(batch)
        for padded, sample, image in zip(out['inputs'], out['data_samples'],
                                         images):
            for key in ('img_padding_size', 'padding_size'):
                left, right, top, bottom = sample.get(key)
                cut = padded[:, top:8 - bottom, left:8 - right]
                assert torch.equal(cut, image.float())

    def test_rejects_images_of_different_size(self):
        """As mmseg does; their own padding may differ."""
        with pytest.raises(ValueError, match=r'\(6, 8\), \(7, 5\)'):
            build()(make_batch((7, 5), (6, 8)))

    def test_split(self):
        """Oracle: the parts by hand; alone, every image is padded so."""
        batch = make_batch((7, 5), (9, 8), (6, 8))
        preprocessor = build(test_cfg=dict(size_divisor=4))
        parts = preprocessor.split(batch)
        assert [rows for rows, _ in parts] == [[0, 2], [1]]
        for rows, part in parts:
            assert all(sample is batch['data_samples'][i]
                       for sample, i in zip(part['data_samples'], rows))
            together = preprocessor(part)['inputs']
            for image, i in zip(together, rows):
                alone = preprocessor(dict(inputs=[batch['inputs'][i]]))
                assert torch.equal(image, alone['inputs'][0])

    def test_without_samples(self):
        """mmseg fails in zip(None, ...) as soon as there is a test_cfg."""
        out = build(test_cfg=dict(size_divisor=4))(
            dict(inputs=[torch.zeros(3, 5, 5).byte()]))
        assert out['inputs'].shape == (1, 3, 8, 8)
        assert out['data_samples'] is None

    def test_stacked_inputs(self):
        """A tensor (N, 3, H, W), as `default_collate` makes it."""
        images = torch.randint(0, 256, (2, 3, 4, 4)).byte()
        out = build()(dict(inputs=images))
        for got, image in zip(out['inputs'], images):
            np.testing.assert_allclose(
                got, expected_image(image, 4, 4), atol=1e-5)


def test_options_of_the_base_class():
    """`pad_val` fills after normalisation; without a mean nothing is
    normalised; without bgr_to_rgb channels stay."""
    image = torch.randint(0, 256, (3, 2, 2)).byte()
    out = MultiTaskDataPreProcessor(
        pad_val=-3, test_cfg=dict(size_divisor=4))(
            dict(inputs=[image]))['inputs']
    assert torch.equal(out[0, :, :2, :2], image.float())
    assert (out[0, :, 2:] == -3).all() and (out[0, :, :, 2:] == -3).all()


@pytest.mark.parametrize('mean, std', [
    ([1.], [2., 2., 2.]), ([1., 1., 1.], [2., 0., 2.]),
    ([1., 1., 1.], [2., float('nan'), 2.])])
def test_refuses_what_cannot_normalise(mean, std):
    with pytest.raises(ValueError, match='data_preprocessor.mean.*above 0'):
        MultiTaskDataPreProcessor(mean=mean, std=std)
