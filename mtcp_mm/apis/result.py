# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mmseg.structures import SegDataSample
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mtcp_mm.tasks import DenseTask
from mtcp_mm.utils.files import replacing


@dataclass
class InferenceResult:
    """What became of one image.

    Attributes:
        name (str): Name for files, different from that of all others.
        source (str): Path of the image, or 'array <i>'.
        image (np.ndarray, optional): The image, uint8 RGB (H, W, 3), in the
            size in which it was predicted.
        original_size (tuple[int, int], optional): Its (height, width) in the
            file.
        sample (SegDataSample, optional): Predictions ``pred_<task>``.
        error (Exception, optional): Why there are none.
    """

    name: str
    source: str
    image: np.ndarray | None = None
    original_size: tuple[int, int] | None = None
    sample: SegDataSample | None = None
    error: Exception | None = None

    def arrays(self, tasks: Mapping[str, DenseTask]) -> dict[str, np.ndarray]:
        """Predictions as arrays, laid out as labels are.

        Args:
            tasks (Mapping): The tasks of the model.

        Returns:
            dict[str, np.ndarray]: Per task (H, W), with several channels
            (H, W, C); float32, classes in the smallest unsigned type that
            holds all of them.
        """
        arrays = {}
        for name, task in predicted(tasks).items():
            data = self.sample.get(task.pred_key).data
            if data.is_floating_point():
                array = data.float().numpy()
            else:
                array = data.to(torch.int64).numpy().astype(
                    np.min_scalar_type(task.out_channels - 1))
            arrays[name] = np.ascontiguousarray(
                array[0] if len(array) == 1 else array.transpose(1, 2, 0))
        return arrays

    def save(self, tasks: Mapping[str, DenseTask], out_dir: str | Path,
             picture: np.ndarray | None = None, suffix: str = '.jpg') -> None:
        """Write the predictions, each file at once or not at all.

        - ``predictions/<name>.npz``: :meth:`arrays`
        - ``<task>/<name>.png``: for tasks with an image format of their own,
          see :meth:`DenseTask.to_png`
        - ``panels/<name><suffix>``: the picture

        Args:
            tasks (Mapping): The tasks of the model.
            out_dir (str | Path): Folder.
            picture (np.ndarray, optional): uint8 RGB panels.
            suffix (str): Format of the picture. Defaults to '.jpg'.
        """
        out_dir = Path(out_dir)
        with replacing(out_dir / 'predictions' / f'{self.name}.npz') as file:
            np.savez_compressed(file, **self.arrays(tasks))
        for name, task in predicted(tasks).items():
            image = task.to_png(self.sample.get(task.pred_key).data.numpy())
            if image is not None:
                info = PngInfo()
                info.add_text('Description', image[1])
                with replacing(out_dir / name / f'{self.name}.png') as file:
                    Image.fromarray(image[0]).save(file, 'PNG', pnginfo=info)
        if picture is not None:
            kind = Image.registered_extensions()[suffix]
            with replacing(out_dir / 'panels' /
                           f'{self.name}{suffix}') as file:
                Image.fromarray(picture).save(file, kind, quality=90)


def predicted(tasks: Mapping[str, DenseTask]) -> dict[str, DenseTask]:
    """Tasks without those that only help."""
    return {name: t for name, t in tasks.items() if not t.helper}
