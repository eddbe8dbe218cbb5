# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from torch.utils.data import get_worker_info

from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils.errors import DataNotFoundError
from mtcp_mm.utils.settings import HINT
from .camera_files import as_source, read_camera
from .class_meta import collect_task_meta
from .folder import DataFolder, ending_of, folders_of, patterns_of
from .photos import broken, check_photo, read_content, some


class MultiTaskDataset(BaseDataset):
    """Images and, for every task, a folder of label files.

    A subclass tells in :attr:`layouts` what lies where, and that is all. An
    image may lack the label of a task; a task that no image has a label of is
    an error.

    An item of the pipeline starts with `img_path`, `sample_id`, `sample_idx`,
    `tasks`, `label_infos` and `seg_fields`, see
    :class:`LoadMultiTaskAnnotations`, and with `camera`, a
    :class:`~mtcp_mm.utils.camera.Camera`, where one is known.

    Args:
        data_root (str): Folder of the data set.
        tasks (Mapping): Task name to config, see :func:`build_tasks`.
        split (str): The images are listed in ``<split_dir>/<split>.txt``.
            Defaults to 'train'.
        layout (str): Key of :attr:`layouts`; 'auto' takes the one of which
            most images are found. Defaults to 'auto'.
        label_files (Mapping, optional): Task name to where its labels are,
            if the layout does not know the task or knows better: the name of
            another label of the layout, or ``dict(folder=..., suffix=...)``
            or ``dict(path=...)``, a template (docs/own_data.md), with any
            option of the task's ``decode_label`` and of
            :class:`LoadMultiTaskAnnotations`.
        camera (Mapping, optional): Who took the images, instead of
            :attr:`camera`: ``dict(fx=..., fy=..., cx=..., cy=...,
            size=(height, width))``, the same for all, or where the json file
            of each image is, ``dict(folder=..., suffix=..., size=...)``.
        metainfo (Mapping, optional): Replaces entries of :attr:`METAINFO`,
            e.g. ``dict(classes=..., palette=...)``.
        backend_args (dict, optional): See :mod:`mmengine.fileio`.
        **kwargs: ``pipeline``, ``test_mode``, ``indices``, ``lazy_init``,
            ... of :class:`mmengine.dataset.BaseDataset`.

    Raises:
        ValueError: No ``data_root`` or no ``tasks``: a config may say both
            once, see :func:`mtcp_mm.utils.settings.apply_settings`.
    """

    #: `classes` and `palette` belong to :attr:`main_label`; `task_meta` holds
    #: those of further labels.
    METAINFO: dict = {}
    #: Layout to {'image' or label name: dict(folder, suffix, **options)}.
    layouts: dict[str, dict[str, dict]] = {}
    #: Fields of templates, of which an id is made.
    id_fields: Sequence[str] = ('id', )
    camera: Mapping | None = None
    #: Folder of the lists; None: there are none.
    split_dir: str | None = ''
    main_label = 'semseg'

    def __init__(self,
                 data_root: str | None = None,
                 tasks: Mapping | None = None,
                 split: str = 'train',
                 layout: str = 'auto',
                 label_files: Mapping[str, str | Mapping] | None = None,
                 camera: Mapping | None = None,
                 metainfo: Mapping | None = None,
                 backend_args: dict | None = None,
                 **kwargs) -> None:
        self.require(data_root=data_root, tasks=tasks)
        if layout not in ('auto', *self.layouts):
            raise ValueError(
                f'{type(self).__name__} knows no layout {layout!r}: use '
                f'{", ".join(self.layouts)} or auto.')
        self.tasks = build_tasks(tasks)
        self.split = split
        self.layout = layout
        self.label_files = dict(label_files or {})
        if camera is not None:
            self.camera = camera
        if self.camera is not None:
            self.camera = as_source(self.camera)
        self.backend_args = dict(backend_args) if backend_args else None
        self._checked: set[int] = set()
        self._warned_exif = False
        unknown = sorted(set(self.label_files) - set(self.tasks))
        if unknown:
            raise ValueError(f'`label_files` names {", ".join(unknown)}, but '
                             f'the tasks are {", ".join(self.tasks)}.')
        super().__init__(
            data_root=data_root, metainfo=metainfo, data_prefix={}, **kwargs)
        self._metainfo['task_meta'] = collect_task_meta(self)
        # plain: metainfo goes into checkpoints
        self._metainfo['tasks'] = {
            name: task.cfg
            for name, task in self.tasks.items() if task.cfg is not None
        }

    @classmethod
    def require(cls, **settings) -> None:
        """Raise ValueError for the first setting that is None."""
        for name, value in settings.items():
            if value is None:
                raise ValueError(f'{cls.__name__} got no `{name}`. {HINT}')

    @property
    def images(self) -> list[dict]:
        """list[dict]: Where the images are, in every layout."""
        return [files['image'] for files in self.layouts.values()]

    def prepare_data(self, idx: int) -> dict:
        """Item ``idx``; see :func:`check_photo`, asked once per image."""
        if idx not in self._checked:
            info, worker = self.get_data_info(idx), get_worker_info()
            turned = check_photo(info['img_path'], self.backend_args)
            said = self._warned_exif or (worker and worker.id)
            if turned in range(2, 9) and info['label_infos'] and not said:
                self._warned_exif = True
                print_log(
                    f'{info["img_path"]} is turned by EXIF (orientation '
                    f'{turned}) when it is read, its labels are not. Labels '
                    'that were drawn on the upright photo fit; else store '
                    'the photos without EXIF.', 'current', logging.WARNING)
            self._checked.add(idx)
        try:
            return super().prepare_data(idx)
        except AssertionError as error:  # mmcv's, where OpenCV gives None
            if not str(error).startswith('failed to load image'):
                raise
            path = self.get_data_info(idx)['img_path']
            raise broken(path, read_content(path, self.backend_args),
                         'OpenCV cannot read it') from error

    def get_data_info(self, idx: int) -> dict:
        """Item ``idx``; the task objects are shared, not copied."""
        info = dict(
            super().get_data_info(idx), tasks=self.tasks, seg_fields=[])
        if 'camera' in info:
            info['camera'] = read_camera(info['camera'], self.backend_args)
        return info

    # ---- files ------------------------------------------------------------
    def load_data_list(self) -> list[dict]:
        """Find the files of every image of the split.

        Raises:
            FileNotFoundError: No data, no such split, or no such image.
            ValueError: No image has a label of one of the tasks.
        """
        folder = self.open_folder()
        ids = self._read_split(folder)
        layout, images = self._find_images(folder, ids)
        cameras = self._find_cameras(folder, ids)
        labels = {
            name: self._find_labels(folder, ids, layout, name)
            for name in self.tasks
        }
        return [
            dict(
                img_path=images[i],
                sample_id=i,
                label_infos={
                    name: infos[i]
                    for name, infos in labels.items() if i in infos
                },
                **(dict(camera=cameras[i]) if i in cameras else {}))
            for i in ids
        ]

    def open_folder(self) -> DataFolder:
        """The folder with the files."""
        return DataFolder(self.data_root, self.backend_args, self.id_fields)

    def _find_cameras(self, folder: DataFolder,
                      ids: Sequence[str]) -> dict[str, Any]:
        """What :func:`read_camera` reads, by the id of the image."""
        if self.camera is None:
            return {}
        if not isinstance(self.camera, Mapping):
            return dict.fromkeys(ids, self.camera)
        return {
            i: dict(self.camera['options'], path=path)
            for i, path in folder.find(self.camera, ids).items()
        }

    def _require_root(self, folder: DataFolder) -> None:
        """Raise FileNotFoundError if there is no such folder."""
        if not folder.exists():
            here = ''
            if not os.path.isabs(root := self.data_root) and '://' not in root:
                here = f' relative to the current folder, {os.getcwd()}'
            raise DataNotFoundError(
                f'data_root={root!r} of {type(self).__name__} is no folder'
                f'{here}. {self._expected()}')

    def _read_split(self, folder: DataFolder) -> list[str]:
        """Ids of the images, in the order of the file."""
        self._require_root(folder)
        ids = folder.read_ids(self.split_dir, self.split, self.images)
        path = folder.path(self.split_dir, f'{self.split}.txt')
        if ids is None:
            splits = ', '.join(sorted(folder.names(self.split_dir, '.txt')))
            there = f'Splits there: {splits}.' if splits else self._expected()
            raise DataNotFoundError(
                f'{path} does not exist, the list of the images of split '
                f'`{self.split}`. {there}')
        if not ids:
            raise ValueError(f'{path} is empty: it must list one id of an '
                             'image per line, such as 0001.')
        if twice := [i for i, n in Counter(ids).items() if n > 1]:
            print_log(
                f'{path} lists {len(twice)} ids more than once, such as '
                f'{twice[0]}: these images count more than once.', 'current',
                logging.WARNING)
        return ids

    def _find_images(self, folder: DataFolder,
                     ids: Sequence[str]) -> tuple[str, dict[str, str]]:
        """Name of the layout, and paths of all images by id."""
        names = self.layouts if self.layout == 'auto' else [self.layout]
        sources = {name: self.layouts[name]['image'] for name in names}
        found = {name: folder.find(s, ids) for name, s in sources.items()}
        layout = self.layout = max(found, key=lambda name: len(found[name]))
        missing = [i for i in ids if i not in found[layout]]
        if missing:
            for source in sources.values():
                folder.refuse_folders(source, missing)
            paths = ' or '.join(
                path for s in sources.values()
                for path in folder.files_of(s, missing[0]))
            strays = [f for s in sources.values()
                      for f in folder.strays(s, missing)]
            hint = ''
            if strays:
                hint = (f'{some(strays)} there: suffixes must be equal, upper '
                        'and lower case too. Rename or convert. ')
            elif len(missing[0].split()) > 1:
                hint = (f'Line {ids.index(missing[0]) + 1} of the list has '
                        'several words; expected is one id per line. ')
            raise DataNotFoundError(
                f'{paths} does not exist. {len(missing)} of the {len(ids)} '
                f'images of split `{self.split}` are missing. {hint}'
                f'{self._expected()}')
        return layout, found[layout]

    def _find_labels(self, folder: DataFolder, ids: Sequence[str], layout: str,
                     name: str) -> dict[str, dict]:
        """Label infos of one task, by the id of the image."""
        files = {k: v for k, v in self.layouts[layout].items() if k != 'image'}
        label = self.label_files.get(name, name)
        known = files.get(label if isinstance(label, str) else name, {})
        source = dict(known) if isinstance(label, str) else {**known, **label}
        if not isinstance(label, str) and {'path', 'folder', 'suffix'} & set(
                label):  # one way to say it replaces the other
            for key in ('folder', 'suffix') if 'path' in label else ('path', ):
                source.pop(key, None)
        if ending_of(source) != ending_of(known):
            source.pop('decoder', None)  # of the other file type
        if 'path' not in source and not {'folder', 'suffix'} <= set(source):
            raise ValueError(
                f'Where are the labels of task `{name}`? Layout `{layout}` '
                f'of {type(self).__name__} has {", ".join(files)}. Say it '
                f'with `label_files=dict({name}=...)`: one of these, or '
                "dict(folder='...', suffix='...'), or dict(path='...').")
        paths = folder.find(source, ids)
        if missing := set(ids) - set(paths):
            folder.refuse_folders(source, missing)
        if not paths:
            there = {n.rpartition('.')[-1] for f in folders_of(source)
                     for n in folder.names(f)}
            there = ('the folder holds files ending in .' +
                     ', .'.join(sorted(there))
                     if there else 'the folder is empty or does not exist')
            expected = ' or '.join(map(folder.path, patterns_of(source)))
            raise ValueError(
                f'None of the {len(ids)} images of split `{self.split}` has a '
                f'label for task `{name}`: expected {expected}, but {there}. '
                f'Drop `{name}` from `tasks`, or say where its labels are '
                f"with `label_files=dict({name}=dict(folder='...', "
                "suffix='...'))`.")
        if missing:
            print_log(
                f'{len(paths)} of the {len(ids)} images of split '
                f'`{self.split}` have a label for task `{name}`.',
                logger='current')
            if strays := folder.strays(source, missing):
                print_log(
                    f'{some(strays)} left out as labels of task `{name}`, '
                    f'which end in {source["suffix"]}. Rename or convert.',
                    'current', logging.WARNING)
        options = {
            k: v for k, v in source.items()
            if k not in ('folder', 'suffix', 'path')
        }
        infos = {i: dict(options, path=path) for i, path in paths.items()}
        if source.get('camera'):
            cameras = self._find_cameras(folder, infos)
            for i, info in infos.items():
                if i not in cameras:
                    self._miss_camera(folder, name, i)
                info['camera'] = cameras[i]
        if valid := source.get('valid'):
            # an image without such a file has no label: nobody says where
            infos = {
                i: dict(infos[i],
                        valid=dict(path=path, decoder=valid['decoder']))
                for i, path in folder.find(valid, infos).items()
            }
        return infos

    def _miss_camera(self, folder: DataFolder, name: str, i: str) -> None:
        """Refuse a label that cannot be read without its camera."""
        if self.camera is None:
            raise ValueError(
                f'Labels of task `{name}` need to know the camera, but '
                f'{type(self).__name__} got none: set camera=dict(fx=..., '
                'fy=..., cx=..., cy=..., size=(height, width)), in pixels of '
                'an image of that size.')
        raise DataNotFoundError(
            f'{folder.files_of(self.camera, i)[0]} does not exist, the camera '
            f'that a label of task `{name}` needs. Unpack the archive with '
            'the cameras, too.')

    def _expected(self) -> str:
        """What the folder must hold, for error messages."""
        lines = [f'Expected in {self.data_root or "data_root"}:']
        for layout, files in self.layouts.items():
            patterns = ', '.join(
                ' or '.join(patterns_of(f)).replace('<id>', '*')
                for f in files.values())
            lines.append(f'  {patterns}  (layout `{layout}`)')
        if self.split_dir is None:
            return '\n'.join(lines)
        lists = f'{self.split_dir}/<split>.txt'.lstrip('/')
        return '\n'.join([*lines, f'  {lists}  (one id per line)'])
