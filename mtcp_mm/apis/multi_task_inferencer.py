# Copyright (c) mtcp_mm authors. All rights reserved.
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import mmengine.fileio as fileio
import numpy as np
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.infer.infer import BaseInferencer
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmseg.structures import SegDataSample
from rich.progress import track
from torch import nn

from mtcp_mm.checkpoints.config import config_in_checkpoint
from mtcp_mm.checkpoints.files import read_checkpoint
from mtcp_mm.checkpoints.whole import load_into
from mtcp_mm.utils.settings import apply_settings, load_config_file
from mtcp_mm.visualization import MultiTaskLocalVisualizer
from mtcp_mm.visualization.canvas import shrink
from .config import dataset_meta_of, label_free_pipeline
from .images import (
    ImageError,
    check_array,
    list_images,
    read_photo,
    unique_names,
)
from .packaged import PACKAGED_WEIGHTS
from .result import InferenceResult

#: A file, a folder, a URL or an array.
Input = str | Path | np.ndarray


class MultiTaskInferencer(BaseInferencer):
    """Predict every task for images of any kind.

    .. code-block:: python

        inferencer = MultiTaskInferencer(config, checkpoint)
        depth = inferencer('room.jpg')['predictions'][0]['depth']  # metres

    Images go through the test pipeline of the config, less what loads labels.
    Predictions have the size of the image. Results of one batch are handed
    out before the next one is read: a folder may have any length with
    :meth:`iterate`.

    Args:
        model (str | Path | Mapping | nn.Module, optional): Config, path of
            one, or a model as :func:`init_model` makes it. None: the config
            in the checkpoint.
        weights (str | Path, optional): Checkpoint, file or URL. None, and no
            model: the small one that comes along, :data:`PACKAGED_WEIGHTS`.
        device (str, optional): 'cuda:0', 'cpu', ... Defaults to the best one
            that is there.
        max_side (int, optional): Larger images are shrunk to this many
            pixels before, and so are their predictions. Logits take
            4 * classes bytes per pixel: 2 GB for 40 classes and 12 megapixel.
            Defaults to None: never.
        show_progress (bool): Draw a progress bar. Defaults to True.

    Raises:
        ValueError: The model has no tasks.
        CheckpointError: The checkpoint cannot be read or does not fit.
    """

    visualize_kwargs = {'return_vis', 'show', 'wait_time'}
    postprocess_kwargs = {'out_dir'}

    def __init__(self,
                 model: str | Path | Mapping | nn.Module | None = None,
                 weights: str | Path | None = None,
                 device: str | None = None,
                 max_side: int | None = None,
                 show_progress: bool = True) -> None:
        if model is None and weights is None:
            weights = PACKAGED_WEIGHTS
        self._ready = model if isinstance(model, nn.Module) else None
        if self._ready is not None:
            if weights is not None:
                raise ValueError('Give weights with a config; the model given '
                                 'here has its own.')
            model = self._ready.cfg
        if isinstance(model, (str, Path)) and Path(model).is_file():
            model = load_config_file(model)
        elif isinstance(model, (Config, Mapping)):
            model = apply_settings(copy.deepcopy(model))
        self.max_side = max_side
        init_default_scope('mmseg')  # that of our configs
        model, weights = (str(x) if isinstance(x, Path) else x
                          for x in (model, weights))
        super().__init__(model, weights, device, 'mmseg', show_progress)

    # ---- model, pipeline, visualizer --------------------------------------
    def _init_model(self, cfg, weights, device='cpu') -> nn.Module:
        if self._ready is not None:
            return self._ready.eval()
        if weights is None:
            self._read = None
        else:
            raw, tensors = read_checkpoint(weights)
            self._read = weights, raw, tensors
            if not cfg:
                cfg.update(config_in_checkpoint(weights, raw))
        model = super()._init_model(cfg, None, device)
        del self._read
        if not getattr(model, 'tasks', None):
            raise ValueError('MultiTaskInferencer needs a model with `tasks` '
                             'such as mtcp_mm.MultiTaskEstimator, but the '
                             f'config has {type(model).__name__}.')
        if str(device).startswith('cpu'):
            model = revert_sync_batchnorm(model)
        return model

    def _load_weights_to_model(self, model, checkpoint, cfg) -> None:
        meta = None
        if self._read is None:
            super()._load_weights_to_model(model, None, cfg)  # it warns
        else:
            path, raw, tensors = self._read
            load_into(model, tensors, path, cfg.get('allow_partial', ()))
            meta = raw.get('meta', {}).get('dataset_meta')
        model.dataset_meta = meta if (meta or {}).get(
            'task_meta') else dataset_meta_of(cfg)

    def _init_pipeline(self, cfg) -> Compose:
        transforms, self._to_float32 = label_free_pipeline(cfg)
        return Compose(transforms)

    def _init_collate(self, cfg) -> Callable:
        loader = cfg.get('test_dataloader') or {}
        # mmengine's would warn where the config is silent
        return super()._init_collate(
            cfg) if 'collate_fn' in loader else pseudo_collate

    def _init_visualizer(self, cfg) -> MultiTaskLocalVisualizer:
        visualizer = MultiTaskLocalVisualizer(tasks=self.model.tasks)
        visualizer.dataset_meta = getattr(self.model, 'dataset_meta', None)
        return visualizer

    # ---- from images to predictions ---------------------------------------
    @staticmethod
    def list_inputs(inputs: Input | Sequence[Input]) -> list[Input]:
        """Images in place of folders.

        Raises:
            FileNotFoundError: A folder without images, or no input at all.
        """
        if isinstance(inputs, (str, Path, np.ndarray)):
            inputs = [inputs]
        found = []
        for item in inputs:
            item = str(item) if isinstance(item, Path) else item
            if (isinstance(item, str) and '://' not in item
                    and fileio.isdir(item)):
                found += list_images(item)
            else:
                found.append(item)
        if not found:
            raise FileNotFoundError('There is no image to predict.')
        return found

    def preprocess(self,
                   inputs: Sequence[Input],
                   batch_size: int = 1,
                   on_error: str = 'raise'
                   ) -> Iterator[tuple[list[InferenceResult], dict | None]]:
        """Read images and make batches.

        Args:
            inputs (Sequence): From :meth:`list_inputs`.
            batch_size (int): Readable images per batch. Defaults to 1.
            on_error (str): 'raise' or 'keep', see :meth:`iterate`.

        Yields:
            tuple: A result for each image of the batch, the broken ones
            included, and what the model takes, None if all are broken.
        """
        names = unique_names(
            item if isinstance(item, str) else f'{i:06d}'
            for i, item in enumerate(inputs))
        results, items = [], []
        for i, (item, name) in enumerate(zip(inputs, names)):
            result = InferenceResult(
                name, item if isinstance(item, str) else f'array {i}')
            try:
                image = (read_photo(item) if isinstance(item, str) else
                         check_array(item, result.source))
                result.original_size = image.shape[:2]
                result.image = shrink(image, self.max_side)
                items.append(self.pipeline(self._describe(result)))
            except ImageError as error:
                if on_error == 'raise':
                    raise
                result.error = error
            results.append(result)
            if len(items) == batch_size:
                yield results, self.collate_fn(items)
                results, items = [], []
        if results:
            yield results, self.collate_fn(items) if items else None

    def _describe(self, result: InferenceResult) -> dict:
        """What the pipeline finds of an image that has no labels."""
        image = np.ascontiguousarray(result.image[..., ::-1])
        return dict(
            img=image.astype(np.float32) if self._to_float32 else image,
            img_path=result.source,
            img_shape=image.shape[:2],
            ori_shape=image.shape[:2],
            sample_id=result.name,
            tasks={},
            label_infos={},
            seg_fields=[])

    def iterate(self,
                inputs: Input | Sequence[Input],
                batch_size: int = 1,
                on_error: str = 'raise') -> Iterator[InferenceResult]:
        """Predict one batch after the other.

        Args:
            inputs: Path of an image or a folder, array (H, W, 3) in BGR, or
                a list of these.
            batch_size (int): Images per forward pass. Defaults to 1.
            on_error (str): 'raise', or 'keep': a broken image has a result
                with an ``error`` and nothing else.

        Yields:
            InferenceResult: In the order of the inputs.
        """
        if on_error not in ('raise', 'keep'):
            raise ValueError("`on_error` must be 'raise' or 'keep', but is "
                             f'{on_error!r}.')
        if batch_size < 1:
            raise ValueError(f'`batch_size` must be >= 1, but is {batch_size}')
        inputs = self.list_inputs(inputs)
        for results, data in self.preprocess(inputs, batch_size, on_error):
            samples = iter([] if data is None else self.forward(data))
            for result in results:
                if result.error is None:
                    result.sample = next(samples).cpu()
                yield result

    # ---- pictures and files -----------------------------------------------
    def visualize(self,
                  inputs: Sequence[InferenceResult],
                  preds: Sequence[SegDataSample] | None = None,
                  return_vis: bool = True,
                  show: bool = False,
                  wait_time: float = 0.) -> list[np.ndarray]:
        """Draw panels.

        Args:
            inputs (Sequence[InferenceResult]): From :meth:`iterate`.
            preds (Sequence, optional): Not used, the results hold them.
            return_vis (bool): Keep the pictures. Defaults to True.
            show (bool): Open a window for each. Defaults to False.
            wait_time (float): Seconds until it closes, 0: until a key is
                pressed. Defaults to 0.

        Returns:
            list[np.ndarray]: uint8 RGB, empty without ``return_vis``.
        """
        pictures = []
        for result in inputs:
            picture = self.visualizer.draw_sample(
                result.image, result.sample, draw_gt=False)
            if show:
                self.visualizer.show(
                    picture, win_name=result.name, wait_time=wait_time)
            if return_vis:
                pictures.append(picture)
        return pictures

    def postprocess(self,
                    preds: Sequence[InferenceResult],
                    visualization: Sequence[np.ndarray],
                    return_datasamples: bool = False,
                    out_dir: str | Path | None = None) -> dict:
        """Save results, and pack them.

        Args:
            preds (Sequence[InferenceResult]): From :meth:`iterate`.
            visualization (Sequence[np.ndarray]): Their panels, or none.
            return_datasamples (bool): Samples in place of arrays.
            out_dir (str | Path, optional): See :meth:`InferenceResult.save`.

        Returns:
            dict: ``predictions`` and ``visualization``.
        """
        tasks = self.model.tasks
        if out_dir is not None:
            for i, result in enumerate(preds):
                result.save(tasks, out_dir,
                            visualization[i] if visualization else None)
        return dict(
            predictions=[
                r.sample if return_datasamples else r.arrays(tasks)
                for r in preds
            ],
            visualization=list(visualization))

    def __call__(self,
                 inputs: Input | Sequence[Input],
                 return_datasamples: bool = False,
                 batch_size: int = 1,
                 return_vis: bool = False,
                 show: bool = False,
                 wait_time: float = 0.,
                 out_dir: str | Path | None = None) -> dict:
        """Predict images and keep the results in memory.

        Args:
            inputs: See :meth:`iterate`.
            return_datasamples (bool): Give ``SegDataSample`` with fields
                ``pred_<task>`` (C, H, W) in place of arrays.
            batch_size (int): Images per forward pass. Defaults to 1.
            return_vis (bool): Draw panels and return them.
            show (bool): Show panels in a window.
            wait_time (float): Seconds until it closes, 0: at a key.
            out_dir (str | Path, optional): Save arrays and panels here.

        Returns:
            dict: Lists in the order of the inputs: ``predictions``, dicts of
            task to array as :meth:`InferenceResult.arrays` describes them,
            and ``visualization``, uint8 RGB panels if ``return_vis``.

        Raises:
            ImageError: An image cannot be read; :meth:`iterate` can go on.
        """
        inputs = self.list_inputs(inputs)
        results = self.iterate(inputs, batch_size)
        if self.show_progress:
            results = track(results, 'Inference', total=len(inputs))
        packed = dict(predictions=[], visualization=[])
        for result in results:
            draw = return_vis or show or out_dir is not None
            pictures = self.visualize(
                [result], show=show, wait_time=wait_time) if draw else []
            part = self.postprocess([result], pictures, return_datasamples,
                                    out_dir)
            packed['predictions'] += part['predictions']
            if return_vis:
                packed['visualization'] += part['visualization']
        return packed
