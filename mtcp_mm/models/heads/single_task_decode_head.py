# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import ModelOutput


@MODELS.register_module()
class SingleTaskDecodeHead(BaseDecodeHead):
    """One of our heads in mmseg's ``EncoderDecoder``.

    It is a decode head, or an auxiliary head, like any of mmseg: losses,
    prediction, test-time augmentation are mmseg's. Intermediate logits of
    the head (those of the SRM chain) are trained with the same loss, with the
    factors of the head: in MT-CP together they count as much as the final
    ones (eq. 7).

    Args:
        in_channels (int | Sequence[int]): Channels of the map, or of a
            pyramid, finest first.
        channels (int): Width of the decoder. Defaults to 256.
        head (dict): Config of the head. Defaults to
            ``dict(type='mtcp_mm.HFPHead')``; ``mtcp_mm.MTCPHead`` adds the
            trace-back.
        in_index (int | Sequence[int], optional): Maps of the backbone.
            Defaults to the last one, or to all of a pyramid.
        **kwargs: ``num_classes``, ``loss_decode``, ... of mmseg's
            ``BaseDecodeHead``. ``dropout_ratio`` and ``norm_cfg`` have no
            effect.

    Shape:
        - inputs: tuple of (N, C_i, H_i, W_i), finest first
        - output: (N, num_classes, H_0, W_0)
    """

    def __init__(self,
                 in_channels: int | Sequence[int],
                 channels: int = 256,
                 *,
                 head: dict = dict(type='mtcp_mm.HFPHead'),
                 in_index: int | Sequence[int] | None = None,
                 init_cfg: dict | None = None,
                 **kwargs) -> None:
        pyramid = not isinstance(in_channels, int)
        if in_index is None:
            in_index = list(range(len(in_channels))) if pyramid else -1
        super().__init__(
            in_channels,
            channels,
            in_index=in_index,
            input_transform='multiple_select' if pyramid else None,
            init_cfg=init_cfg,
            **kwargs)
        del self.conv_seg  # the head has its own
        self.head = MODELS.build(
            dict(
                head,
                in_channels=in_channels,
                channels=channels,
                task_channels=dict(seg=self.out_channels)))

    def _output(self, inputs: Sequence[Tensor]) -> ModelOutput:
        return self.head(self._transform_inputs(inputs))

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Final logits; see the class for shapes."""
        return self._output(inputs).tasks['seg'].final

    def loss(self, inputs: Sequence[Tensor], batch_data_samples: list,
             train_cfg: dict) -> dict[str, Tensor]:
        """Losses of the final and the intermediate logits.

        Args:
            inputs (Sequence[Tensor]): Maps of the backbone.
            batch_data_samples (list[SegDataSample]): With ``gt_sem_seg``.
            train_cfg (dict): Not used.

        Returns:
            dict[str, Tensor]: As mmseg's heads, ``<stage>.<loss>`` and
            ``head.loss_<name>`` for losses that need no label.
        """
        output = self._output(inputs)
        seg = output.tasks['seg']
        losses = {
            key: seg.weight * value if 'loss' in key else value
            for key, value in self.loss_by_feat(seg.final,
                                                batch_data_samples).items()
        }
        for name, stage in seg.stages.items():
            for key, value in self.loss_by_feat(stage.logits,
                                                batch_data_samples).items():
                if 'loss' in key:
                    losses[f'{name}.{key}'] = stage.weight * value
        for name, value in output.losses.items():
            losses[f'head.loss_{name}'] = value
        return losses
