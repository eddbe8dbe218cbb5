# Copyright (c) mtcp_mm authors. All rights reserved.
"""The MATLAB files of PASCAL-Part and PASCAL-Context."""
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from scipy.io import loadmat

from mtcp_mm.evaluation.edges.thinning import thin

#: PASCAL's number of the class "person".
PERSON = 15
#: Parts that PASCAL-Part draws on a person, by the part they are taken for.
#: Of those in the second row there is a left and a right one. The same six
#: groups as in ASTMT, MTI-Net and ATRC (`HUMAN_PART[6]` there): the neck
#: belongs to the torso, a hand to the lower arm, a foot to the lower leg.
PART_GROUPS = {
    'head': ('head hair nose mouth', 'ear eye ebrow'),
    'torso': ('torso neck', ''),
    'upper arms': ('', 'uarm'),
    'lower arms': ('', 'larm hand'),
    'upper legs': ('', 'uleg'),
    'lower legs': ('', 'lleg foot'),
}
PART_INDEX = {
    side + name: index
    for index, names in enumerate(PART_GROUPS.values(), 1)
    for sides, group in zip(([''], ['l', 'r']), names)
    for name in group.split() for side in sides
}

#: Labels of PASCAL-Context on which the distilled normals are trusted, those
#: of a network trained on NYUD-v2: the 169 of 459 whose names are also names
#: of its 894 classes, and 427, "tvmonitor". Everything else, such as the sky
#: or a horse, has no normals (the rule of ASTMT and MTI-Net).
NORMALS_LABELS = (
    3, 4, 6, 9, 10, 11, 13, 15, 17, 18, 22, 23, 29, 30, 33, 34, 36, 37, 38,
    39, 41, 43, 46, 49, 50, 51, 53, 55, 56, 59, 61, 62, 65, 66, 68, 69, 72,
    73, 78, 83, 84, 85, 87, 88, 95, 96, 101, 104, 105, 107, 111, 113, 115,
    122, 124, 135, 141, 142, 143, 146, 150, 154, 157, 158, 159, 165, 172, 174,
    181, 183, 184, 191, 193, 195, 197, 199, 202, 213, 215, 216, 219, 220, 223,
    225, 228, 230, 232, 233, 238, 239, 242, 243, 246, 250, 251, 252, 255, 260,
    261, 263, 269, 272, 273, 275, 281, 283, 284, 285, 286, 287, 288, 290, 291,
    292, 293, 295, 304, 307, 309, 310, 314, 315, 319, 323, 329, 330, 331, 336,
    342, 345, 349, 350, 351, 352, 355, 357, 368, 370, 371, 374, 379, 380, 383,
    384, 397, 401, 403, 405, 407, 408, 411, 412, 413, 414, 417, 419, 421, 423,
    427, 429, 430, 432, 440, 441, 442, 443, 444, 446, 454, 457)


def read_variable(content: bytes, name: str) -> Any:
    """One variable of a MATLAB file; structs become dicts.

    Args:
        content (bytes): The file.
        name (str): The variable.

    Raises:
        ValueError: There is no such variable.
    """
    variables = loadmat(
        BytesIO(content), variable_names=[name], simplify_cells=True)
    if name not in variables:
        raise ValueError(f'it has no variable `{name}`')
    return variables[name]


def as_list(structs: Any) -> Sequence[dict]:
    """Structs of an array; one is not in a list, and none is an array."""
    if isinstance(structs, dict):
        return [structs]
    return [s for s in np.ravel(structs) if isinstance(s, dict)]


def decode_parts(content: bytes) -> np.ndarray:
    """Parts of all people in an annotation of PASCAL-Part.

    Args:
        content (bytes): A ``.mat`` file with the struct ``anno``.

    Returns:
        np.ndarray: uint8 (H, W), 1..6 in the order of :data:`PART_GROUPS`,
        everything else 0. Where parts overlap, the later one counts.

    Raises:
        ValueError: No such struct, or an unknown part.
    """
    objects = as_list(read_variable(content, 'anno')['objects'])
    if not objects:
        raise ValueError('`anno` lists no objects')
    label = np.zeros(objects[0]['mask'].shape, np.uint8)
    for person in objects:
        if int(person['class_ind']) != PERSON:
            continue
        for part in as_list(person['parts']):
            if part['part_name'] not in PART_INDEX:
                raise ValueError(
                    f'a person has the unknown part {part["part_name"]!r}; '
                    f'known are {", ".join(PART_INDEX)}')
            label[part['mask'] != 0] = PART_INDEX[part['part_name']]
    return label


def decode_edges(content: bytes) -> np.ndarray:
    """Boundaries between the labels of PASCAL-Context, one pixel wide.

    Both sides of a boundary, where the Laplacian of the label numbers is not
    0, thinned to a line: the rule of ASTMT and MTI-Net.

    Args:
        content (bytes): A ``.mat`` file of PASCAL-Context with ``LabelMap``.

    Returns:
        np.ndarray: bool (H, W).
    """
    labels = read_variable(content, 'LabelMap')
    return thin(cv2.Laplacian(labels.astype(np.float64), cv2.CV_64F) != 0)


def decode_normals_valid(content: bytes) -> np.ndarray:
    """Where the distilled normals are trusted.

    Args:
        content (bytes): A ``.mat`` file of PASCAL-Context with ``LabelMap``.

    Returns:
        np.ndarray: bool (H, W).
    """
    return np.isin(read_variable(content, 'LabelMap'), NORMALS_LABELS)
