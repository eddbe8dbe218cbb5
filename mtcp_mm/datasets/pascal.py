# Copyright (c) mtcp_mm authors. All rights reserved.
from mmseg.datasets import PascalVOCDataset

from mtcp_mm.registry import DATASETS
from .base import MultiTaskDataset
from .pascal_files import (
    PART_GROUPS,
    decode_edges,
    decode_normals_valid,
    decode_parts,
)

VOC = PascalVOCDataset.METAINFO
#: Not the black of VOC: that is how pixels without label are drawn.
BACKGROUND = [225, 225, 225]
CONTEXT = dict(folder='pascal-context/trainval', suffix='.mat')


@DATASETS.register_module()
class PASCALContextMultiTaskDataset(MultiTaskDataset):
    """PASCAL-Context for several tasks (4998 / 5105 images).

    The archive ``PASCAL_MT`` of ASTMT (``PASCALContext`` of ATRC is the
    same), as MT-CP and its peers use it:

    .. code-block:: none

        data_root
        ├── JPEGImages               *.jpg
        ├── semseg/VOC12             *.png  0 = background, 1..20, 255 = void
        ├── semseg/pascal-context    *.png  for images without a VOC12 label
        ├── human_parts              *.mat  `anno` struct of PASCAL-Part
        ├── sal_distill              *.png  salient above 0.5 * 255
        ├── normals_distill          *.png  2 * v / 255 - 1
        ├── pascal-context/trainval  *.mat  `LabelMap`, 459 classes
        └── ImageSets/Context        train.txt, val.txt: an id per line

    Saliency and normals are the output of other networks. Normals count only
    where the label map has a class that their network has seen, see
    :data:`mtcp_mm.datasets.pascal_files.NORMALS_LABELS`. Parts are merged to
    six, edges are the boundaries of the label map. Files are read when they
    are needed; nothing is written.

    Args: See :class:`MultiTaskDataset`.
    """

    METAINFO = dict(
        classes=VOC['classes'],
        palette=[BACKGROUND, *VOC['palette'][1:]],
        task_meta=dict(
            human_parts=dict(
                classes=('background', *PART_GROUPS),
                palette=[
                    BACKGROUND, [230, 159, 0], [86, 180, 233], [0, 158, 115],
                    [240, 228, 66], [0, 114, 178], [213, 94, 0]
                ])))
    split_dir = 'ImageSets/Context'
    layouts = dict(
        pascal_mt=dict(
            image=dict(folder='JPEGImages', suffix='.jpg'),
            semseg=dict(
                folder=('semseg/VOC12', 'semseg/pascal-context'),
                suffix='.png'),
            human_parts=dict(
                folder='human_parts', suffix='.mat', decoder=decode_parts),
            saliency=dict(folder='sal_distill', suffix='.png', high=255),
            normals=dict(
                folder='normals_distill',
                suffix='.png',
                valid=dict(CONTEXT, decoder=decode_normals_valid)),
            edge=dict(CONTEXT, decoder=decode_edges)))
