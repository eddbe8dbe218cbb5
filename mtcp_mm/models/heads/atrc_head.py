# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

import torch
from mmcv.cnn import ConvModule, build_norm_layer
from mmengine.model import ModuleDict, normal_init
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, Stage
from ..layers import (
    GlobalContext,
    LabelContext,
    LocalContext,
    check_widths,
    resize_to,
)
from .atrc_genotypes import Genotype, parse_genotype
from .base import MultiTaskHead, Widths
from .feature_input import widths_of

#: Auxiliary logits: criterion that tells their number, or a number of logits
#: that the loss of the task takes. Other tasks have their own number.
AUXILIARY = dict(
    depth=dict(type='mtcp_mm.LogDepthBinLoss'),
    normals=dict(type='mtcp_mm.NormalsClusterLoss'),
    edge=2,
    saliency=2)
#: Kinds of context, see :func:`parse_genotype`.
CONTEXTS = {
    'global': GlobalContext,
    'local': LocalContext,
    'target_label': LabelContext,
    'source_label': LabelContext
}


@MODELS.register_module()
class ATRCHead(MultiTaskHead):
    """ATRC: every task asks every other by a context of its own (ICCV 2021).

    A convolution makes a map per task of the concatenated maps of the
    encoder. A target collects a context from each source, itself included,
    of the kind that the genotype says; they are projected, with a norm that
    starts at zero, and merged with its own map. A task without any context is
    a plain FCN head.

    Label contexts need logits of classes: auxiliary logits that are trained
    on discretised labels, from features that they do not change.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        genotype (str | Mapping): Which context a task takes from which, see
            :func:`parse_genotype`: 'nyud_w18', 'nyud_w48', 'pascal_w18', or
            one of your own. Tasks that it has and the model has not are left
            out.
        in_channels (int | Sequence[int] | Mapping, optional): Channels of the
            maps, finest first. None: the estimator asks the encoder.
        channels (int, optional): Width of the tasks. Defaults to a quarter of
            the channels of the encoder, of the task where these are most.
        context_channels (int, optional): Width of queries, keys and values.
            Defaults to half of ``channels``.
        auxiliary (Mapping[str, dict | int], optional): Task to the criterion
            of its auxiliary logits, whose ``num_classes`` they are, or to a
            number of logits which the loss of the task takes. Defaults to
            depth in 40 :class:`LogDepthBinLoss`, normals in 40
            :class:`NormalsClusterLoss`, two classes for edge and saliency,
            and for others what their final logits are.
        window (int): Pixels per side of a local context, odd. Defaults to 9.
        dropout (float): Share of channels dropped before the final logits.
            Defaults to 0.05.
        norm_cfg (dict): Defaults to BN.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: maps of the encoder, finest first, (N, C, H, W)
        - output: per task ``final``, and a stage ``auxiliary`` where a label
          context asks for its classes, at the stride of the finest map

    Raises:
        ValueError: The genotype does not fit the tasks, ``auxiliary`` names
            an unknown one, or a label context asks for a task of one logit.
    """

    def __init__(
        self,
        task_channels: Mapping[str, int],
        genotype: Genotype,
        in_channels: Widths | None = None,
        channels: int | None = None,
        context_channels: int | None = None,
        auxiliary: Mapping[str, dict | int] | None = None,
        window: int = 9,
        dropout: float = 0.05,
        norm_cfg: dict = dict(type='BN'),
        **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        if unknown := sorted(set(auxiliary or {}) - set(task_channels)):
            raise ValueError(f'`auxiliary` of ATRCHead names {unknown}; the '
                             f'tasks are {list(task_channels)}')
        self.genotype = parse_genotype(genotype, task_channels)
        self.in_channels = widths_of(in_channels, task_channels)
        widths = {t: sum(w) for t, w in self.in_channels.items()}
        channels = channels or max(max(widths.values()) // 4, 1)
        inner = context_channels or max(channels // 2, 1)
        norm = dict(norm_cfg=norm_cfg)
        self.reduce = ModuleDict({
            task: ConvModule(width, channels, 3, padding=1, **norm)
            for task, width in widths.items()
        })
        self.contexts, self.collect, self.merge = (
            ModuleDict() for _ in range(3))
        for target, sources in self.genotype.items():
            if not sources:
                continue
            self.contexts[target] = ModuleDict({
                source: CONTEXTS[kind](
                    channels, inner, **norm,
                    **(dict(size=window) if kind == 'local' else {}))
                for source, kind in sources.items()
            })
            # not a ConvModule, which would set its norm to 1 again
            self.collect[target] = nn.Sequential(
                nn.Conv2d(len(sources) * inner, channels, 1, bias=False),
                build_norm_layer(norm_cfg, channels)[1])
            nn.init.zeros_(self.collect[target][1].weight)
            self.merge[target] = ConvModule(2 * channels, channels, 1, **norm)
        self.dropout = nn.Dropout2d(dropout)
        self.predictors = ModuleDict({
            task: _logits(channels, out_channels)
            for task, out_channels in task_channels.items()
        })
        self.auxiliary, self.criteria = ModuleDict(), ModuleDict()
        options = {**task_channels, **AUXILIARY, **(auxiliary or {})}
        for task in self._labelled():
            number = options[task]
            if isinstance(number, Mapping):
                self.criteria[task] = MODELS.build(number)
                number = self.criteria[task].num_classes
            if number < 2:
                raise ValueError(
                    f'A label context of ATRCHead asks for classes of '
                    f'`{task}`, but it has {number} logit: say `auxiliary='
                    f'dict({task}=...)`, 2 or a criterion such as '
                    'mtcp_mm.LogDepthBinLoss, or take another genotype')
            self.auxiliary[task] = nn.Sequential(
                ConvModule(widths[task], widths[task], 1, **norm),
                _logits(widths[task], number))

    def _labelled(self) -> list[str]:
        """Tasks whose classes some label context asks for."""
        found = set()
        for target, sources in self.genotype.items():
            for source, kind in sources.items():
                if kind in ('target_label', 'source_label'):
                    found.add(target if kind == 'target_label' else source)
        return [task for task in self.task_channels if task in found]

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        feats = Features.wrap(feats)
        inputs, stages = {}, {task: {} for task in self.task_channels}
        pyramid = x = None
        for task, widths in self.in_channels.items():
            if feats.of(task) is not pyramid:  # else they are shared
                pyramid = feats.of(task)
                check_widths(pyramid, widths)
                size = pyramid[0].shape[-2:]
                x = torch.cat([resize_to(y, size) for y in pyramid], 1)
            inputs[task] = x
        maps = {task: conv(inputs[task]) for task, conv in self.reduce.items()}
        logits = {
            task: predict(inputs[task].detach())
            for task, predict in self.auxiliary.items()
        }
        for task, x in logits.items():
            criterion = (self.criteria[task] if task in self.criteria else
                         None)
            stages[task]['auxiliary'] = Stage(x, criterion)
        return ModelOutput({
            task: self.task_output(
                task,
                predict(self.dropout(self._with_contexts(task, maps, logits))),
                stages[task])
            for task, predict in self.predictors.items()
        })

    def _with_contexts(self, target: str, maps: Mapping[str, Tensor],
                       logits: Mapping[str, Tensor]) -> Tensor:
        """Map of a task, with what it found in the others."""
        own = maps[target]
        if target not in self.contexts:
            return own
        found = []
        for source, context in self.contexts[target].items():
            asked = dict(target_label=target, source_label=source).get(
                self.genotype[target][source])
            classes = () if asked is None else (logits[asked], )
            found.append(context(own, maps[source], *classes))
        x = self.collect[target](torch.cat(found, 1))
        return self.merge[target](torch.cat([own, x], 1))


def _logits(in_channels: int, out_channels: int) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, out_channels, 1)
    normal_init(conv, std=0.01)
    return conv
