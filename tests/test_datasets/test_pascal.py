# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracles: the arrays from which a miniature of the archive was written, with
SciPy's `savemat` in the nesting of PASCAL-Part, and rules worked out by hand
or pixel by pixel."""
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import io

from mtcp_mm.datasets import PASCALContextMultiTaskDataset
from mtcp_mm.datasets.pascal_files import NORMALS_LABELS, PART_INDEX

SAMPLE = Path(__file__).resolve().parents[2].parent.joinpath(
    'shared', 'data', 'clothing_coparsing')
SIZE = (12, 16)
TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=21),
    human_parts=dict(type='mtcp_mm.HumanPartsTask'),
    saliency=dict(type='mtcp_mm.SaliencyTask'),
    normals=dict(type='mtcp_mm.NormalsTask'),
    edge=dict(type='mtcp_mm.EdgeTask'))
TEST = [
    dict(type='mmcv.LoadImageFromFile'),
    dict(type='mmseg.Resize', scale=(64, 48)),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]


def structs(entries):
    """A MATLAB struct array (1, N) for `savemat`; none is an empty array."""
    if not entries:
        return np.zeros((0, 0))
    array = np.zeros((1, len(entries)), [(k, object) for k in entries[0]])
    for i, entry in enumerate(entries):
        array[0, i] = tuple(entry.values())
    return array


def rect(*view, size=SIZE):
    mask = np.zeros(size, np.uint8)
    mask[view] = 1
    return mask


def thing(class_ind, mask, parts=()):
    """An object of PASCAL-Part; `parts` are pairs of name and mask."""
    parts = structs([dict(part_name=n, mask=m) for n, m in parts])
    return {
        'class': 'person' if class_ind == 15 else 'other',
        'class_ind': np.array([[class_ind]], np.uint8),
        'mask': mask,
        'parts': parts
    }


#: Everybody's parts. b: two people and a dog with parts of the same names;
#: c: a person without parts; d: no person.
OBJECTS = dict(
    a=[
        thing(15, rect(np.s_[:], np.s_[2:8]),
              [('head', rect(np.s_[0:2], np.s_[2:8])),
               ('torso', rect(np.s_[2:9], np.s_[2:8])),
               ('llarm', rect(np.s_[4:6], np.s_[6:8])),
               ('rfoot', rect(np.s_[9:12], np.s_[2:8]))])
    ],
    b=[
        thing(12, rect(np.s_[0:3], np.s_[:]),
              [('head', rect(np.s_[0:3], np.s_[:]))]),
        thing(15, rect(np.s_[4:12], np.s_[0:4]),
              [('neck', rect(np.s_[4:8], np.s_[0:4]))]),
        thing(15, rect(np.s_[4:12], np.s_[3:9]),
              [('luleg', rect(np.s_[6:9], np.s_[3:9])),
               ('ruarm', rect(np.s_[9:12], np.s_[3:9]))])
    ],
    c=[thing(15, rect(np.s_[5:7], np.s_[5:7]))],
    d=[thing(12, rect(np.s_[5:7], np.s_[5:7]), [('tail', rect(5, 5))])])


def parts_by_hand(name):
    """Numbers 1..6: head, torso, upper and lower arm, upper and lower leg."""
    label = np.zeros(SIZE, int)
    if name == 'a':
        label[0:2, 2:8], label[2:9, 2:8], label[9:12, 2:8] = 1, 2, 6
        label[4:6, 6:8] = 4
    elif name == 'b':
        label[4:8, 0:4], label[6:9, 3:9], label[9:12, 3:9] = 2, 5, 3
    else:
        label[:] = 255
    return label


@pytest.fixture
def make_pascal(tmp_path):
    """Write a miniature archive; returns the folder and the arrays."""

    def make(names='abcd'):
        rng = np.random.RandomState(0)
        written = {}
        for name in names:
            context = rng.choice([0, 284, 427, 360, 207, 65535], (4, 4))
            context = context.repeat(3, 0).repeat(4, 1).astype(np.uint16)
            known = dict(
                image=rng.randint(0, 256, (*SIZE, 3)).astype(np.uint8),
                semseg=rng.choice([0, 15, 20, 255], SIZE).astype(np.uint8),
                saliency=rng.randint(0, 256, SIZE).astype(np.uint8),
                normals=rng.randint((0, 0, 180), 256,
                                    (*SIZE, 3)).astype(np.uint8),
                context=context)
            written[name] = known
            files = {
                'JPEGImages/{}.jpg': known['image'],
                # b has no VOC label, and the other one of a is wrong
                'semseg/VOC12/{}.png': known['semseg'],
                'semseg/pascal-context/{}.png': known['semseg'],
                'sal_distill/{}.png': known['saliency'],
                'normals_distill/{}.png': known['normals'],
                'human_parts/{}.mat':
                dict(
                    anno=structs(
                        [dict(imname=name, objects=structs(OBJECTS[name]))])),
                'pascal-context/trainval/{}.mat': dict(LabelMap=context)
            }
            if name == 'a':
                files['semseg/pascal-context/{}.png'] = np.ones(SIZE, np.uint8)
            if name == 'b':
                del files['semseg/VOC12/{}.png']
            if name == 'c':
                del files['sal_distill/{}.png']
            for path, content in files.items():
                path = tmp_path / path.format(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, dict):
                    io.savemat(path, content)
                else:
                    Image.fromarray(content).save(path)
        lists = tmp_path / 'ImageSets/Context'
        lists.mkdir(parents=True)
        for split in ('train', 'val'):
            (lists / f'{split}.txt').write_text('\n'.join(names) + '\n')
        return tmp_path, written

    return make


def build(root, tasks=TASKS, pipeline=TEST, **kwargs):
    return PASCALContextMultiTaskDataset(
        str(root), tasks, pipeline=pipeline, test_mode=True, **kwargs)


class TestMiniature:

    def test_every_task(self, make_pascal):
        root, written = make_pascal()
        dataset = build(root, split='val')
        assert len(dataset) == 4
        for item, (name, known) in zip(dataset, written.items()):
            sample = item['data_samples']
            assert sample.sample_id == name and sample.ori_shape == SIZE
            np.testing.assert_array_equal(sample.gt_semseg.data[0],
                                          known['semseg'])
            np.testing.assert_array_equal(sample.gt_human_parts.data[0],
                                          parts_by_hand(name))
            if name == 'c':
                assert 'gt_saliency' not in sample
            else:
                np.testing.assert_array_equal(sample.gt_saliency.data[0],
                                              known['saliency'] / 255 > .5)

    def test_normals_only_where_their_network_knows_the_class(
            self, make_pascal):
        """284 person and 427 tvmonitor, not 360 sky and 207 horse, nor what
        has no label: 0 and 65535."""
        root, written = make_pascal()
        dataset = build(root, dict(normals=TASKS['normals']))
        for item, known in zip(dataset, written.values()):
            got = item['data_samples'].gt_normals.data.permute(1, 2, 0)
            normals = known['normals'].astype(np.float64) * 2 / 255 - 1
            normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
            trusted = (known['context'] == 284) | (known['context'] == 427)
            assert trusted.any() and not trusted.all()
            np.testing.assert_allclose(
                got, normals * trusted[..., None], atol=1e-5)

    def test_edges_are_the_boundaries(self, make_pascal):
        """By hand: between columns 7 and 8, and between rows 5 and 6 of the
        right half. A line one pixel wide runs along one side of each."""
        root, _ = make_pascal('a')
        labels = np.full(SIZE, 284, np.uint16)
        labels[:, 8:], labels[6:, 8:] = 0, 65535
        io.savemat(root / 'pascal-context/trainval/a.mat',
                   dict(LabelMap=labels))
        edge = build(root, dict(edge=TASKS['edge']))[0]['data_samples'].gt_edge
        edge = edge.data[0].numpy()
        assert (edge[1:-1, 7:9].sum(1) == 1).all()
        assert (edge[5:7, 9:-1].sum(0) == 1).all()
        edge[:, 7:9] = edge[5:7, 8:] = 0
        assert not edge.any()

    def test_edge_rule(self, make_pascal):
        """Oracle: the Laplacian pixel by pixel; thinning takes from it, and
        leaves no block of 2x2."""
        root, written = make_pascal('a')
        edge = build(root, dict(edge=TASKS['edge']))[0]['data_samples'].gt_edge
        edge = edge.data[0].numpy() == 1
        around = np.pad(written['a']['context'].astype(int), 1, 'reflect')
        band = np.zeros(SIZE, bool)
        for i in range(SIZE[0]):
            for j in range(SIZE[1]):
                cross = around[[i, i + 2, i + 1, i + 1],
                               [j + 1, j + 1, j, j + 2]]
                band[i, j] = cross.sum() != 4 * around[i + 1, j + 1]
        assert 0 < edge.sum() < band.sum() and not (edge & ~band).any()
        square = edge[1:, 1:] & edge[1:, :-1] & edge[:-1, 1:] & edge[:-1, :-1]
        assert not square.any()

    def test_nothing_is_written(self, make_pascal):
        """The other code bases write lists of parts at the first run, from
        all ranks at once."""
        root, _ = make_pascal()
        before = {p: p.stat().st_mtime_ns for p in root.rglob('*')}
        for item in build(root):
            assert item['inputs'].shape == (3, 48, 64)
        assert before == {p: p.stat().st_mtime_ns for p in root.rglob('*')}

    def test_maps_of_another_size(self, make_pascal):
        root, _ = make_pascal('a')
        Image.fromarray(np.zeros((12, 17), np.uint8)).save(
            root / 'semseg/VOC12/a.png')
        with pytest.raises(ValueError, match=r'a.png.*\(12, 17\).*\(12, 16\)'):
            build(root)[0]
        io.savemat(root / 'pascal-context/trainval/a.mat',
                   dict(LabelMap=np.zeros((3, 3), np.uint16)))
        with pytest.raises(ValueError, match=r'a.mat.*\(3, 3\).*`normals`'):
            build(root, dict(normals=TASKS['normals']))[0]

    def test_no_label_map_no_normals(self, make_pascal):
        root, _ = make_pascal('ab')
        (root / 'pascal-context/trainval/a.mat').unlink()
        dataset = build(root)
        assert 'gt_normals' not in dataset[0]['data_samples']
        assert 'gt_edge' not in dataset[0]['data_samples']
        assert 'gt_normals' in dataset[1]['data_samples']

    def test_archive_without_normals(self, make_pascal):
        """MT-CP leaves them out; whoever asks for them learns what lacks."""
        root, _ = make_pascal()
        for path in (root / 'normals_distill').iterdir():
            path.unlink()
        build(root, {k: v for k, v in TASKS.items() if k != 'normals'})
        with pytest.raises(ValueError, match='`normals`.*normals_distill'):
            build(root)

    def test_both_places_of_semseg_are_named(self, make_pascal):
        root, _ = make_pascal('b')
        (root / 'semseg/pascal-context/b.png').unlink()
        with pytest.raises(
                ValueError, match='VOC12/<id>.png or .*pascal-context/<id>'):
            build(root)

    def test_parts_as_pictures(self, make_pascal):
        """A folder of the user's own is not read as a MATLAB file."""
        root, _ = make_pascal('a')
        (root / 'parts').mkdir()
        label = np.full(SIZE, 4, np.uint8)
        Image.fromarray(label).save(root / 'parts/a.png')
        files = dict(human_parts=dict(folder='parts', suffix='.png'))
        sample = build(root, label_files=files)[0]['data_samples']
        np.testing.assert_array_equal(sample.gt_human_parts.data[0], label)


class TestBrokenFiles:

    def test_truncated(self, make_pascal):
        root, _ = make_pascal('a')
        path = root / 'human_parts/a.mat'
        path.write_bytes(path.read_bytes()[:200])
        with pytest.raises(
                ValueError, match=r'a.mat \(200 bytes\).*a MATLAB file'):
            build(root)[0]

    @pytest.mark.parametrize('content, message', [
        (dict(other=1), 'no variable `anno`'),
        (dict(anno=structs([dict(imname='a', objects=structs([]))])),
         'lists no objects'),
        (dict(
            anno=structs([
                dict(
                    imname='a',
                    objects=structs([
                        thing(15, rect(0, 0), [('tail', rect(0, 0))])
                    ]))
            ])), "unknown part 'tail'"),
    ])
    def test_not_an_annotation(self, make_pascal, content, message):
        root, _ = make_pascal('a')
        io.savemat(root / 'human_parts/a.mat', content)
        with pytest.raises(ValueError, match=f'a.mat.*{message}'):
            build(root)[0]


def test_tables():
    """The 24 parts of a person in PASCAL-Part; 170 of the 459 labels."""
    sides = [s + n for n in ('ear', 'eye', 'ebrow', 'uarm', 'larm', 'hand',
                             'uleg', 'lleg', 'foot') for s in 'lr']
    rest = ['head', 'hair', 'nose', 'mouth', 'torso', 'neck']
    assert sorted(PART_INDEX) == sorted(sides + rest)
    assert set(PART_INDEX.values()) == set(range(1, 7))
    assert PART_INDEX['lhand'] == PART_INDEX['rlarm'] == 4
    assert PART_INDEX['rfoot'] == PART_INDEX['llleg'] == 6
    assert len(set(NORMALS_LABELS)) == len(NORMALS_LABELS) == 170
    assert 0 < min(NORMALS_LABELS) and max(NORMALS_LABELS) <= 459
    # wall, floor and table; not sky, grass and unknown
    assert {440, 158, 397} < set(NORMALS_LABELS)
    assert not {360, 187, 431} & set(NORMALS_LABELS)


def test_classes():
    meta = PASCALContextMultiTaskDataset.METAINFO
    assert meta['classes'][15] == 'person' and len(meta['classes']) == 21
    parts = meta['task_meta']['human_parts']
    assert len(parts['classes']) == len(parts['palette']) == 7
    assert len({tuple(colour) for colour in parts['palette']}) == 7


@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f'no {SAMPLE}')
def test_real_sample(tmp_path):
    """101 photos, written by their own converter: who is a person has parts
    and is salient, to the pixel."""
    subprocess.run([sys.executable, SAMPLE / 'to_pascal.py', tmp_path],
                   check=True)
    tasks = {k: TASKS[k] for k in ('semseg', 'human_parts', 'saliency')}
    sizes = {}
    for split in ('train', 'val'):
        dataset = build(tmp_path, tasks, split=split)
        sizes[split] = len(dataset)
        for i in range(0, len(dataset), 12):
            sample = dataset[i]['data_samples']
            semseg = sample.gt_semseg.data
            assert set(semseg.unique().tolist()) == {0, 15, 255}
            person = semseg == 15
            assert torch.equal(sample.gt_human_parts.data > 0, person)
            assert torch.equal(sample.gt_saliency.data == 1, person)
    assert sizes == dict(train=75, val=26)
    with pytest.raises(ValueError, match='`normals`'):
        build(tmp_path, dict(tasks, normals=TASKS['normals']))
