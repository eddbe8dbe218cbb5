# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
from scipy.io import savemat

NAMES = ['book', 'wall', 'door  window', 'floor', 'lamp']
CLASSES = [23, 1, 40, 2, 35]
TEST = [1, 4]  # of five images


def cells(names):
    """A cell array of strings, 1 x N, as scipy writes one."""
    array = np.empty((1, len(names)), object)
    array[0] = names
    return array


@pytest.fixture
def tables(tmp_path):
    """classMapping40.mat and splits.mat of five images and labels."""
    mapping, splits = tmp_path / 'mapping.mat', tmp_path / 'splits.mat'
    savemat(mapping, dict(
        mapClass=np.array([CLASSES], np.uint8), allClassName=cells(NAMES)))
    savemat(splits, dict(
        trainNdxs=np.array([[5], [2], [3]], np.uint16),
        testNdxs=np.array([[i] for i in TEST], np.uint16)))
    return dict(mapping=str(mapping), splits=str(splits))


@pytest.fixture
def scene():
    """Five images (H, W, ...) in the usual order of axes, as MATLAB shows."""
    height, width, count = 30, 40, 5
    rng = np.random.default_rng(0)
    v, u = np.mgrid[:height, :width]
    images = np.stack([
        np.stack([4 * u + i, 6 * v, u + v + 10 * i], -1)
        for i in range(count)
    ]).astype(np.uint8)
    labels = rng.integers(0, 6, (count, 6, 8)).repeat(5, 1).repeat(5, 2)
    raw = np.stack([2 + i + .01 * u + .005 * v
                    for i in range(count)]).astype(np.float32)
    depths = raw.copy()
    raw[:, :4] = 0  # the sensor saw nothing, the authors filled it in
    return dict(
        images=images, labels=labels.astype(np.uint16), depths=depths,
        rawDepths=raw)


@pytest.fixture
def write_mat(tmp_path):
    """Write arrays as MATLAB v7.3 does: axes reversed, cells by reference."""
    h5py = pytest.importorskip('h5py')

    def write(arrays, names=NAMES, name='labeled.mat'):
        path = tmp_path / name
        with h5py.File(path, 'w', userblock_size=512) as file:
            for key, array in arrays.items():
                if key == 'images':  # MATLAB: H x W x 3 x N
                    data = array.transpose(0, 3, 2, 1)
                else:  # H x W x N
                    data = array.transpose(0, 2, 1)
                file.create_dataset(
                    key, data=data, chunks=(2, *data.shape[1:]),
                    compression='gzip')
            refs = np.empty((1, len(names)), h5py.ref_dtype)
            for i, text in enumerate(names):
                refs[0, i] = file.create_dataset(
                    f'#refs#/{i}',
                    data=np.array([[ord(c)] for c in text], np.uint16)).ref
            file.create_dataset('names', data=refs, dtype=h5py.ref_dtype)
        path.write_bytes(b'MATLAB 7.3 MAT-file'.ljust(512) +
                         path.read_bytes()[512:])
        return str(path)

    return write
