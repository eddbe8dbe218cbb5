# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
from collections.abc import Mapping

from mmengine.logging import print_log

from mtcp_mm.registry import DATASETS
from mtcp_mm.utils.errors import DataNotFoundError
from .base import MultiTaskDataset
from .folder import DataFolder
from .photos import SUFFIXES, UNREAD, some
from .templates import fields_in


@DATASETS.register_module()
class GenericMultiTaskDataset(MultiTaskDataset):
    """Own data: a folder of images, and a folder of label files per task.

    .. code-block:: none

        data_root
        ├── images      a.jpg, b.jpg, c.jpg
        ├── semseg      a.png, c.png          b has no label of this task
        ├── depth       a.npy, b.npy, c.npy
        └── splits      train.txt, val.txt: an id (a, b, ...) per line

    Which file type a label has, and what its values mean, the config says;
    docs/own_data.md is a tutorial.

    Args:
        data_root (str): Folder of the data set.
        tasks (Mapping): Task name to config.
        image (Mapping): ``dict(folder=..., suffix=...)`` of the images,
            'images' and '.jpg' by default; or ``dict(path=...)``, a template
            with fields, of which the ids are made.
        labels (Mapping, optional): Task name to a dict with ``folder``
            (default: the name of the task), ``suffix`` (default: '.png'), or
            ``path``, a template with the same fields, and
            options of the task's ``decode_label``, e.g.
            ``dict(depth=dict(suffix='.png', scale=0.001))`` for millimetres.
        split (str, optional): The images are listed in
            ``<split_dir>/<split>.txt``. None: all images of the folder.
            Defaults to None.
        split_dir (str): Defaults to 'splits'.
        **kwargs: See :class:`MultiTaskDataset`; ``metainfo`` gives names and
            colours of classes.

    Raises:
        ValueError: ``labels`` names something that is no task.
    """

    def __init__(self,
                 data_root: str | None = None,
                 tasks: Mapping | None = None,
                 image: Mapping = dict(folder='images', suffix='.jpg'),
                 labels: Mapping[str, Mapping] | None = None,
                 split: str | None = None,
                 split_dir: str = 'splits',
                 **kwargs) -> None:
        self.require(data_root=data_root, tasks=tasks)
        labels = labels or {}
        if unknown := sorted(set(labels) - set(tasks)):
            raise ValueError(f'`labels` names {", ".join(unknown)}, but the '
                             f'tasks are {", ".join(tasks)}.')
        files = {
            name: _with_default(labels.get(name, {}), name, '.png')
            for name in tasks
        }
        image = _with_default(image, 'images', '.jpg')
        if 'path' in image:
            self.id_fields = fields_in(image['path'])
        self.layouts = dict(generic=dict(image=image, **files))
        self.split_dir = split_dir
        super().__init__(
            data_root=data_root, tasks=tasks, split=split, **kwargs)

    def _read_split(self, folder: DataFolder) -> list[str]:
        if self.split is not None or not folder.exists():
            return super()._read_split(folder)
        image = self.layouts['generic']['image']
        folder.refuse_folders(image)
        ids = sorted(folder.ids(image))
        if not ids and 'path' in image:
            raise DataNotFoundError(
                f'No file below {folder.root} is like '
                f'path={image["path"]!r} of the images.')
        if not ids:
            endings = {
                '.' + name.rpartition('.')[-1]
                for name in folder.names(image['folder'])
            }
            there = (f'It holds files ending in {", ".join(sorted(endings))}: '
                     "set image=dict(suffix='...')." if endings else
                     'It is empty or does not exist.')
            raise DataNotFoundError(
                f'{folder.path(image["folder"])} holds no image ending in '
                f'{image["suffix"]}. {there}')
        if 'path' in image:
            return ids
        if others := self._other_photos(folder, image):
            print_log(
                f'{some(others)} left out of {folder.path(image["folder"])}: '
                f'only what ends in {image["suffix"]} is read. Rename or '
                'convert them.', 'current', logging.WARNING)
        return ids

    def _other_photos(self, folder: DataFolder, image: Mapping) -> list[str]:
        """Photos in the folder of the images that end otherwise."""
        place = folder.path(image['folder'])
        labels = [(folder.path(s['folder']), s['suffix'])
                  for s in self.layouts['generic'].values()
                  if s is not image and 'path' not in s]
        return sorted(
            name for name in folder.names(image['folder'])
            if name.lower().endswith(SUFFIXES + UNREAD)
            and not name.endswith(image['suffix'])
            and not any(f'{place}/{name}'.startswith(f'{label}/') and
                        name.endswith(suffix) for label, suffix in labels))


def _with_default(source: Mapping, folder: str, suffix: str) -> dict:
    """A source with a folder and a suffix, if it is no template."""
    if 'path' in source:
        return dict(source)
    return dict(dict(folder=folder, suffix=suffix), **source)
