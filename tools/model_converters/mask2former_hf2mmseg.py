# Copyright (c) mtcp_mm authors. All rights reserved.
"""Convert a Mask2Former of Hugging Face to the names of mmseg.

    python tools/model_converters/mask2former_hf2mmseg.py \
        model.safetensors mask2former_swin-s_hf.pth

The input is a file of facebook/mask2former-swin-{tiny,small,base,large}-*,
.safetensors or .bin, or the folder that holds one. Sizes are read from the
tensors. The output has `backbone.*` and `decode_head.*` and loads like the
file of the model zoo:

    bash tools/dist_train.sh configs/mtcp_nyud.py 8 --cfg-options \
        model.backbone.init_cfg.checkpoint=mask2former_swin-s_hf.pth \
        model.neck.init_cfg.checkpoint=mask2former_swin-s_hf.pth

See docs/checkpoints.md.
"""
import textwrap
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from safetensors import SafetensorError
from safetensors.torch import load_file

from mtcp_mm import __version__
from mtcp_mm.checkpoints.compare import COMPUTED, CheckpointError, compare
from mtcp_mm.checkpoints.files import read_checkpoint, write_checkpoint
from mtcp_mm.checkpoints.hf import architecture, convert_mask2former
from mtcp_mm.checkpoints.report import PartReport, problem_text
from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.registry import MODELS

FILES = ('model.safetensors', 'pytorch_model.bin')
SIZES = {  # embed_dims, blocks of the third stage
    (96, 6): 'Swin-T',
    (96, 18): 'Swin-S',
    (128, 18): 'Swin-B',
    (192, 18): 'Swin-L'
}
CLASSES = {
    150: 'ADE20K semantic or panoptic',
    100: 'ADE20K instance',
    133: 'COCO panoptic',
    80: 'COCO instance',
    65: 'Mapillary Vistas',
    19: 'Cityscapes semantic or panoptic',
    8: 'Cityscapes instance'
}


def parse_args():
    parser = make_parser(__doc__)
    parser.add_argument('source', type=Path, help='file or folder to read')
    parser.add_argument('target', type=Path, help='.pth file to write')
    return parser.parse_args()


def read(path):
    """Tensors by name, from a file or the folder that holds it."""
    if path.is_dir():
        found = [path / name for name in FILES if (path / name).is_file()]
        if not found:
            raise CheckpointError(
                f'{path} holds neither of {", ".join(FILES)}. A model in '
                'several files is not read: the published ones are one file.')
        path = found[0]
    if not path.is_file():
        raise CheckpointError(f'{path} does not exist.')
    if path.suffix != '.safetensors':
        return path, read_checkpoint(path)[1]
    try:
        return path, load_file(path)
    except SafetensorError as error:
        raise CheckpointError(
            f'cannot read {path} as {path.suffix} file: {error}\nWas it '
            'downloaded whole? Git LFS pointers are a few lines of text.'
        ) from error


def complete(state, settings, path):
    """Build the model and see whether the file fills it.

    Adds the tables that mmseg's Swin computes and keeps in its checkpoints.
    """
    for part, prefix in (('backbone', 'backbone.'), ('neck', 'decode_head.')):
        module = MODELS.build(settings[part])
        own = module.state_dict()
        for key, value in own.items():
            if key.rpartition('.')[2] in COMPUTED:
                given = state.setdefault(prefix + key, value)
                if not torch.equal(given, value):
                    raise CheckpointError(
                        f'{path}: `{key}` of the file is another than that '
                        'of mmseg: the windows are numbered in another way, '
                        'so this conversion would be wrong.')
        found = compare(state, module, prefix)
        if not found.fits:
            report = PartReport(part, type(module).__name__, str(path), prefix,
                                found)
            raise CheckpointError(problem_text(report, state, len(own)))


def describe(state, settings):
    """Lines on what the file is."""
    swin, neck = settings['backbone'], settings['neck']
    size = SIZES.get((swin['embed_dims'], swin['depths'][2]), 'a Swin')
    yield (f'{size}: embed_dims {swin["embed_dims"]}, depths '
           f'{swin["depths"]}, window {swin["window_size"]}; '
           f'{neck["num_queries"]} queries, {neck["num_decoder_layers"]} '
           'decoder layers')
    if 'decode_head.cls_embed.weight' in state:
        number = len(state['decode_head.cls_embed.weight']) - 1
        yield (f"class head: {number} classes and 'no object' "
               f'({CLASSES.get(number, "unknown data set")}); kept for mmseg, '
               'MT-CP does not use it')
    else:
        yield 'no class head (a Mask2FormerModel); MT-CP does not use it'


def main():
    args = parse_args()
    init_default_scope('mmseg')
    path, tensors = read(args.source)
    state, ignored = convert_mask2former(tensors)
    settings = architecture(state)
    complete(state, settings, path)
    meta = dict(
        converted_from=path.name, mtcp_mm=__version__, settings=settings)
    write_checkpoint(dict(meta=meta, state_dict=state), args.target)
    print(f'{path}: {len(tensors)} tensors')
    print(*describe(state, settings), sep='\n')
    for key, reason in ignored.items():
        print(f'ignored {key}: {reason}')
    print(f'wrote {args.target}: {len(state)} tensors, which fill '
          'SwinTransformer and Mask2FormerNeck completely. Their settings:')
    for part, setting in settings.items():
        arguments = (f'{k}={v!r}' for k, v in setting.items())
        text = f'{part}=dict({", ".join(arguments)})'
        print(textwrap.fill(text, 78, initial_indent='    ',
                            subsequent_indent='        '))


if __name__ == '__main__':
    run_tool(main)
