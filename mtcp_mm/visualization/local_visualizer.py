# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping

import cv2
import mmcv
import numpy as np
from mmengine.visualization import Visualizer
from mmseg.structures import SegDataSample

from mtcp_mm.registry import VISUALIZERS
from mtcp_mm.tasks import DenseTask, build_tasks
from mtcp_mm.tasks.scale import Entry
from .canvas import draw_grid, enlarge, shrink
from .panels import draw_task


@VISUALIZERS.register_module()
class MultiTaskLocalVisualizer(Visualizer):
    """One picture per sample: the image, and a column for every task.

    The first row shows the ground truth, the second one the prediction, on
    the colour scale of the ground truth, the third one the error; what a
    sample lacks is left out. A legend names the classes that occur, a colour
    bar the values. Panels are at least :attr:`min_height` pixels high, unless
    their longer side had more than :attr:`max_side` then.

    Args:
        name (str): Name of the instance. Defaults to 'visualizer'.
        tasks (Mapping, optional): What to draw. Defaults to the tasks of the
            data set, see ``dataset_meta``.
        with_error (bool): Draw error maps where a sample has both ground
            truth and prediction. Defaults to False.
        error_kinds (Mapping[str, str], optional): Task name to the kind of
            its error, e.g. ``dict(depth='relative')``, see
            :attr:`DenseTask.error_units`.
        **kwargs: ``vis_backends``, ``save_dir`` etc., see
            :class:`mmengine.visualization.Visualizer`.
    """

    min_height = 200
    max_side = 640

    def __init__(self,
                 name: str = 'visualizer',
                 tasks: Mapping[str, dict | DenseTask] | None = None,
                 with_error: bool = False,
                 error_kinds: Mapping[str, str] | None = None,
                 **kwargs) -> None:
        super().__init__(name, **kwargs)
        self.own_tasks = None if tasks is None else build_tasks(tasks)
        self.tasks = self.own_tasks or {}
        self.with_error = with_error
        self.error_kinds = dict(error_kinds or {})

    @property
    def dataset_meta(self) -> dict | None:
        """dict, optional: Meta information of the data set, ``tasks`` too.

        Known on every rank, unlike in mmengine: every rank draws its samples
        when they go to files.
        """
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        self._dataset_meta = dataset_meta
        if self.own_tasks is None:
            cfgs = (dataset_meta or {}).get('tasks')
            self.tasks = build_tasks(cfgs) if cfgs else {}

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
                'MultiTaskLocalVisualizer does not know the tasks: the '
                'metainfo of the data set names none. Set them with '
                "visualizer=dict(type='mtcp_mm.MultiTaskLocalVisualizer', "
                'tasks=dict(...)).')
        image = shrink(image, self.max_side)
        meta = (self.dataset_meta or {}).get('task_meta') or {}
        rows, legends = ([], [], []), {}
        for name, task in self.tasks.items():
            panels = draw_task(
                task,
                getattr(data_sample, task.gt_key, None) if draw_gt else None,
                getattr(data_sample, task.pred_key, None)
                if draw_pred and not task.helper else None,
                image=image,
                meta=meta.get(name),
                with_error=self.with_error,
                kind=self.error_kinds.get(name))
            if panels.truth is None and panels.prediction is None:
                continue
            if panels.legend:
                legends[name] = panels.legend
            for row, picture, caption, scale in (
                (rows[0], panels.truth, 'ground truth', panels.scale),
                (rows[1], panels.prediction, 'prediction', panels.scale),
                (rows[2], panels.error, f'error, {panels.error_summary}',
                 panels.error_scale)):
                row.append(picture if picture is None else (
                    self._fit(picture, image), f'{name}: {caption}', scale))
        rows = [[None, *row] for row in rows if any(row)] or [[None]]
        rows[0][0] = (self._fit(image, image), 'input')
        return draw_grid(rows, self._join(legends) if with_labels else ())

    def _fit(self, picture: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Picture in the size of the image, both enlarged if small."""
        height, width = image.shape[:2]
        if picture.shape[:2] != (height, width):
            picture = cv2.resize(
                picture, (width, height), interpolation=cv2.INTER_NEAREST)
        return enlarge(
            np.ascontiguousarray(picture), self.min_height, self.max_side)

    @staticmethod
    def _join(legends: Mapping[str, list[Entry]]) -> list[Entry]:
        """One legend; names of tasks are its headings if there are more."""
        joined = []
        for name, entries in legends.items():
            joined += [(name, None)] * (len(legends) > 1) + list(entries)
        return joined
