# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from mtcp_mm.datasets.base import MultiTaskDataset
from mtcp_mm.datasets.folder import DataFolder, patterns_of
from mtcp_mm.records.archives import find_converted
from mtcp_mm.utils.errors import DataNotFoundError
from .archives import KINDS, Kind, find_foreign, name_archive
from .fault import Fault
from .samples import SampleChecker, Tally

SPLITS = ('train', 'val')


@dataclass
class Report:
    """What :func:`check_dataset` found.

    Attributes:
        archive (str): Which archive it is, or why it is none.
        known (bool): Whether it is one of the known archives.
        faults (list[Fault]): What is wrong.
        remarks (list[str]): What is unusual, but can be worked with.
        tallies (dict[str, Tally]): What 'image' and labels hold.
        checked (int): Images that were read.
    """

    archive: str = ''
    known: bool = False
    faults: list[Fault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    checked: int = 0


class _Check:
    """One run; what it finds goes to ``report``."""

    def __init__(self, root: str, kind: Kind,
                 required: Sequence[str] | None) -> None:
        self.root, self.kind, self.required = root, kind, required
        self.report = Report()
        self.folder = DataFolder(root, fields=kind.dataset.id_fields)
        self.dataset = kind.dataset(root, kind.tasks, lazy_init=True,
                                    **kind.options(self.folder))
        self.dataset.split = ' and '.join(SPLITS)  # in messages
        labels = {k for files in self.dataset.layouts.values() for k in files}
        self.tasks = {
            k: v for k, v in self.dataset.tasks.items() if k in labels
        }

    def fault(self, file: str, found: str, expected: str, mend: str) -> None:
        self.report.faults.append(Fault(file, found, expected, mend))

    # ---- lists ------------------------------------------------------------
    def read_lists(self) -> dict[str, list[str]]:
        """Ids of train and val, each once, and what is wrong with them."""
        place, lists = self.dataset.split_dir, {}
        if place is None:
            return self.read_rules()
        for split in SPLITS:
            file = f'{place}/{split}.txt'
            ids = self.folder.read_ids(place, split, self.dataset.images)
            if not ids:
                self.fault(
                    file, 'is not there' if ids is None else 'is empty',
                    'an id of an image per line',
                    'Get it from the archive, or write one.')
            lists[split] = list(dict.fromkeys(ids or []))
            twice = len(ids or []) - len(lists[split])
            if twice:
                seen = set()
                again = [i for i in ids if i in seen or seen.add(i)]
                self.fault(file, f'lists {twice} ids more than once, such as '
                           f'{again[0]}', 'every id once',
                           'Take the doubles out.')
        both = sorted(set(lists['train']) & set(lists['val']))
        if both:
            self.fault(
                f'{place}/val.txt', f'shares {len(both)} ids with train.txt, '
                f'such as {both[0]}', 'no image in both lists: scores on '
                'images that were trained on mean nothing',
                'Take them out of one list.')
        return {split: ids for split, ids in lists.items() if ids}

    def read_rules(self) -> dict[str, list[str]]:
        """Ids of train and val of a data set that has no lists."""
        lists = {}
        for split in SPLITS:
            try:
                lists[split] = self.dataset.ids_of(self.folder, split)
            except DataNotFoundError as error:
                self.fault('.', str(error).partition(' Expected in')[0],
                           'images of all parts', 'Unpack the whole archive.')
                return {}
            if not lists[split]:
                self.fault(
                    ' or '.join(p for s in self.dataset.images
                                for p in patterns_of(s)),
                    f'is there for no image of split {split}',
                    f'images of split {split}', 'Unpack the whole archive.')
        return {split: ids for split, ids in lists.items() if ids}

    # ---- files ------------------------------------------------------------
    def find_layout(self, ids: Sequence[str]) -> tuple[str, dict[str, str]]:
        """The layout that has most of the images, and their paths."""
        layouts = self.dataset.layouts
        found = {
            name: self.folder.find(files['image'], ids)
            for name, files in layouts.items()
        }
        layout = max(found, key=lambda name: len(found[name]))
        if not found[layout]:
            self.fault(
                ' or '.join(_pattern(files['image'])
                            for files in layouts.values()),
                f'is there for none of the {len(ids)} ids',
                'the images of the lists', 'Unpack the whole archive.')
        return layout, found[layout]

    def check_presence(self, name: str, source: Mapping, found: Iterable[str],
                       ids: Sequence[str], listed: set[str]) -> None:
        """Ids without a file, and files without an id."""
        pattern = _pattern(source)
        missing = sorted(set(ids) - set(found))
        if missing and len(missing) == len(ids):
            text = f'is there for none of the {len(ids)} ids'
            if name in (self.required or ()):
                self.fault(pattern, text, f'files of `{name}`',
                           'Unpack the whole archive.')
            else:
                self.report.remarks.append(
                    f'{pattern} {text}: leave `{name}` out of `tasks`.')
        else:
            self.folder.refuse_folders(source, missing)
            for i in missing:
                file = self.folder.files_of(source, i)[0]
                self.fault(
                    file.removeprefix(self.root).lstrip('/'), 'is not there',
                    f'a file of `{name}` for every id of the lists',
                    'Unpack the archive again, or take the ids out of the '
                    'lists.')
        spare = sorted(self.folder.ids(source) - listed)
        if spare:
            self.report.remarks.append(
                f'{pattern}: {len(spare)} files are in no list and not used, '
                f'such as {spare[0]}.')

    def find_files(self, lists: Mapping[str, list[str]]
                   ) -> list[tuple[str, dict[str, dict]]]:
        """Image and label infos of every id; notes what is missing."""
        ids = [i for split in lists.values() for i in split]
        ids = list(dict.fromkeys(ids))
        layout, images = self.find_layout(ids)
        if not images:
            return []
        self.layout, files = layout, self.dataset.layouts[layout]
        listed, place = set(ids), self.dataset.split_dir
        if place is not None:
            listed.update(*(
                self.folder.read_ids(place, name, self.dataset.images) or ()
                for name in self.folder.names(place, '.txt')))
        self.check_presence('image', files['image'], images, ids, listed)
        infos = {}
        for name in self.tasks:
            if name not in files:
                continue
            paths = self.folder.find(files[name], ids)
            self.check_presence(name, files[name], paths, ids, listed)
            if paths:
                try:  # the data set itself says how each file is read
                    infos[name] = self.dataset._find_labels(
                        self.folder, list(paths), layout, name)
                except DataNotFoundError as error:
                    self.fault(_pattern(files[name]), str(error),
                               'all that is needed to read it',
                               'Unpack the whole archive.')
        return [(images[i], {
            name: by_id[i]
            for name, by_id in infos.items() if i in by_id
        }) for i in ids if i in images]

    # ---- what they hold ---------------------------------------------------
    def read_files(self, items: Sequence, processes: int,
                   progress) -> None:
        """Read samples in several processes."""
        checker = SampleChecker(self.tasks, self.root)
        with ProcessPoolExecutor(processes) as pool:
            results = map(checker, items) if processes < 2 else pool.map(
                checker, items, chunksize=8)
            for tallies, faults in progress(results, len(items)):
                self.report.faults += faults
                for name, tally in tallies.items():
                    self.report.tallies.setdefault(name, Tally()).add(tally)
        self.report.checked = len(items)
        self.report.tallies = {
            name: self.report.tallies[name]
            for name in ('image', *self.tasks) if name in self.report.tallies
        }

    def check_void(self) -> None:
        """Labels of which no file has a pixel that counts."""
        for name, tally in self.report.tallies.items():
            if tally.pixels and not tally.labelled:
                self.fault(
                    _pattern(self.dataset.layouts[self.layout][name]),
                    f'has no pixel that counts in any of the {tally.files} '
                    'files that were read', self.tasks[name].label_format,
                    f'Get the right archive, or leave `{name}` out of '
                    '`tasks`.')

    def check_sizes(self, items: Sequence) -> tuple[int, int] | None:
        """The size of all images, if it is one."""
        sizes = self.report.tallies.get('image', Tally()).sizes
        if len(sizes) > 1 and self.kind.one_size:
            (usual, _), *_ = sizes.most_common()
            self.fault(
                'images', 'have ' + ', '.join(
                    f'{h}x{w} ({n} files)'
                    for (h, w), n in sizes.most_common()),
                f'one size, {usual[0]}x{usual[1]}',
                'These are files of two archives: unpack one into an empty '
                'folder.')
        return next(iter(sizes)) if len(sizes) == 1 else None


def check_dataset(root: str,
                  kind: str,
                  fast: int | None = None,
                  required: Sequence[str] | None = None,
                  processes: int = 1,
                  progress=lambda results, total: results) -> Report:
    """Check lists, files and what they hold.

    Args:
        root (str): Folder of the data set.
        kind (str): Key of :data:`~.archives.KINDS`, such as 'nyud'.
        fast (int, optional): Read so many images, spread over the lists, and
            not all. Defaults to None.
        required (Sequence[str], optional): Labels of which a complete lack is
            a fault, and not a remark.
        processes (int): Processes that read files. Defaults to 1.
        progress (Callable): Wraps (iterator, length), for a progress bar.

    Returns:
        Report: What was found.

    Raises:
        ValueError: A required label that this kind does not have.
        FileNotFoundError: There is no such folder.
    """
    check = _Check(root, KINDS[kind], required)
    unknown = sorted(set(required or ()) - set(check.tasks))
    if unknown:
        raise ValueError(f'{", ".join(unknown)} is no label of {kind}: it has '
                         f'{", ".join(check.tasks)}.')
    if not check.folder.exists():
        raise FileNotFoundError(f'{root} is no folder.')
    report = check.report
    foreign = find_foreign(check.kind, check.folder)
    if foreign:
        report.archive = f'{foreign}, which is not read here'
        readable = ' or '.join(a.name for a in check.kind.archives)
        check.fault('.', f'is {foreign}', readable, 'Get that archive.')
        return report
    lists = check.read_lists()
    if not lists:
        report.archive = 'nothing that can be recognised without its lists'
        inner = _find_inside(check.dataset, check.folder)
        if inner:
            check.fault('.', f'has the data one folder below, in {inner}',
                        'the folder with the images', f'Check {inner}.')
        return report
    items = check.find_files(lists)
    if not items:
        report.archive = 'nothing that can be recognised without its images'
        return report
    if fast is not None and fast < len(items):
        picked = np.linspace(0, len(items) - 1, fast).round().astype(int)
        items = [items[i] for i in picked]
    check.read_files(items, processes, progress)
    check.check_void()
    size = check.check_sizes(items)
    counts = {split: len(ids) for split, ids in lists.items()}
    report.known, report.archive = name_archive(
        check.kind, check.layout, counts,
        size if check.kind.one_size else None)
    converted = find_converted(root)
    if converted:
        report.known, report.archive = False, f'{converted}.'
    return report


def _pattern(source: Mapping) -> str:
    """Where the files of a source are, e.g. 'depth/<id>.npy'."""
    return ' or '.join(patterns_of(source))


def _find_inside(dataset: MultiTaskDataset, folder: DataFolder) -> str | None:
    """Folder below the root that has the lists."""
    below = folder.backend.list_dir_or_file(folder.root, list_file=False)
    for name in sorted(below):
        inside, place = DataFolder(folder.path(name)), dataset.split_dir
        try:
            if (dataset.ids_of(inside, SPLITS[0]) if place is None else
                    inside.read_ids(place, SPLITS[0])):
                return folder.path(name)
        except DataNotFoundError:
            continue
    return None
