# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule, ModuleDict
from torch import Tensor

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import TaskLogits
from ..layers import CoherenceFusionModule
from .conv_predictor import build_predictor
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
        fpn (dict): Module that merges the pyramid of an HFP, e.g.
            :class:`PlainFPN`. Defaults to :class:`DynamicFPN`.
        cfm (dict, optional): Arguments of :class:`CoherenceFusionModule`.
        cbam (dict, optional): Arguments of every :class:`CBAM`.
        predictors (Mapping[str, dict], optional): Task to the module that
            turns features into its final logits, e.g.
            :class:`ConvPredictor`. A task that is not named has one 1x1
            convolution.
        intermediate_predictor (dict, optional): The same for the intermediate
            logits of all tasks.

    Shape:
        - feats: (N, C, H, W), or a tuple of maps, finest first
        - output: per task ``final`` (N, task_channels[task], H, W) and
          ``intermediate`` logits at a quarter and half of H and W

    Raises:
        ValueError: ``predictors`` names an unknown task, or the coherence
            loss would compare maps of different width.
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
        fpn: dict = dict(type='mtcp_mm.DynamicFPN'),
        cfm: dict | None = None,
        cbam: dict | None = None,
        predictors: Mapping[str, dict] | None = None,
        intermediate_predictor: dict | None = None,
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        tasks, predictors = list(task_channels), predictors or {}
        if unknown := sorted(set(predictors) - set(tasks)):
            raise ValueError(f'`predictors` names the unknown tasks {unknown};'
                             f' the tasks of this model are {tasks}')
        self.input = FeatureInput(in_channels, channels)
        self.decoders = ModuleDict(
            {task: TaskDecoder(channels, hfp, fpn)
             for task in tasks})
        self.fusions = self.loss_coherence = None
        if with_cfm and len(tasks) > 1:
            self.fusions = ModuleDict({
                task: CoherenceFusionModule(
                    channels,
                    len(tasks) - 1,
                    norm_cfg=norm_cfg,
                    cbam=cbam,
                    **(cfm or {}))
                for task in tasks
            })
            if loss_coherence is not None:
                self._check_width(channels)
                self.loss_coherence = MODELS.build(loss_coherence)
        self.outputs = ModuleDict()
        for task in tasks:
            if with_srm:
                stage_channels = self.decoders[task].hfp.out_channels
                self.outputs[task] = TraceBack(channels, stage_channels,
                                               task_channels[task], norm_cfg,
                                               cbam, predictors.get(task),
                                               intermediate_predictor)
            else:
                self.outputs[task] = build_predictor(
                    predictors.get(task), channels, task_channels[task])

    def _check_width(self, channels: int) -> None:
        """Raise ValueError if X_m and X_a have no cosine."""
        width = next(iter(self.fusions.values())).aux_channels
        if width != channels:
            raise ValueError(
                'The coherence loss compares maps of one width, but the main '
                f'map has {channels} channels and the auxiliary map {width}. '
                'Set `loss_coherence=None`, or take `wide_aux` out of `cfm`')

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
            # sorted: a config that mmengine dumped has its tasks that way
            aux = [maps[name] for name in sorted(maps) if name != task]
            fused[task], main_feat, aux_feat = fusion(maps[task], aux)
            losses[task] = {}
            if self.loss_coherence is not None:
                loss = self.loss_coherence(main_feat, aux_feat)
                losses[task]['coherence'] = loss / len(maps)
        return fused, losses
