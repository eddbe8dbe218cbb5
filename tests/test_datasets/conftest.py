# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.tasks import build_tasks

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'),
    edge=dict(type='mtcp_mm.EdgeTask'))


@pytest.fixture
def task_cfg():
    """Config of the four tasks of NYUD."""
    return {name: dict(cfg) for name, cfg in TASKS.items()}


@pytest.fixture
def tasks(task_cfg):
    """The four tasks of NYUD."""
    return build_tasks(task_cfg)


@pytest.fixture
def make_results(tasks):
    """What the pipeline holds after loading: a made-up image with labels."""

    def make(height=24, width=32, seed=0, labels=None):
        rng = np.random.RandomState(seed)
        normals = rng.randn(height, width, 3).astype(np.float32)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        known = dict(
            semseg=rng.randint(0, 40, (height, width)).astype(np.uint8),
            depth=rng.uniform(1, 5, (height, width)).astype(np.float32),
            normals=normals,
            edge=rng.randint(0, 2, (height, width)).astype(np.uint8))
        known.update(labels or {})
        known = {k: v for k, v in known.items() if v is not None}
        return dict(
            img=rng.randint(0, 256, (height, width, 3)).astype(np.uint8),
            img_path='images/0001.jpg',
            img_shape=(height, width),
            ori_shape=(height, width),
            sample_id='0001',
            sample_idx=0,
            tasks=tasks,
            label_infos={},
            seg_fields=[tasks[name].gt_key for name in known],
            **{tasks[name].gt_key: label
               for name, label in known.items()})

    return make


@pytest.fixture
def render_plane():
    """Depth and normals of the plane <normal, p> = offset, pixel by pixel.

    The principal point is the centre of the image; a pixel is seen along the
    ray through its own centre.
    """

    def render(normal, offset, height, width, focal):
        normal = np.asarray(normal, np.float64)
        normal = normal / np.linalg.norm(normal)
        depth = np.zeros((height, width), np.float32)
        for v in range(height):
            for u in range(width):
                ray = ((u + .5 - width / 2) / focal,
                       (v + .5 - height / 2) / focal, 1)
                depth[v, u] = offset / np.dot(normal, ray)
        normals = np.broadcast_to(normal, (height, width, 3))
        return depth, normals.astype(np.float32)

    return render


@pytest.fixture
def make_nyud():
    """Write a made-up archive: ids to the labels that they lack."""

    def make(root, ids, layout='mt', size=(12, 16)):
        rng = np.random.RandomState(0)
        written = {}
        for image_id, lacking in ids.items():
            known = dict(
                image=rng.randint(0, 256, (*size, 3)).astype(np.uint8),
                segmentation=rng.randint(0, 41, size).astype(np.uint8),
                depth=rng.uniform(1, 9, size).astype(np.float32),
                # z > 0.4: shorter than 0.1 would be "missing"
                normals=rng.randint((0, 0, 180), 256,
                                    (*size, 3)).astype(np.uint8),
                edge=rng.randint(0, 2, size).astype(np.uint8))
            written[image_id] = known
            if layout == 'mt':
                files = dict(
                    normals=known['normals'] / np.float32(127.5) - 1,
                    edge=known['edge'].astype(np.float32))
            else:
                files = dict(
                    normals=known['normals'], edge=known['edge'] * 255)
            files.update(
                segmentation=known['segmentation'], depth=known['depth'])
            for folder in ('images', 'gt_sets', *files):
                (root / folder).mkdir(parents=True, exist_ok=True)
            suffix = '.jpg' if layout == 'mt' else '.png'
            Image.fromarray(known['image']).save(
                root / 'images' / (image_id + suffix))
            for folder, label in files.items():
                if folder in lacking:
                    continue
                path = root / folder / image_id
                if label.dtype == np.uint8:
                    Image.fromarray(label).save(path.with_suffix('.png'))
                else:
                    np.save(path.with_suffix('.npy'), label)
        for split in ('train', 'val'):
            (root / 'gt_sets' / f'{split}.txt').write_text(
                '\n'.join(ids) + '\n')
        return written

    return make
