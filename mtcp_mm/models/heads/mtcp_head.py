# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import ModuleDict
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, Stage
from ..layers import CoherenceFusionModule
from .base import MultiTaskHead, Widths
from .feature_input import MapInput, build_input, project
from .task_decoder import TaskDecoder
from .trace_back import TraceBack


@MODELS.register_module()
class MTCPHead(MultiTaskHead):
    """The head of MT-CP: a decoder per task, tied together and traced back.

    Per task HFP -> DFPN -> CFM -> SRM chain (MT-CP, Fig. 2). A single task
    has nothing to cohere with, so its CFM is left out.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        in_channels (int | Sequence[int] | Mapping, optional): Channels of the
            maps, finest first. None: the estimator asks the encoder.
        channels (int): Width of the decoders. Defaults to 256.
        hfp (dict, optional): Arguments of :class:`HFPEncoder`.
        with_cfm (bool): Tie the tasks together. Defaults to True.
        with_srm (bool): Trace back; otherwise logits come straight from the
            fused map, without intermediate ones. Defaults to True.
        cfm (dict, optional): Arguments of :class:`CoherenceFusionModule`.
        trace_back (dict, optional): Arguments of :class:`TraceBack`.
        intermediate_weight (float): Factor of the intermediate logits, all
            together, beside 1 of the final ones. Defaults to 1 (eq. 7); 0
            leaves them out of the total.
        shrink_targets (bool): Train the intermediate logits at their own
            size, see :class:`Stage` (ours: a tenth of the time of a step,
            docs/diagnosis.md). Defaults to False.
        loss_coherence (dict, optional): Loss between the main and auxiliary
            map of every CFM, mean over tasks. None: no such loss.
        norm_cfg (dict): Norm of CFM and SRM. Defaults to BN.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: maps of the encoder, finest first, (N, C, H, W)
        - output: per task (``coarse_first`` of :class:`TraceBack` turns the
          sizes round) ``final`` (N, task_channels[task], H, W) and stages
          ``inter0``, ``inter1`` at a quarter and half of H and W; the loss
          ``coherence``
    """

    def __init__(
        self,
        task_channels: Mapping[str, int],
        in_channels: Widths | None = None,
        channels: int = 256,
        hfp: dict | None = None,
        with_cfm: bool = True,
        with_srm: bool = True,
        cfm: dict | None = None,
        trace_back: dict | None = None,
        intermediate_weight: float = 1.,
        shrink_targets: bool = False,
        loss_coherence: dict | None = dict(
            type='mtcp_mm.CosineCoherenceLoss'),
        norm_cfg: dict = dict(type='BN'),
        **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        self.cfm, self.trace_back = cfm or {}, trace_back or {}
        if intermediate_weight < 0:
            raise ValueError('`intermediate_weight` of MTCPHead must be at '
                             f'least 0, but is {intermediate_weight}')
        self.intermediate_weight = intermediate_weight
        self.shrink_targets = shrink_targets
        self.input = build_input(in_channels,
                                 lambda widths: MapInput(widths, channels))
        self.decoders = ModuleDict(
            {task: self._build_decoder(channels, hfp)
             for task in task_channels})
        self.fusions = self.loss_coherence = None
        if with_cfm and len(task_channels) > 1:
            self.fusions = ModuleDict({
                task: self._build_fusion(channels, norm_cfg)
                for task in task_channels
            })
            if loss_coherence is not None:
                self.loss_coherence = MODELS.build(loss_coherence)
        self.outputs = ModuleDict({
            task: self._build_output(task, channels, norm_cfg, with_srm)
            for task in task_channels
        })

    # ---- parts, which a variant of the head may build otherwise -----------
    def _build_decoder(self, channels: int, hfp: dict | None) -> TaskDecoder:
        return TaskDecoder(channels, hfp)

    def _build_fusion(self, channels: int,
                      norm_cfg: dict) -> CoherenceFusionModule:
        return CoherenceFusionModule(
            channels,
            len(self.task_channels) - 1,
            norm_cfg=norm_cfg,
            **self.cfm)

    def _build_output(self, task: str, channels: int, norm_cfg: dict,
                      with_srm: bool) -> nn.Module:
        if not with_srm:
            return nn.Conv2d(channels, self.task_channels[task], 1)
        return TraceBack(channels, self.decoders[task].hfp.out_channels,
                         self.task_channels[task], norm_cfg,
                         **self.trace_back)

    # -----------------------------------------------------------------------
    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        inputs = project(self.input, Features.wrap(feats),
                         list(self.task_channels))
        maps, pyramids = {}, {}
        for task, decoder in self.decoders.items():
            maps[task], pyramids[task] = decoder(inputs[task])
        fused, losses = self._fuse(maps)
        out = {}
        for task, output in self.outputs.items():
            if isinstance(output, TraceBack):
                *logits, final = output(fused[task], pyramids[task])
            else:
                logits, final = [], output(fused[task])
            stages = {
                f'inter{i}': Stage(
                    x,
                    weight=self.intermediate_weight / len(logits),
                    shrink_target=self.shrink_targets)
                for i, x in enumerate(logits)
            }
            out[task] = self.task_output(task, final, stages)
        return ModelOutput(out, losses)

    def _fuse(
        self, maps: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """CFM of every task, and the coherence loss if there is one."""
        if self.fusions is None:
            return maps, {}
        fused, coherence = {}, []
        for task, fusion in self.fusions.items():
            # sorted: a config that mmengine dumped has its tasks that way
            aux = [maps[name] for name in sorted(maps) if name != task]
            fused[task], main_feat, aux_feat = fusion(maps[task], aux)
            if self.loss_coherence is not None:
                loss = self.loss_coherence(main_feat, aux_feat)
                coherence.append(loss / len(maps))
        return fused, dict(coherence=sum(coherence)) if coherence else {}
