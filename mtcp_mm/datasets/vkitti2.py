# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mtcp_mm.registry import DATASETS
from mtcp_mm.utils.errors import DataNotFoundError, nearest
from .driving_classes import (
    VKITTI2_COLOURS,
    VKITTI2_IDS,
    VKITTI2_SETS,
    choose,
)
from .folder import DataFolder
from .without_lists import DatasetWithoutLists, leaking_split, seeded_split

SCENES = ('Scene01', 'Scene02', 'Scene06', 'Scene18', 'Scene20')
VARIATIONS = ('clone', 'fog', 'morning', 'overcast', 'rain', 'sunset',
              '15-deg-left', '15-deg-right', '30-deg-left', '30-deg-right')
CAMERAS = ('Camera_0', 'Camera_1')
SPLITS_BY = ('scene', 'seeded', 'released_leaking')
#: Centimetres; 65535 is the sky, or whatever is beyond the far plane.
DEPTH = dict(scale=0.01, far=655.)
#: Exact but for the rounding. A road is steep in 1 / z near the horizon.
FIT = dict(radius=2, noise=0., slope=.1)
PATH = '{scene}/{variation}/frames/'
FIELDS = ('scene', 'variation', 'camera', 'frame')


@DATASETS.register_module()
class VKITTI2MultiTaskDataset(DatasetWithoutLists):
    """Virtual KITTI 2.0.3: classes, depth, normals from it.

    .. code-block:: none

        data_root/SCENE/VARIATION/frames
        ├── rgb/CAMERA                rgb_00000.jpg, 375x1242
        ├── depth/CAMERA              depth_00000.png, 16 bits, centimetres
        └── classSegmentation/CAMERA  classgt_00000.png, colours

    The set has no split of its own. With all ten variations and one camera
    there are 21260 images of 2126 moments.

    Args:
        data_root (str): Folder of the data set.
        tasks (Mapping): Task name to config.
        split (str): 'train', 'val' or 'all'. Defaults to 'train'.
        split_by (str): What separates the two:

            - 'scene': `val_scenes` are for validation. The only one that
              asks for streets that were never seen.
            - 'seeded': 80 % of the moments by lot; a moment is on the same
              side in all variations and cameras. The frame before or after
              looks almost the same and may be on the other side.
            - 'released_leaking': as the code of DenseMTL does it: 80 % of
              the validation images are trained on. For comparison only.
        scenes, variations, cameras (Sequence[str]): Which ones. Default to
            all five, 'clone' and 'Camera_0'.
        val_scenes (Sequence[str]): Defaults to 'Scene18' (339 frames).
        seed (int): Of the lot. Defaults to 42.
        classes (int): 14, or the 8 that Cityscapes has, too. Defaults to 14.
        metainfo (Mapping, optional): See :class:`MultiTaskDataset`.
        **kwargs: See :class:`MultiTaskDataset`.

    Raises:
        ValueError: An option that the set does not have.
    """

    METAINFO = choose(VKITTI2_SETS, 14, VKITTI2_IDS, 'Virtual KITTI 2')[0]
    splits = ('train', 'val', 'all')
    id_fields = FIELDS
    camera = dict(fx=725.0087, fy=725.0087, cx=620.5, cy=187.,
                  size=(375, 1242))

    def __init__(self, data_root: str | None = None,
                 tasks: Mapping | None = None, split: str = 'train',
                 split_by: str = 'scene',
                 scenes: Sequence[str] = SCENES,
                 variations: Sequence[str] = ('clone', ),
                 cameras: Sequence[str] = ('Camera_0', ),
                 val_scenes: Sequence[str] = ('Scene18', ),
                 seed: int = 42, classes: int = 14,
                 metainfo: Mapping | None = None, **kwargs) -> None:
        for name, values, known in (
                ('split_by', [split_by], SPLITS_BY),
                ('scenes', scenes, SCENES),
                ('variations', variations, VARIATIONS),
                ('cameras', cameras, CAMERAS),
                ('val_scenes', val_scenes, SCENES)):
            _require_known(name, values, known)
        if split_by == 'scene' and split != 'all' and not (
                set(val_scenes) & set(scenes) and set(scenes) - set(
                    val_scenes)):
            raise ValueError(
                f'val_scenes={tuple(val_scenes)} leaves no scene of '
                f'scenes={tuple(scenes)} for one of train and val: name some '
                "of them, but not all, or set split_by='seeded'.")
        self.places = [(s, v, c) for s in scenes for v in variations
                       for c in cameras]
        self.split_by, self.seed = split_by, seed
        self.val_scenes = tuple(val_scenes)
        meta, label_map = choose(VKITTI2_SETS, classes, VKITTI2_IDS,
                                 type(self).__name__)
        depth = dict(path=f'{PATH}depth/{{camera}}/depth_{{frame}}.png')
        self.layouts = dict(vkitti2=dict(
            image=dict(path=f'{PATH}rgb/{{camera}}/rgb_{{frame}}.jpg'),
            semseg=dict(
                path=f'{PATH}classSegmentation/{{camera}}/'
                'classgt_{frame}.png',
                colours=list(VKITTI2_COLOURS.values()), label_map=label_map),
            depth=dict(depth, **DEPTH),
            normals=dict(depth, camera=True,
                         from_depth={**DEPTH, **FIT})))
        super().__init__(data_root, tasks, split,
                         metainfo={**meta, **(metainfo or {})}, **kwargs)

    def ids_of(self, folder: DataFolder, split: str) -> list[str]:
        """See the base class; an id is ``SCENE/VARIATION/CAMERA/00000``."""
        ids = []
        for scene, variation, camera in self.places:
            place = f'{scene}/{variation}/frames/rgb/{camera}'
            names = folder.names(place, '.jpg', recursive=False)
            frames = [n.removeprefix('rgb_') for n in names]
            if not frames:
                raise DataNotFoundError(
                    f'{folder.path(place)} holds no images rgb_<frame>.jpg. '
                    'Unpack vkitti_2.0.3_rgb.tar, or leave the scene, '
                    'variation or camera out of `scenes`, `variations` and '
                    f'`cameras`. {self._expected()}')
            ids += [f'{scene}/{variation}/{camera}/{f}' for f in frames]
        if self.split_by == 'released_leaking':
            return leaking_split(ids, split, self.seed)
        if self.split_by == 'seeded':
            return seeded_split(ids, split, self.seed, _moment)
        return sorted(i for i in ids if split == 'all' or (
            i.partition('/')[0] in self.val_scenes) == (split == 'val'))


def _moment(sample_id: str) -> str:
    """Scene and frame of an image."""
    scene, _, _, frame = sample_id.split('/')
    return f'{scene}/{frame}'


def _require_known(name: str, values: Sequence[str],
                   known: Sequence[str]) -> None:
    if isinstance(values, str) or not values:
        raise ValueError(f'{name}={values!r} must be a list of names, such as '
                         f'{name}=({known[0]!r}, ).')
    for value in values:
        if value not in known:
            raise ValueError(
                f'{name}: {value!r} is not known.{nearest(str(value), known)} '
                f'Known: {", ".join(known)}.')
