# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.model import BaseTTAModel
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.checkpoints.whole import unwrapped
from mtcp_mm.registry import MODELS
from .multi_task_estimator import MultiTaskEstimator


@MODELS.register_module()
class MultiTaskTTAModel(BaseTTAModel):
    """Mean prediction of several views of an image: sizes and flips.

    The estimator turns every view back: its flip, its size, and the zoom,
    which a network answers with another depth. The mean is taken over what
    :meth:`mtcp_mm.tasks.DenseTask.to_average` names: probabilities of
    classes, metres of depth, unit vectors of normals.

    Views are predicted and added one after the other, so that memory holds
    two of them, however many there are.

    Args:
        module (dict | nn.Module): :class:`MultiTaskEstimator`, which may be
            wrapped by DDP.
        data_preprocessor (dict, optional): That of the estimator, if it is a
            config. Defaults to its own.

    Raises:
        ValueError: Another model.
    """

    def __init__(self,
                 module: dict | nn.Module,
                 data_preprocessor: dict | None = None) -> None:
        super().__init__(module, data_preprocessor)
        if not isinstance(unwrapped(self.module), MultiTaskEstimator):
            raise ValueError(
                'MultiTaskTTAModel averages tasks of a MultiTaskEstimator, '
                f'but the model is {type(unwrapped(self.module)).__name__}. '
                "For a segmentor of mmseg write tta_model=dict(type='mmseg."
                "SegTTAModel') at the top level of the config.")

    def test_step(self, data: dict) -> list[SegDataSample]:
        """Predict a batch.

        Args:
            data (dict): ``inputs`` and ``data_samples``, lists of views, each
                a list of the images of the batch, as
                :class:`mmcv.transforms.TestTimeAug` and ``pseudo_collate``
                make them.

        Returns:
            list[SegDataSample]: Those of the first view, with labels if it
            has some, and ``pred_<task>`` in the original size.
        """
        model, merged = unwrapped(self.module), None
        count = len(data['inputs'])
        for i in range(count):
            view = {key: values[i] for key, values in data.items()}
            samples = model.test_step(view, mode='average')
            merged = samples if merged is None else self.merge_preds(
                list(zip(merged, samples)))
        for sample in merged:
            for task in self.predicted:
                mean = sample.get(task.pred_key).data / count
                sample.set_data({
                    task.pred_key: PixelData(data=task.from_average(mean))
                })
        return merged

    def merge_preds(self, data_samples_list: list) -> list[SegDataSample]:
        """Add up what is to be averaged.

        Args:
            data_samples_list (list): Samples of the views, per image.

        Returns:
            list[SegDataSample]: The first sample of each image, its
            ``pred_<task>`` the sum over the views.
        """
        for first, *others in data_samples_list:
            for task in self.predicted:
                total = first.get(task.pred_key).data + sum(
                    sample.get(task.pred_key).data for sample in others)
                first.set_data({task.pred_key: PixelData(data=total)})
        return [views[0] for views in data_samples_list]

    @property
    def predicted(self) -> list:
        """list[DenseTask]: Tasks that do more than help."""
        tasks = unwrapped(self.module).tasks.values()
        return [task for task in tasks if not task.helper]
