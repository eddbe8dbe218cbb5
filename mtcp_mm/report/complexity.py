# Copyright (c) mtcp_mm authors. All rights reserved.
"""Parameters, floating point operations and time of a model."""
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import prod

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop

from mtcp_mm.utils.errors import UsageError

aten = torch.ops.aten
#: What :func:`count_flops` leaves out, for people.
NOT_COUNTED = ('normalisations, activations, softmax, pooling, interpolation '
               'of maps, and other element-wise work')


def grid_sample_flop(input_shape: tuple, grid_shape: tuple, *_, **__) -> int:
    """Bilinear look-up: 4 products and 4 sums per value that is read.

    This is what deformable attention samples its values with.

    Args:
        input_shape (tuple): (N, C, H, W).
        grid_shape (tuple): (N, rows, columns, 2).
        *_: Modes of the operator.
        **__: Shape of the output.
    """
    return 8 * input_shape[1] * prod(grid_shape[:-1])


def cpu_attention_flop(query: tuple, key: tuple, value: tuple, *_,
                       **__) -> int:
    """The CPU's fused attention, which torch leaves out of its table."""
    return sdpa_flop(query, key, value)


#: Formulas beside torch's own, by operator.
EXTRA_FORMULAS = {
    aten.grid_sampler_2d: grid_sample_flop,
    aten._scaled_dot_product_flash_attention_for_cpu: cpu_attention_flop,
}


def count_parameters(model: nn.Module) -> dict[str, dict[str, int]]:
    """Number of parameters of a model and its children.

    Args:
        model (nn.Module): The model.

    Returns:
        dict: 'total' and the names of the children, each to
        ``dict(all=..., trainable=...)``. A tensor that two children share is
        counted in both, but once in the total.
    """

    def count(module: nn.Module) -> dict[str, int]:
        parameters = list(module.parameters())
        return dict(
            all=sum(p.numel() for p in parameters),
            trainable=sum(p.numel() for p in parameters if p.requires_grad))

    parts = {name: count(m) for name, m in model.named_children()}
    return dict(total=count(model), **{
        name: part for name, part in parts.items() if part['all']
    })


@contextmanager
def _countable(model: nn.Module) -> Iterator[None]:
    """Make every operation visible to the counter.

    ``nn.MultiheadAttention`` is kept off its fused path, and parameters ask
    for no gradient: the counter stumbles over those that do where gradients
    are switched off.
    """
    enabled = torch.backends.mha.get_fastpath_enabled()
    trainable = [p for p in model.parameters() if p.requires_grad]
    torch.backends.mha.set_fastpath_enabled(False)
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
        for parameter in trainable:
            parameter.requires_grad_(True)


@torch.no_grad()
def count_flops(model: nn.Module, *inputs, **kwargs) -> dict[str, int]:
    """Floating point operations of one forward pass, counted as it runs.

    Convolutions, products of matrices, attention and the bilinear look-ups
    of deformable attention. A multiplication and an addition are 2
    operations; many papers count them as 1 (and some call that FLOPs too).
    Run it on the CPU: the CUDA kernel of mmcv's deformable attention does
    not show its work.

    Args:
        model (nn.Module): The model; its mode (train, eval) is not changed.
        *inputs (Any): Its arguments.
        **kwargs (Any): Further ones.

    Returns:
        dict[str, int]: 'total' and the names of the children that work.

    Examples:
        >>> conv = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False))
        >>> count_flops(conv, torch.zeros(1, 3, 12, 12))['total']
        43200
    """
    counter = FlopCounterMode(display=False, custom_mapping=EXTRA_FORMULAS)
    with _countable(model), counter:
        model(*inputs, **kwargs)
    counts = counter.get_flop_counts()
    root = type(model).__name__
    flops = dict(total=counter.get_total_flops())
    for name, _ in model.named_children():
        part = sum(counts.get(f'{root}.{name}', {}).values())
        part = part or sum(counts.get(name, {}).values())
        if part:
            flops[name] = part
    return flops


@torch.no_grad()
def time_forward(forward: Callable[[], object],
                 device: torch.device | str = 'cpu',
                 repeat: int = 5) -> float:
    """Median seconds of a call, one more before them not counted.

    Args:
        forward (Callable): What to run.
        device (torch.device | str): Where it runs; a GPU is waited for.
        repeat (int): Calls that are timed. Defaults to 5.
    """

    def wait() -> None:
        if torch.device(device).type == 'cuda':
            torch.cuda.synchronize(device)

    seconds = []
    for _ in range(1 + repeat):
        wait()
        start = time.perf_counter()
        forward()
        wait()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def describe_device(device: torch.device | str) -> str:
    """Name of a device, with the threads of a CPU."""
    device = torch.device(device)
    if device.type == 'cuda':
        return torch.cuda.get_device_name(device)
    return f'{device.type}, {torch.get_num_threads()} thread(s)'


def input_shape(cfg: Mapping) -> tuple[int, int]:
    """Height and width of what the network gets in testing.

    That of the ``Resize`` in the test pipeline, or the size to which the
    data preprocessor pads, a multiple of its ``size_divisor``.

    Args:
        cfg (Mapping): A whole config.

    Raises:
        UsageError: The config does not say it.
    """
    padding = cfg['model'].get('data_preprocessor') or {}
    padding = {**padding, **(padding.get('test_cfg') or {})}
    dataset = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    scales = [
        step['scale'] for step in dataset.get('pipeline') or ()
        if str(step.get('type', '')).endswith('Resize') and 'scale' in step
    ]
    shape = padding.get('size') or (scales[-1][::-1] if scales else None)
    if shape is None:
        raise UsageError(
            'The size of the image is not known: test_dataloader.dataset.'
            'pipeline has no Resize with a `scale` and model.'
            'data_preprocessor no `size`. Say it with --shape H W.')
    divisor = padding.get('size_divisor') or 1
    height, width = (-(-side // divisor) * divisor for side in shape)
    return height, width


def human(number: float) -> str:
    """Short form with a decimal prefix: 1234567 is '1.23 M'.

    >>> human(999), human(43200), human(1.5e12)
    ('999', '43.2 k', '1.5 T')
    """
    for size, prefix in ((1e12, 'T'), (1e9, 'G'), (1e6, 'M'), (1e3, 'k')):
        if abs(number) >= size:
            return f'{number / size:.3g} {prefix}'
    return f'{number:.3g}'
