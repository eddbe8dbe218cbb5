# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping

from mtcp_mm.registry import DATASETS
from .driving_classes import CITYSCAPES_IDS, CITYSCAPES_SETS, choose
from .folder import DataFolder
from .without_lists import DatasetWithoutLists

#: A file holds 256 times the disparity, plus 1; 0 is missing. Less than a
#: pixel of disparity is noise.
DEPTH = dict(disparity=1 / 256, offset=1, far=655.)
#: Noise of about a pixel of disparity: 1 / (fx * baseline) in 1/m. A road is
#: steeper in 1 / z than anything indoors: 10 % per pixel near the horizon.
FIT = dict(radius=3, noise=.002, slope=.1)


@DATASETS.register_module()
class CityscapesMultiTaskDataset(DatasetWithoutLists):
    """Cityscapes: classes, stereo depth, normals from it (2975 / 500).

    .. code-block:: none

        data_root
        ├── leftImg8bit/SPLIT/CITY        ID_leftImg8bit.png, 1024x2048
        ├── leftImg8bit_small/SPLIT/CITY  ID_leftImg8bit.jpg, 512x1024
        ├── gtFine/SPLIT/CITY             ID_gtFine_labelIds.png
        ├── disparity/SPLIT/CITY          ID_disparity.png, 16 bits
        └── camera/SPLIT/CITY             ID_camera.json

    Layout ``full`` has the images of the first folder, ``small`` copies of
    half the size in the second; their labels are the same files. Depth is
    ``baseline * fx / disparity`` with the camera of each frame, and reaches
    to 655 m: ``label_files=dict(depth=dict(far=80))`` changes that.

    Args:
        data_root (str): Folder of the data set.
        tasks (Mapping): Task name to config.
        split (str): 'train' or 'val'. Defaults to 'train'.
        classes (int): 19, 16, 13, 8 or 7, see :mod:`.driving_classes`.
            Defaults to 19.
        metainfo (Mapping, optional): See :class:`MultiTaskDataset`.
        **kwargs: See :class:`MultiTaskDataset`.
    """

    METAINFO = choose(CITYSCAPES_SETS, 19, CITYSCAPES_IDS, 'Cityscapes')[0]
    camera = dict(folder='camera', suffix='_camera.json', size=(1024, 2048))

    def __init__(self, data_root: str | None = None,
                 tasks: Mapping | None = None, split: str = 'train',
                 classes: int = 19, metainfo: Mapping | None = None,
                 **kwargs) -> None:
        meta, label_map = choose(CITYSCAPES_SETS, classes, CITYSCAPES_IDS,
                                 type(self).__name__)
        self.layouts = {
            'full': self._layout('leftImg8bit', '.png', label_map),
            'small': self._layout('leftImg8bit_small', '.jpg', label_map,
                                  fit=True)
        }
        super().__init__(data_root, tasks, split,
                         metainfo={**meta, **(metainfo or {})}, **kwargs)

    @staticmethod
    def _layout(images: str, ending: str, label_map: Mapping[int, int],
                **options) -> dict[str, dict]:
        stereo = dict(folder='disparity', suffix='_disparity.png',
                      camera=True, **options)
        return dict(
            image=dict(folder=images, suffix=f'_leftImg8bit{ending}'),
            semseg=dict(folder='gtFine', suffix='_gtFine_labelIds.png',
                        label_map=label_map, **options),
            depth=dict(stereo, **DEPTH),
            normals=dict(stereo, from_depth={**DEPTH, **FIT}))

    def ids_of(self, folder: DataFolder, split: str) -> list[str]:
        """See the base class; an id is ``SPLIT/CITY/ID``."""
        layouts = ([self.layouts[self.layout]] if self.layout in self.layouts
                   else self.layouts.values())
        return sorted({
            f'{split}/{name}' for files in layouts for name in folder.names(
                f'{files["image"]["folder"]}/{split}',
                files['image']['suffix'])
        })
