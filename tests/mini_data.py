# Copyright (c) mtcp_mm authors. All rights reserved.
"""Miniature data sets on disk, for tests of the whole way from the files."""
import numpy as np
from PIL import Image
from scipy import io

from mtcp_mm.preparation.demo_scenes import write_demo
from mtcp_mm.preparation.street_scenes import write_driving

SIZE = (64, 80)


def write_nyud(root):
    """Two synthetic rooms and two others, in the layout of NYUD_MT."""
    write_demo(
        str(root), num_train=2, num_val=2, size=SIZE, seed=0, layout='mt',
        workers=1)
    return root


def struct(**fields):
    """A MATLAB struct as `savemat` wants it."""
    array = np.zeros((1, 1), [(name, object) for name in fields])
    array[0, 0] = tuple(fields.values())
    return array


def write_pascal(root, normals=False):
    """People made of boxes before a sofa, in the layout of PASCAL_MT."""
    folders = ('JPEGImages', 'semseg/VOC12', 'human_parts', 'sal_distill',
               'pascal-context/trainval', 'ImageSets/Context',
               *['normals_distill'] * normals)
    for folder in folders:
        (root / folder).mkdir(parents=True)
    rng = np.random.RandomState(0)
    for split in ('train', 'val'):
        names = [f'{split}_{i}' for i in range(2)]
        (root / 'ImageSets/Context' / f'{split}.txt').write_text(
            '\n'.join(names) + '\n')
        for name in names:
            image = rng.randint(0, 256, (*SIZE, 3)).astype(np.uint8)
            left = rng.randint(10, 50)
            masks = {}
            for part, rows in dict(
                    head=(5, 20), torso=(20, 40), lfoot=(40, 60)).items():
                masks[part] = np.zeros(SIZE, np.uint8)
                masks[part][slice(*rows), left:left + 20] = 1
            person = np.any(list(masks.values()), 0)
            semseg = np.where(person, 15, 18).astype(np.uint8)
            semseg[:2] = 255
            parts = np.concatenate([
                struct(part_name=part, mask=mask)
                for part, mask in masks.items()
            ], 1)
            anno = struct(
                imname=name,
                objects=struct(
                    **{'class': 'person'},
                    class_ind=15,
                    mask=person.astype(np.uint8),
                    parts=parts))
            images = {
                'JPEGImages/{}.jpg': image,
                'semseg/VOC12/{}.png': semseg,
                'sal_distill/{}.png': person.astype(np.uint8) * 255
            }
            if normals:
                images['normals_distill/{}.png'] = np.where(
                    person[..., None], (128, 128, 0),
                    (128, 0, 128)).astype(np.uint8)
            for path, array in images.items():
                Image.fromarray(array).save(root / path.format(name))
            io.savemat(root / f'human_parts/{name}.mat', dict(anno=anno))
            io.savemat(root / f'pascal-context/trainval/{name}.mat',
                       dict(LabelMap=semseg.astype(np.uint16)))
    return root


def write_driving_sets(folder):
    """Streets of boxes: type of each driving data set to its folder."""
    kinds = dict(
        CityscapesMultiTaskDataset='cityscapes',
        VKITTI2MultiTaskDataset='vkitti2',
        SynthiaMultiTaskDataset='synthia')
    for kind in kinds.values():
        write_driving(str(folder / kind), kind, 4, 1)
    return {f'mtcp_mm.{name}': folder / kind for name, kind in kinds.items()}
