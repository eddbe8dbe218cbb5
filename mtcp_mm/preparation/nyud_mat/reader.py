# Copyright (c) mtcp_mm authors. All rights reserved.
"""Read nyu_depth_v2_labeled.mat image by image."""
from pathlib import Path

import numpy as np

HOME = 'https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html'
#: Dataset: its axes (MATLAB's order turned round) and kind of numbers.
KEYS = dict(
    images=('N3WH', 'u'), depths=('NWH', 'f'), rawDepths=('NWH', 'f'),
    labels=('NWH', 'u'))
CACHE = 64 << 20  # bytes; a chunk of the file may span several images


class LabelledFile:
    """The labelled part of NYU-Depth-v2, an HDF5 file (MATLAB v7.3).

    MATLAB stores arrays column by column, so that HDF5 sees all axes in
    reverse: an image is (3, 640, 480) here. :meth:`read` turns them back.

    Args:
        path (str): The file.

    Raises:
        ValueError: It is no such file; says which part of it is missing or
            has another shape or type.
        ImportError: h5py is not installed.
    """

    def __init__(self, path: str) -> None:
        try:
            import h5py  # only this converter needs it
        except ImportError as error:
            raise ImportError('h5py is needed to read MATLAB v7.3 files: '
                              'pip install h5py') from error
        self.path = str(path)
        if not Path(path).is_file():
            raise ValueError(f'{path} does not exist. Get '
                             f'nyu_depth_v2_labeled.mat from {HOME}.')
        try:
            self.file = h5py.File(path, 'r', rdcc_nbytes=CACHE)
        except OSError as error:
            size = Path(path).stat().st_size
            raise ValueError(
                f'{path} ({size / 1e6:.1f} MB) is no HDF5 file, or only a '
                f'part of one ({error}). nyu_depth_v2_labeled.mat has about '
                f'2.8 GB; get it again from {HOME}.') from error
        try:
            self._check(h5py)
        except Exception:
            self.close()
            raise

    def _check(self, h5py) -> None:
        """Shapes and types of all parts."""
        missing = [k for k in (*KEYS, 'names')
                   if not isinstance(self.file.get(k), h5py.Dataset)]
        if missing:
            found = ', '.join(k for k in self.file if not k.startswith('#'))
            raise ValueError(
                f'{self.path} has no {", ".join(missing)}, only '
                f'{found or "nothing"}. Is this nyu_depth_v2_labeled.mat? '
                f'Get it from {HOME}.')
        count, _, width, height = self.file['images'].shape if (
            self.file['images'].ndim == 4) else (0, 0, 0, 0)
        size = dict(N=count, W=width, H=height)
        for key, (axes, kind) in KEYS.items():
            data = self.file[key]
            expected = tuple(size.get(a, 3) for a in axes)
            if data.shape != expected or not data.size:
                raise ValueError(
                    f'`{key}` of {self.path} has shape {data.shape}, expected '
                    f'({", ".join(axes)}) with the N, W and H of `images`, '
                    f'which has {self.file["images"].shape}.')
            if data.dtype.kind != kind:
                what = dict(u='unsigned integers', f='floats')[kind]
                raise ValueError(f'`{key}` of {self.path} holds {data.dtype}, '
                                 f'expected {what}.')
        if self.file['images'].dtype != np.uint8:
            raise ValueError(f'`images` of {self.path} holds '
                             f'{self.file["images"].dtype}, expected uint8.')
        if self.file['names'].dtype != h5py.ref_dtype:
            raise ValueError(f'`names` of {self.path} holds '
                             f'{self.file["names"].dtype}, expected a cell '
                             'array: references to the names.')
        instances = self.file.get('instances')
        self.has_instances = isinstance(instances, h5py.Dataset) and (
            instances.shape == self.file['labels'].shape)

    def __len__(self) -> int:
        return self.file['images'].shape[0]

    @property
    def size(self) -> tuple[int, int]:
        """tuple[int, int]: Height and width."""
        return self.file['images'].shape[:1:-1]

    @property
    def names(self) -> list[str]:
        """list[str]: Names of the labels 1..C."""
        return [''.join(map(chr, self.file[ref][()].ravel()))
                for ref in self.file['names'][()].ravel()]

    def read(self, index: int) -> dict[str, np.ndarray]:
        """One image with its labels.

        Args:
            index (int): From 0.

        Returns:
            dict[str, np.ndarray]: ``images`` uint8 (H, W, 3) RGB; ``depths``
            and ``rawDepths`` float32 (H, W) metres, the latter 0 where the
            sensor saw nothing; ``labels`` (H, W), 0 = unlabelled; and
            ``instances`` (H, W), if there are any.
        """
        keys = [*KEYS] + ['instances'] * self.has_instances
        sample = {key: self.file[key][index].T for key in keys}
        for key in ('depths', 'rawDepths'):
            sample[key] = np.nan_to_num(
                sample[key].astype(np.float32), posinf=0, neginf=0)
        return sample

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __enter__(self) -> 'LabelledFile':
        return self

    def __exit__(self, *args) -> None:
        self.close()
