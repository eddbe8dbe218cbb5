# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence
from pathlib import Path

import mmcv
import mmengine.fileio as fileio
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.structures import SegDataSample

from mtcp_mm.registry import HOOKS


@HOOKS.register_module()
class MultiTaskVisualizationHook(Hook):
    """Draw samples with their predictions while validating and testing.

    The pictures of a validation go to the backends of the visualizer (the
    local one writes ``<log dir>/vis_data/vis_image``), and so do those of a
    test without ``out_dir``. Needs a
    :class:`mtcp_mm.visualization.MultiTaskLocalVisualizer`.

    Args:
        draw (bool): Whether to draw at all. Defaults to False.
        interval (int): Draw every ``interval``-th batch. Defaults to 50.
        show (bool): Open a window for every picture. Defaults to False.
        wait_time (float): Seconds until a window closes, 0: until a key is
            pressed. Defaults to 0.
        out_dir (str, optional): A test writes ``<out_dir>/<sample>.png``,
            from every rank.
        max_images (int, optional): Most pictures of a rank in one validation
            or test. Defaults to None, no limit.
        backend_args (dict, optional): How images are read, see
            :mod:`mmengine.fileio`.
    """

    def __init__(self,
                 draw: bool = False,
                 interval: int = 50,
                 show: bool = False,
                 wait_time: float = 0.,
                 out_dir: str | None = None,
                 max_images: int | None = None,
                 backend_args: dict | None = None) -> None:
        self.draw = draw
        self.interval = interval
        self.show = show
        self.wait_time = wait_time
        self.out_dir = out_dir
        self.max_images = max_images
        self.backend_args = dict(backend_args) if backend_args else None
        self.drawn = 0

    def before_val_epoch(self, runner: Runner) -> None:
        """Count the pictures anew."""
        self.drawn = 0

    def before_test_epoch(self, runner: Runner) -> None:
        """Count the pictures anew."""
        self.drawn = 0

    def _after_iter(self,
                    runner: Runner,
                    batch_idx: int,
                    data_batch: dict | None = None,
                    outputs: Sequence[SegDataSample] | None = None,
                    mode: str = 'train') -> None:
        """Draw the samples of a batch.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Index of the batch.
            data_batch (dict, optional): Not used.
            outputs (Sequence[SegDataSample]): Samples with predictions.
            mode (str): 'train' (nothing is drawn), 'val' or 'test'.
        """
        if (not self.draw or mode == 'train'
                or not self.every_n_inner_iters(batch_idx, self.interval)):
            return
        for sample in outputs:
            if self.max_images is not None and self.drawn >= self.max_images:
                return
            self.drawn += 1
            content = fileio.get(sample.img_path, self.backend_args)
            stem = sample.get('sample_id') or Path(sample.img_path).stem
            stem = str(stem).replace('/', '_')
            out_file = None
            if self.out_dir is not None and mode == 'test':
                out_file = str(Path(self.out_dir, f'{stem}.png'))
            runner.visualizer.add_datasample(
                f'{mode}_{stem}',
                mmcv.imfrombytes(content, channel_order='rgb'),
                data_sample=sample,
                show=self.show,
                wait_time=self.wait_time,
                out_file=out_file,
                step=runner.iter)
