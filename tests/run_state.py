# Copyright (c) mtcp_mm authors. All rights reserved.
"""All that a training leaves behind, but for what the clock says."""
import json
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

#: Last part of the names of what the clock and the machine decide.
CLOCK = ('time', 'data_time', 'memory', 'eta', 'experiment_name')
#: In another folder, or resumed: the config says so.
CONFIG = ('cfg', )
PATHS = ('last_ckpt', 'best_ckpt')


def state_of(folder):
    """Files of a run, content of its checkpoints, and what it logged."""
    files = {f.name: torch.load(f, weights_only=False)
             for f in Path(folder).glob('*.pth')}
    pointer = Path(folder, 'last_checkpoint').read_text()
    return dict(
        names=sorted(f.name for f in Path(folder).iterdir() if f.is_file()),
        files=files, pointer=Path(pointer).name, log=logged_in(folder))


def logged_in(folder):
    """Numbers by kind and step: a list of what was logged for it, as what a
    kill undid is done and logged again. A kill may tear the last line."""
    found = {}
    for path in sorted(Path(folder).glob('*/vis_data/scalars.json')):
        *lines, torn = path.read_text().split('\n')
        for line in map(json.loads, lines):
            values = {k: v for k, v in line.items() if k not in CLOCK}
            kind = 'train' if 'loss' in line else 'val'
            found.setdefault((kind, line['step']), []).append(values)
    return found


def differences(a, b, name=''):
    """Names of what is not equal to the last bit, and what is there."""
    if isinstance(a, HistoryBuffer):
        a, b = a.data, getattr(b, 'data', b)
    if type(a) is not type(b):
        return [f'{name}: {type(a).__name__}, {type(b).__name__}']
    if isinstance(a, torch.Tensor):
        same = a.dtype == b.dtype and a.shape == b.shape and (
            a.numpy().tobytes() == b.numpy().tobytes())
        return [] if same else [f'{name}: tensor']
    if isinstance(a, np.ndarray):
        same = a.shape == b.shape and a.tobytes() == b.tobytes()
        return [] if same else [f'{name}: {a.shape}, {b.shape}']
    if isinstance(a, dict):
        def of(x):
            return {k: v for k, v in x.items() if str(k).rpartition('/')[2]
                    not in CLOCK + CONFIG}

        a, b = of(a), of(b)
        lost = [f'{name}/{k}: only in one' for k in a.keys() ^ b.keys()]
        return sorted(lost) + [
            x for k in a if k in b
            for x in differences(a[k], b[k], f'{name}/{k}')]
    if isinstance(a, (list, tuple)):
        if len(a) != len(b):
            return [f'{name}: {len(a)} and {len(b)} items']
        return [x for i, (v, w) in enumerate(zip(a, b))
                for x in differences(v, w, f'{name}/{i}')]
    if isinstance(a, str) and name.rpartition('/')[2] in PATHS:
        a, b = Path(a).name, Path(b).name
    return [] if a == b or a != a and b != b else [f'{name}: {a}, {b}']


def compare(whole, cut):
    """What of the end states of two runs is not equal.

    Args:
        whole (dict): :func:`state_of` a run that was left alone.
        cut (dict): Of one that was killed: it may log a step several times.

    Returns:
        list[str]: Names, empty if all is equal to the last bit.
    """
    logs = [dict(s['log']) for s in (whole, cut)]
    for step, values in logs[1].items():
        if step in logs[0]:  # all must be what was logged once
            logs[0][step] = logs[0][step] * len(values)
    return differences(dict(whole, log=logs[0]), dict(cut, log=logs[1]))
