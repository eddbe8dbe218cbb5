# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping

from mtcp_mm.registry import DATASETS
from .driving_classes import SYNTHIA_IDS, SYNTHIA_SETS, choose
from .folder import DataFolder
from .without_lists import DatasetWithoutLists, leaking_split, seeded_split

#: Centimetres, in one channel or the same in all; 65535 is beyond.
DEPTH = dict(scale=0.01, far=655.)
#: Exact but for the rounding. A road is steep in 1 / z near the horizon.
FIT = dict(radius=2, noise=0., slope=.1)
SPLITS_BY = ('seeded', 'released_leaking')


@DATASETS.register_module()
class SynthiaMultiTaskDataset(DatasetWithoutLists):
    """SYNTHIA-RAND-CITYSCAPES: classes, depth, normals from it.

    .. code-block:: none

        data_root
        ├── RGB                     0000000.png, 760x1280
        ├── GT/LABELS               16-bit RGB: class, instance, 0
        ├── parsed_LABELS           8-bit grey: class (ADVENT, DADA, CTRL)
        └── Depth or Depth/Depth    16 bits, centimetres

    One of the two folders of classes will do; what is in both is taken from
    ``GT/LABELS``. The set has no split of its own; its 9400 views are not of
    one drive.

    Args:
        data_root (str): Folder of the data set.
        tasks (Mapping): Task name to config.
        split (str): 'train', 'val' or 'all'. Defaults to 'train'.
        split_by (str): 'seeded': 80 % of the images by lot; or
            'released_leaking': as the code of DenseMTL does it, where 80 %
            of the validation images are trained on, for comparison only.
            Defaults to 'seeded'.
        seed (int): Of the lot. Defaults to 42.
        classes (int): 16, 13 or 7. Defaults to 16.
        metainfo (Mapping, optional): See :class:`MultiTaskDataset`.
        **kwargs: See :class:`MultiTaskDataset`.

    Raises:
        ValueError: An option that the set does not have.
    """

    METAINFO = choose(SYNTHIA_SETS, 16, SYNTHIA_IDS, 'SYNTHIA')[0]
    splits = ('train', 'val', 'all')
    camera = dict(fx=532.740352, fy=532.740352, cx=640., cy=380.,
                  size=(760, 1280))

    def __init__(self, data_root: str | None = None,
                 tasks: Mapping | None = None, split: str = 'train',
                 split_by: str = 'seeded', seed: int = 42, classes: int = 16,
                 metainfo: Mapping | None = None, **kwargs) -> None:
        if split_by not in SPLITS_BY:
            raise ValueError(f'split_by={split_by!r} is not known: use '
                             f'{" or ".join(SPLITS_BY)}.')
        self.split_by, self.seed = split_by, seed
        meta, label_map = choose(SYNTHIA_SETS, classes, SYNTHIA_IDS,
                                 type(self).__name__)
        depth = dict(folder=('Depth', 'Depth/Depth'), suffix='.png',
                     channel=0)
        self.layouts = dict(synthia=dict(
            image=dict(folder='RGB', suffix='.png'),
            semseg=dict(
                folder=('GT/LABELS', 'parsed_LABELS'), suffix='.png',
                channel=0, label_map=label_map),
            depth=dict(depth, **DEPTH),
            normals=dict(depth, camera=True,
                         from_depth={**DEPTH, **FIT})))
        super().__init__(data_root, tasks, split,
                         metainfo={**meta, **(metainfo or {})}, **kwargs)

    def ids_of(self, folder: DataFolder, split: str) -> list[str]:
        """See the base class; an id is the name of the files."""
        ids = folder.ids(self.layouts['synthia']['image'])
        rule = (leaking_split if self.split_by == 'released_leaking' else
                seeded_split)
        return rule(ids, split, self.seed)
