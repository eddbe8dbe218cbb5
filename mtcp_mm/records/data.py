# Copyright (c) mtcp_mm authors. All rights reserved.
"""Which data a number belongs to."""
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mtcp_mm.utils.config_tree import dataset_leaves
from .archives import ARCHIVES, find_converted


@dataclass
class DataInfo:
    """Test data of a run.

    Attributes:
        dataset (str): Class name.
        root (str): ``data_root``.
        split (str): Name of the split.
        layout (str): Layout that was found, else what the config says.
        num_images (int, optional): Images of the split.
        sizes (dict[str, int]): 'HxW' to the number of images that were
            scored at this size.
        is_demo (bool): Rooms of ``make_demo_data.py``.
        is_converted (bool): Made by a converter, whatever it looks like.
        split_by (str): Rule that made the split of a set without lists.
    """

    dataset: str = ''
    root: str = ''
    split: str = ''
    layout: str = ''
    num_images: int | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    is_demo: bool = False
    is_converted: bool = False
    split_by: str = ''

    @property
    def archive(self) -> str:
        """str: Name of the published archive that this is, '' if none."""
        if self.is_converted:
            return ''
        sizes = list(self.sizes)
        for known in ARCHIVES.get(self.dataset, ()):
            size_fits = known.size is None or sizes == [
                f'{known.size[0]}x{known.size[1]}'
            ]
            if (size_fits and known.layout == self.layout
                    and known.counts.get(self.split) == self.num_images):
                return known.name.split()[0]
        return ''

    @property
    def name(self) -> str:
        """str: Archive or folder, size when scored, and rule of the split."""
        name = Path(self.root).name or self.root or 'not known'
        if self.archive:
            name = self.archive
        elif self.is_demo:
            name = 'demo rooms'
        if len(self.sizes) == 1:
            name += f' {next(iter(self.sizes))}'
        elif self.sizes:
            name += f', {len(self.sizes)} sizes'
        if self.split_by:
            name += f', split by {self.split_by}'
        return name

    @property
    def description(self) -> str:
        """str: A sentence for people."""
        parts = [self.dataset or 'no test data in the config']
        for key in ('root', 'split', 'split_by', 'layout'):
            if value := getattr(self, key):
                parts.append(f'{key} {value}')
        if self.num_images is not None:
            parts.append(f'{self.num_images} images')
        else:
            parts.append('images not looked at')
        if not self.archive:
            parts.append('none of the published archives, as far as one '
                         'can see')
        return ', '.join(parts)


def data_of_config(cfg: Mapping) -> DataInfo:
    """What a config says about its test data."""
    loader = cfg.get('test_dataloader') or cfg.get('val_dataloader') or {}
    _, dataset = next(dataset_leaves(loader.get('dataset')), ('', {}))
    root = str(dataset.get('data_root') or '')
    return DataInfo(
        dataset=str(dataset.get('type', '')).rpartition('.')[-1],
        root=root,
        split=str(dataset.get('split', '')),
        layout=str(dataset.get('layout', '')),
        is_demo=Path(root, 'demo.json').is_file(),
        is_converted=find_converted(root) is not None,
        split_by=str(dataset.get('split_by', '')))


def found_layout(dataset) -> str:
    """Layout that the first data set below wrappers found, '' if none."""
    inner = getattr(dataset, 'datasets', None) or [
        getattr(dataset, 'dataset', None)
    ]
    return (getattr(dataset, 'layout', '') if inner[0] is None else
            found_layout(inner[0]))


def data_of_dataset(dataset, cfg: Mapping,
                    sizes: Mapping[str, int]) -> DataInfo:
    """As :func:`data_of_config`, with what the built data set knows.

    Args:
        dataset (Any): The built test data set.
        cfg (Mapping): A whole config.
        sizes (Mapping[str, int]): 'HxW' to the number of images that were
            scored at this size.
    """
    info = data_of_config(cfg)
    info.layout = found_layout(dataset) or info.layout
    info.num_images = len(dataset)
    info.sizes = dict(Counter(sizes).most_common())
    return info
