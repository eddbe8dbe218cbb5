# Copyright (c) mtcp_mm authors. All rights reserved.
"""A folder of one task whose files are wrong in one way."""
import logging
from io import BytesIO

import numpy as np
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from PIL import Image

import mtcp_mm  # noqa: F401
from mtcp_mm.datasets import GenericMultiTaskDataset

SIZE = 24, 32
RNG = np.random.RandomState(0)
PHOTO = np.kron(
    RNG.randint(0, 256, (3, 4, 3)), np.ones((8, 8, 1))).astype(np.uint8)
#: Three areas: 0, 1 and 2.
CLASSES = np.repeat(np.arange(3, dtype=np.uint8), 8)[:, None].repeat(32, 1)


class Ear(logging.Handler):
    """Keeps warnings."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.heard = []

    def emit(self, record):
        self.heard.append(record.getMessage())


def encode(image, kind='PNG', **options):
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def wrong_sum(png):
    """A PNG whose pixels do not fit the sum of their chunk."""
    return png[:-13] + bytes([png[-13] ^ 1]) + png[-12:]


def npy(array):
    file = BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def read(root, task='SemSegTask', label=None, suffix='.png', photo=None,
         options=None, labels=None, files=None, split=None, images=None,
         times=1,
         pipeline=('LoadImageFromFile', 'mtcp_mm.LoadMultiTaskAnnotations',
                   'mtcp_mm.PackMultiTaskInputs')):
    """Write files, read the first item, so many times.

    Returns:
        tuple: Label (array), and all that was warned, as one text.
    """
    if task == 'SemSegTask' and options is None:
        options = dict(num_classes=3)
    known = {
        'images/a.jpg': encode(PHOTO, 'JPEG') if photo is None else photo,
        f't/a{suffix}': encode(CLASSES) if label is None else label,
        **(files or {})
    }
    for name, content in known.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    init_default_scope('mmseg')
    logger, ear = MMLogger.get_current_instance(), Ear()
    logger.addHandler(ear)
    try:
        dataset = GenericMultiTaskDataset(
            str(root), dict(t=dict(type=f'mtcp_mm.{task}', **(options or {}))),
            split=split, image=images or {}, serialize_data=False,
            labels=dict(t=dict(dict(suffix=suffix), **(labels or {}))),
            pipeline=[dict(type=kind) for kind in pipeline])
        for _ in range(times):
            sample = dataset[0]['data_samples']
    finally:
        logger.removeHandler(ear)
    label = sample.gt_t.data.numpy() if 'gt_t' in sample else None
    return label, '\n'.join(ear.heard), dataset
