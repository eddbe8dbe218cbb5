# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping

import cv2
import mmcv
import numpy as np
import torch
from mmengine.structures import PixelData
from mmengine.visualization import Visualizer
from mmseg.structures import SegDataSample

from mtcp_mm.registry import VISUALIZERS
from mtcp_mm.tasks import DenseTask, build_tasks
from .canvas import Entry, draw_grid, enlarge


@VISUALIZERS.register_module()
class MultiTaskLocalVisualizer(Visualizer):
    """One picture per sample: the image, and a column for every task.

    The first row shows the ground truth, the second one the prediction, on
    the colour scale of the ground truth; what a sample lacks is left out. A
    legend names the classes that occur. Small images are enlarged, so that
    panels are at least :attr:`min_height` pixels high.

    Args:
        name (str): Name of the instance. Defaults to 'visualizer'.
        tasks (Mapping, optional): The ``tasks`` of the config. Without them
            :class:`MultiTaskVisualizationHook` takes those of the model.
        **kwargs: ``vis_backends``, ``save_dir`` etc., see
            :class:`mmengine.visualization.Visualizer`.
    """

    min_height = 200

    def __init__(self,
                 name: str = 'visualizer',
                 tasks: Mapping[str, dict | DenseTask] | None = None,
                 **kwargs) -> None:
        super().__init__(name, **kwargs)
        self.tasks = {} if tasks is None else build_tasks(tasks)

    @property
    def dataset_meta(self) -> dict | None:
        """dict, optional: Meta information of the data set.

        Known on every rank, unlike in mmengine: every rank draws its samples
        when they go to files.
        """
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        self._dataset_meta = dataset_meta

    def add_datasample(self,
                       name: str,
                       image: np.ndarray,
                       data_sample: SegDataSample | None = None,
                       draw_gt: bool = True,
                       draw_pred: bool = True,
                       show: bool = False,
                       wait_time: float = 0,
                       out_file: str | None = None,
                       step: int = 0,
                       with_labels: bool = True) -> None:
        """Draw a sample and show or store it.

        Args:
            name (str): Name of the picture in the backends and the window.
            image (np.ndarray): Image (H, W, 3), uint8 RGB.
            data_sample (SegDataSample, optional): Holds ``gt_<task>`` and
                ``pred_<task>``.
            draw_gt (bool): Draw the ground truth. Defaults to True.
            draw_pred (bool): Draw the predictions. Defaults to True.
            show (bool): Open a window. Defaults to False.
            wait_time (float): Seconds until the window closes, 0: until a
                key is pressed. Defaults to 0.
            out_file (str, optional): Write this file, on whichever rank;
                None: the main process hands the picture to the backends.
            step (int): Step for the backends. Defaults to 0.
            with_labels (bool): Draw the legend. Defaults to True.
        """
        picture = self.draw_sample(image, data_sample, draw_gt, draw_pred,
                                   with_labels)
        if show:
            self.show(picture, win_name=name, wait_time=wait_time)
        if out_file is not None:
            mmcv.imwrite(mmcv.rgb2bgr(picture), out_file)
        else:
            self.add_image(name, picture, step)

    def draw_sample(self,
                    image: np.ndarray,
                    data_sample: SegDataSample | None = None,
                    draw_gt: bool = True,
                    draw_pred: bool = True,
                    with_labels: bool = True) -> np.ndarray:
        """Draw a sample; for the arguments see :meth:`add_datasample`.

        Returns:
            np.ndarray: uint8 RGB picture.

        Raises:
            ValueError: The visualizer has no tasks.
        """
        if not self.tasks:
            raise ValueError(
                'MultiTaskLocalVisualizer does not know the tasks: give it '
                "`tasks` in the config: visualizer=dict(type='mtcp_mm."
                "MultiTaskLocalVisualizer', tasks=tasks, ...).")
        truths, preds, legend = [], [], []
        for name, task in self.tasks.items():
            truth = self._map(data_sample, task.gt_key) if draw_gt else None
            pred = self._map(data_sample, task.pred_key) if draw_pred else None
            if truth is None and pred is None:
                continue
            meta = self._task_meta(name)
            for maps, data, caption in ((truths, truth, 'ground truth'),
                                        (preds, pred, 'prediction')):
                maps.append(data if data is None else (
                    self._fit(task.draw(data, meta, truth), image),
                    f'{name}: {caption}'))
            if with_labels:
                legend += self._legend(task, meta, truth, pred)
        rows = [row for row in (truths, preds) if any(row)] or [[]]
        rows = [[None, *row] for row in rows]
        rows[0][0] = (self._fit(image, image), 'input')
        return draw_grid(rows, legend)

    def _task_meta(self, name: str) -> dict:
        meta = (self.dataset_meta or {}).get('task_meta') or {}
        return meta.get(name) or {}

    @staticmethod
    def _map(data_sample: SegDataSample | None,
             key: str) -> np.ndarray | None:
        """Array (C, H, W) of a field, None if the sample lacks it."""
        field: PixelData | None = getattr(data_sample, key, None)
        if field is None:
            return None
        data = torch.as_tensor(field.data).detach().cpu()
        return (data.float() if data.is_floating_point() else data).numpy()

    def _fit(self, picture: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Picture in the size of the image, both enlarged if small."""
        height, width = image.shape[:2]
        if picture.shape[:2] != (height, width):
            picture = cv2.resize(
                picture, (width, height), interpolation=cv2.INTER_NEAREST)
        return enlarge(np.ascontiguousarray(picture), self.min_height)

    @staticmethod
    def _legend(task: DenseTask, meta: dict,
                *maps: np.ndarray | None) -> list[Entry]:
        """Names and colours of the classes that occur in the maps."""
        names = meta.get('classes', ())
        maps = [np.unique(data) for data in maps if data is not None]
        entries = []
        for index in np.unique(np.concatenate(maps)).tolist():
            if names and 0 <= index < len(names):
                patch = np.full((1, 1, 1), index)
                colour = task.draw(patch, meta)[0, 0].tolist()
                entries.append((str(names[index]), tuple(colour)))
        return entries
