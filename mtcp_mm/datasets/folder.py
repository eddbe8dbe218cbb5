# Copyright (c) mtcp_mm authors. All rights reserved.
import codecs
import posixpath
from collections.abc import Iterable, Mapping, Sequence

import mmengine.fileio as fileio

from .templates import fill, fixed_folder, match


def folders_of(source: Mapping) -> tuple[str, ...]:
    """Folders of a source, in the order in which they are searched."""
    if 'path' in source:
        return (fixed_folder(source['path']), )
    folder = source['folder']
    return (folder, ) if isinstance(folder, str) else tuple(folder)


def patterns_of(source: Mapping) -> tuple[str, ...]:
    """Where the files of a source are, e.g. 'depth/<id>.npy'."""
    if 'path' in source:
        return (source['path'].replace('{', '<').replace('}', '>'), )
    return tuple(f'{f}/<id>{source["suffix"]}' for f in folders_of(source))


def ending_of(source: Mapping) -> str | None:
    """How the names of its files end."""
    if 'path' in source:
        return '.' + source['path'].rpartition('.')[-1]
    return source.get('suffix')


class DataFolder:
    """Find the files of images below one folder, local or remote.

    A *source* is ``dict(folder=..., suffix=...)``: image ``0001`` has the
    file ``<root>/<folder>/0001<suffix>``. Of several folders the first that
    has the file counts. Or it is ``dict(path=...)``, a template of
    :mod:`.templates` below the root.

    Args:
        root (str): Folder of the data set.
        backend_args (dict, optional): See :mod:`mmengine.fileio`.
        fields (Sequence[str]): Of which the ids of templates are made.
    """

    def __init__(self, root: str, backend_args: dict | None = None,
                 fields: Sequence[str] = ('id', )) -> None:
        self.fields = tuple(fields)
        self.root = root or ''
        self.backend = fileio.get_file_backend(
            self.root, backend_args=backend_args)

    def exists(self) -> bool:
        """Whether the folder is there."""
        return bool(self.root) and self.backend.isdir(self.root)

    def path(self, *parts: str) -> str:
        """Path of something below the root."""
        return self.backend.join_path(self.root, *parts)

    def files_of(self, source: Mapping, sample_id: str) -> list[str]:
        """All paths at which the file of an image may be."""
        if 'path' in source:
            return [self.path(fill(source['path'], self.fields, sample_id))]
        return [self.path(folder, sample_id + source['suffix'])
                for folder in folders_of(source)]

    def ids(self, source: Mapping) -> set[str]:
        """Ids of the images that have a file."""
        if 'path' not in source:
            folders = folders_of(source)
            inner = tuple(  # of two folders, one in the other
                f'{b.removeprefix(a).strip("/")}/' for a in folders
                for b in folders if b.startswith(f'{a}/'))
            return {name for folder in folders
                    for name in self.names(folder, source['suffix'])
                    if not name.startswith(inner or '/')}
        place, = folders_of(source)
        found = (match(source['path'], self.fields,
                       posixpath.join(place, name.replace('\\', '/')))
                 for name in self.names(place))
        return {i for i in found if i is not None}

    def names(self, folder: str, suffix: str = '',
              recursive: bool = True) -> set[str]:
        """Files of a folder, without their suffix.

        One listing is much faster than a look-up per file, on network file
        systems above all.
        """
        folder = self.path(folder)
        if not self.backend.isdir(folder):
            return set()
        names = self.backend.list_dir_or_file(
            folder, list_dir=False, suffix=suffix or None,
            recursive=recursive)
        return {name[:len(name) - len(suffix)] for name in names}

    def find(self, source: Mapping, ids: Iterable[str]) -> dict[str, str]:
        """Paths of the files that exist, by the id of the image."""
        ids, found = list(ids), {}
        if 'path' in source:
            places: dict[str, dict[str, str]] = {}
            for i in ids:
                name = fill(source['path'], self.fields, i)
                folder, _, file = name.rpartition('/')
                places.setdefault(folder, {})[i] = file
            for folder, files in places.items():
                there = self.names(folder, recursive=False)
                found.update({
                    i: self.path(folder, file)
                    for i, file in files.items() if file in there
                })
            return found
        suffix = source['suffix']
        for folder in folders_of(source):
            names = self.names(folder, suffix)
            found.update({
                i: self.path(folder, i + suffix)
                for i in ids if i in names and i not in found
            })
        return found

    def strays(self, source: Mapping, ids: Iterable[str]) -> list[str]:
        """Files named like an id, but with another suffix, such as '.JPG'."""
        if 'path' in source:
            return []
        ids, suffix = set(ids), source['suffix']
        return sorted(
            self.path(folder, name) for folder in folders_of(source)
            for name in self.names(folder) if not name.endswith(suffix) and (
                name in ids or name.rpartition('.')[0] in ids))

    def refuse_folders(self, source: Mapping,
                       ids: Iterable[str] | None = None) -> None:
        """Raise ValueError for a folder with the name of a file.

        Args:
            source (Mapping): The source.
            ids (Iterable[str], optional): Of these images. None: of any.
        """
        if 'path' in source:
            return
        suffix, ids = source['suffix'], None if ids is None else set(ids)
        for place in map(self.path, folders_of(source)):
            if not self.backend.isdir(place):
                continue
            for name in self.backend.list_dir_or_file(
                    place, list_file=False, recursive=True):
                if name.endswith(suffix) and (
                        ids is None or name.removesuffix(suffix) in ids):
                    raise ValueError(
                        f'{self.backend.join_path(place, name)} is a folder, '
                        'expected is a file. Put the file there, or rename '
                        'the folder.')

    def read_ids(self,
                 folder: str,
                 name: str,
                 images: Iterable[Mapping] = ()) -> list[str] | None:
        """Lines of ``<folder>/<name>.txt``; None if there is no such file.

        Args:
            folder (str): Folder of the list.
            name (str): Its name.
            images (Iterable[Mapping]): Sources of the images: of a path such
                as ``images/0001.jpg`` the id is taken.

        Raises:
            ValueError: It is not text, or a folder.
        """
        path = self.path(folder, f'{name}.txt')
        if self.backend.isdir(path):
            raise ValueError(f'{path} is a folder, expected is a file: an id '
                             'of an image per line.')
        if not self.backend.isfile(path):
            return None
        content = self.backend.get(path)
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        try:
            text = content.decode('utf-16' if wide else 'utf-8-sig')
        except UnicodeDecodeError as error:
            raise ValueError(f'{path} is no text in UTF-8 ({error}): save it '
                             'as such, an id of an image per line.') from error
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return [_id_of(line, images, self.fields) for line in lines]


def _id_of(line: str, images: Iterable[Mapping],
           fields: Sequence[str]) -> str:
    """Id of an image that may be listed as path."""
    name = '/' + line.replace('\\', '/')
    for source in images:
        if 'path' in source:
            name = match(source['path'], fields, name.lstrip('/')) or name
            continue
        for folder in folders_of(source):
            name = name.rpartition(f'/{folder.strip("/")}/')[2]
        if name.lower().endswith(source['suffix'].lower()):
            name = name[:-len(source['suffix'])]
    return name.lstrip('/').removeprefix('./')
