# Copyright (c) mtcp_mm authors. All rights reserved.
"""Read the files of one image and note what they hold."""
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

import mmengine.fileio as fileio
import numpy as np
from PIL import Image

from mtcp_mm.datasets.transforms import LoadMultiTaskAnnotations
from mtcp_mm.tasks import DenseTask
from .fault import Fault

UNPACK = 'Copy or unpack it again, or take its id out of the lists.'


@dataclass
class Tally:
    """What the files of one kind hold, added up.

    Attributes:
        files (int): Number of files.
        dtypes (Counter): Files per type of value, as stored.
        sizes (Counter): Files per (height, width).
        low (float): Smallest value, as stored.
        high (float): Largest value, as stored.
        pixels (int): Pixels of all files.
        labelled (int): Those that carry a label.
        classes (set[int]): Labels that occur, where they are classes.
    """

    files: int = 0
    dtypes: Counter = field(default_factory=Counter)
    sizes: Counter = field(default_factory=Counter)
    low: float = np.inf
    high: float = -np.inf
    pixels: int = 0
    labelled: int = 0
    classes: set = field(default_factory=set)

    def add(self, other: 'Tally') -> None:
        """Add the files of another tally."""
        self.files += other.files
        self.dtypes += other.dtypes
        self.sizes += other.sizes
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        self.pixels += other.pixels
        self.labelled += other.labelled
        self.classes |= other.classes

    @classmethod
    def of(cls, raw: np.ndarray) -> 'Tally':
        """Tally of one file."""
        known = raw[np.isfinite(raw)] if raw.dtype.kind == 'f' else raw
        return cls(
            1, Counter([raw.dtype.name]), Counter([raw.shape[:2]]),
            *((float(known.min()), float(known.max())) if known.size else ()))


class RecordingLoader(LoadMultiTaskAnnotations):
    """Keeps what the last label file held before it became a label."""

    raw: np.ndarray | None = None
    doubted = 0  # the doubts are faults here

    def read(self, path, decoder=None, exact=False) -> np.ndarray:
        """See the base class; the file that says what counts comes second."""
        raw = super().read(path, decoder, exact)
        self.raw = raw if self.raw is None else self.raw
        return raw


def reason(error: Exception) -> str:
    """First line of a message, without addresses in memory."""
    text = str(error) or repr(error)
    return re.sub(r' <\S+ object at 0x\w+>', '', text.splitlines()[0])


@dataclass
class SampleChecker:
    """Check the image of one id, and its labels. It can be pickled.

    Args:
        tasks (Mapping): The tasks by the name of their label.
        root (str): Folder of the data set, left out of names of files.
    """

    tasks: Mapping[str, DenseTask]
    root: str

    def __call__(
        self, item: tuple[str, Mapping[str, dict]]
    ) -> tuple[dict[str, Tally], list[Fault]]:
        """Check one id.

        Args:
            item (tuple): Path of the image, and label infos by task.

        Returns:
            tuple: A tally for 'image' and for every label that can be read,
            and the faults.
        """
        path, infos = item
        tallies, faults, shape = {}, [], None
        try:
            with Image.open(BytesIO(fileio.get(path))) as image:
                tallies['image'] = Tally.of(np.array(image.convert('RGB')))
            shape, = tallies['image'].sizes
        except Exception as error:  # a broken file breaks in many ways
            faults.append(
                Fault(self.short(path), f'cannot be decoded: {reason(error)}',
                      'an image', UNPACK))
        for name, info in infos.items():
            task, loader = self.tasks[name], RecordingLoader()
            try:
                label = loader.load(task, info, path, shape)
            except Exception as error:
                faults.append(self.label_fault(task, info['path'], error))
                continue
            tallies[name] = tally = Tally.of(loader.raw)
            valid = task.valid_mask(task.label_to_tensor(label)).numpy()
            tally.pixels, tally.labelled = valid.size, int(valid.sum())
            if hasattr(task, 'num_classes'):
                tally.classes = set(np.unique(label[valid]).tolist())
            doubt = task.doubt(loader.raw, label)
            if doubt:
                faults.append(
                    Fault(self.short(info['path']), doubt, task.label_format,
                          'Convert the files, or get the right archive.'))
        return tallies, faults

    def label_fault(self, task: DenseTask, path: str,
                    error: Exception) -> Fault:
        """What a loader said about a label."""
        found = reason(error)
        for part in (path, f' for task `{task.name}`',
                     'Copy or unpack it again.'):
            found = found.replace(part, '')
        return Fault(
            self.short(path), found.strip(), f'a label of task `{task.name}`: '
            f'{task.label_format}', f'{UNPACK} If many files are like this, '
            'it is another archive.')

    def short(self, path: str) -> str:
        """Path below the root."""
        return path.removeprefix(self.root).lstrip('/')
