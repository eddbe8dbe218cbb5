# Copyright (c) mtcp_mm authors. All rights reserved.
from mtcp_mm.registry import MODELS
from ..layers import ReconstructedPatternDiffusion
from .pap_head import PAPHead


@MODELS.register_module()
class ReconstructedPSDHead(PAPHead):
    """Pattern-structure diffusion (PSD, CVPR 2020), by its abstract.

    **A reconstruction**: only the abstract was at hand, and no code is
    public. What is built is :class:`PAPHead`, of which the authors' earlier
    paper is the source, with :class:`ReconstructedPatternDiffusion` in the
    place of affinities over the whole map. Its numbers say nothing about
    those of the paper.

    Args:
        **kwargs: See :class:`PAPHead`; ``diffusion`` has the options of
            :class:`ReconstructedPatternDiffusion`.

    Shape:
        - See :class:`PAPHead`.
    """

    diffusion_type = ReconstructedPatternDiffusion
