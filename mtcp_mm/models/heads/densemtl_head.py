# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import ModuleDict
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, Stage
from ..layers import TaskExchange, check_widths
from .base import MultiTaskHead, Widths
from .feature_input import widths_of
from .skip_decoder import SkipDecoder


@MODELS.register_module()
class DenseMTLHead(MultiTaskHead):
    """DenseMTL: a decoder per task, which exchange features between stages.

    Stages are counted from the finest, as the released code does: with five
    of them, number 0 has the size of the image, number 1 half of it. The
    logits of a side output come from the map before the exchange. A single
    task has nobody to exchange with.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        in_channels (int | Sequence[int] | Mapping, optional): Channels of the
            maps, finest first. None: the estimator asks the encoder.
        in_strides (int | Sequence[int] | Mapping, optional): Their strides,
            likewise. None: the finest logits have the size of the finest map.
        channels (int | Sequence[int]): Widths of the stages, finest first. A
            number c means (c / 2, c, c, 2 c, 2 c). Defaults to 128.
        exchange_stages (Sequence[int]): Stages after which the tasks
            exchange. Defaults to (1, ), as in the released code; (): none.
        exchange (dict, optional): Options of :class:`TaskExchange`. Its
            ``scale`` defaults to 8, 4, 2, 1, 1 ... in stage 0, 1, 2, 3, 4
            ...: attention at an eighth of the size of the image.
        side_stages (Sequence[int]): Stages with logits of their own beside
            those of stage 0. Defaults to (1, ).
        final_stage (int): Stage whose logits are predicted from; the code of
            the paper scores the side output, 1. Defaults to 0.
        aspp (dict, optional): Options of :class:`ASPP`.
        norm_cfg (dict): Norm of ASPP and exchange. Defaults to BN.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: maps of the encoder, finest first, (N, C, H, W)
        - output: per task ``final``, and a stage ``scale<i>`` for each other
          stage with logits; together they count as the mean of their losses

    Raises:
        ValueError: There is no such stage, or fewer than the maps need.

    Examples:
        >>> decode_head = dict(  # two blocks; exchange_stages=(): none
        ...     type='mtcp_mm.DenseMTLHead', exchange_stages=(1, 2))
    """

    def __init__(
        self,
        task_channels: Mapping[str, int],
        in_channels: Widths | None = None,
        in_strides: Widths | None = None,
        channels: int | Sequence[int] = 128,
        exchange_stages: Sequence[int] = (1, ),
        exchange: dict | None = None,
        side_stages: Sequence[int] = (1, ),
        final_stage: int = 0,
        aspp: dict | None = None,
        norm_cfg: dict = dict(type='BN'),
        **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        if isinstance(channels, int):
            channels = (channels // 2, *[channels] * 2, *[2 * channels] * 2)
        self.in_channels = widths_of(in_channels, task_channels)
        strides = widths_of(in_strides or 1, task_channels)
        self.num_stages, self.final_stage = len(channels), final_stage
        self.output_stages = sorted({0, *side_stages})
        for name, stages in dict(
                exchange_stages=exchange_stages,
                side_stages=side_stages).items():
            if unknown := sorted(set(stages) - set(range(len(channels)))):
                raise ValueError(
                    f'`{name}` of DenseMTLHead names the stages {unknown}, '
                    f'but with `channels`={tuple(channels)} there are stages '
                    f'0 (finest) to {len(channels) - 1}')
        if final_stage not in self.output_stages:
            raise ValueError(
                f'`final_stage`={final_stage} of DenseMTLHead has no logits: '
                f'stages {self.output_stages} have some, see `side_stages`')
        self.decoders = ModuleDict({
            task: SkipDecoder(self.in_channels[task], channels,
                              strides[task][0],
                              dict(dict(norm_cfg=norm_cfg), **(aspp or {})))
            for task in task_channels
        })
        self.predictors = ModuleDict({
            task: ModuleDict({
                str(i): nn.Conv2d(channels[i], out_channels, 1)
                for i in self.output_stages
            })
            for task, out_channels in task_channels.items()
        })
        self.exchanges = ModuleDict()
        if len(task_channels) > 1:
            for i in exchange_stages:
                options = dict(
                    dict(scale=max(8 >> i, 1), norm_cfg=norm_cfg),
                    **(exchange or {}))
                self.exchanges[str(i)] = TaskExchange(
                    list(task_channels), channels[i], **options)

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        feats = Features.wrap(feats)
        maps = {task: feats.of(task) for task in self.task_channels}
        for task, widths in self.in_channels.items():
            check_widths(maps[task], widths)
        x = {task: pyramid[-1] for task, pyramid in maps.items()}
        logits = {task: {} for task in maps}
        for i in reversed(range(self.num_stages)):
            x = {
                task: decoder(i, x[task], maps[task])
                for task, decoder in self.decoders.items()
            }
            if i > 0 and i in self.output_stages:
                self._predict(i, x, logits)
            if str(i) in self.exchanges:
                x = self.exchanges[str(i)](x)
        self._predict(0, x, logits)
        share = 1 / len(self.output_stages)
        return ModelOutput({
            task: self.task_output(
                task, found.pop(self.final_stage), {
                    f'scale{i}': Stage(y, weight=share)
                    for i, y in found.items()
                }, share)
            for task, found in logits.items()
        })

    def _predict(self, stage: int, maps: dict[str, Tensor],
                 logits: dict[str, dict[int, Tensor]]) -> None:
        for task, predictors in self.predictors.items():
            logits[task][stage] = predictors[str(stage)](maps[task])
