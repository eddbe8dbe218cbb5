# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule, ModuleDict
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import TaskLogits
from ..layers import CoherenceFusionModule
from .task_decoder import FeatureInput, TaskDecoder
from .trace_back import TraceBack


@MODELS.register_module()
class MTCPHead(BaseModule):
    """The head of MT-CP: a decoder per task, tied together and traced back.

    Per task HFP -> DFPN -> CFM -> SRM chain (MT-CP, Fig. 2). A single task
    has nothing to cohere with, so its CFM is left out.

    Args:
        in_channels (int | Sequence[int]): Channels of the input map, or of a
            pyramid, finest first.
        task_channels (Mapping[str, int]): Logit channels per task.
        channels (int): Width of the decoders. Defaults to 256.
        hfp (dict, optional): Arguments of :class:`HFPEncoder`.
        with_cfm (bool): Tie the tasks together. Defaults to True.
        with_srm (bool): Trace back; otherwise logits come straight from the
            fused map, without intermediate ones. Defaults to True.
        loss_coherence (dict, optional): Loss between the main and auxiliary
            map of every CFM, mean over tasks. None: no such loss.
        norm_cfg (dict): Norm of CFM and SRM. Defaults to BN.

    Shape:
        - feats: (N, C, H, W), or a tuple of maps, finest first
        - output: per task ``final`` (N, task_channels[task], H, W) and
          ``intermediate`` logits at a quarter and half of H and W
    """

    def __init__(
        self,
        in_channels: int | Sequence[int],
        task_channels: Mapping[str, int],
        channels: int = 256,
        hfp: dict | None = None,
        with_cfm: bool = True,
        with_srm: bool = True,
        loss_coherence: dict | None = dict(
            type='mtcp_mm.CosineCoherenceLoss'),
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        tasks = list(task_channels)
        self.input = FeatureInput(in_channels, channels)
        self.decoders = ModuleDict(
            {task: TaskDecoder(channels, hfp)
             for task in tasks})
        self.fusions = self.loss_coherence = None
        if with_cfm and len(tasks) > 1:
            self.fusions = ModuleDict({
                task: CoherenceFusionModule(
                    channels, len(tasks) - 1, norm_cfg=norm_cfg)
                for task in tasks
            })
            if loss_coherence is not None:
                self.loss_coherence = MODELS.build(loss_coherence)
        self.outputs = ModuleDict()
        for task in tasks:
            if with_srm:
                stage_channels = self.decoders[task].hfp.out_channels
                self.outputs[task] = TraceBack(channels, stage_channels,
                                               task_channels[task], norm_cfg)
            else:
                self.outputs[task] = nn.Conv2d(channels, task_channels[task],
                                               1)

    def forward(self, feats: Tensor | Sequence[Tensor]
                ) -> dict[str, TaskLogits]:
        """Decode every task; see the class for shapes."""
        x = self.input(feats)
        maps, pyramids = {}, {}
        for task, decoder in self.decoders.items():
            maps[task], pyramids[task] = decoder(x)
        fused, coherence = self._fuse(maps)
        out = {}
        for task, output in self.outputs.items():
            if isinstance(output, TraceBack):
                *intermediate, final = output(fused[task], pyramids[task])
            else:
                intermediate, final = [], output(fused[task])
            out[task] = TaskLogits(final, tuple(intermediate),
                                   coherence[task])
        return out

    def _fuse(
        self, maps: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, dict[str, Tensor]]]:
        """CFM of every task, and its coherence loss where there is one."""
        if self.fusions is None:
            return maps, {task: {} for task in maps}
        fused, losses = {}, {}
        for task, fusion in self.fusions.items():
            aux = [x for name, x in maps.items() if name != task]
            fused[task], main_feat, aux_feat = fusion(maps[task], aux)
            losses[task] = {}
            if self.loss_coherence is not None:
                loss = self.loss_coherence(main_feat, aux_feat)
                losses[task]['coherence'] = loss / len(maps)
        return fused, losses
