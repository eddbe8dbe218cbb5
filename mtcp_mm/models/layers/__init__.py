# Copyright (c) mtcp_mm authors. All rights reserved.
from .affinity_diffusion import AffinityDiffusion
from .aspp import ASPP
from .cbam import CBAM, cbam_norm_act
from .checks import check_tasks, check_widths
from .coherence_fusion import CoherenceFusionModule
from .cross_stitch_unit import CrossStitchUnit
from .cross_task_attention import CrossTaskAttention
from .dynamic_fpn import DynamicFPN, resize_to
from .feature_propagation import FeaturePropagation
from .global_context import GlobalContext
from .hfp_encoder import HFPEncoder
from .high_resolution_fuse import HighResolutionFuse
from .label_context import LabelContext
from .local_context import LocalContext
from .nddr_unit import NDDRUnit
from .pixel_attention import pixel_attention
from .reconstructed_pattern_diffusion import ReconstructedPatternDiffusion
from .spatial_refinement import SpatialRefinementModule
from .task_diffusion import TaskDiffusion
from .task_distillation import TaskDistillation
from .task_exchange import TaskExchange

__all__ = [
    'ASPP', 'CBAM', 'AffinityDiffusion', 'CoherenceFusionModule',
    'CrossStitchUnit', 'CrossTaskAttention', 'DynamicFPN',
    'FeaturePropagation', 'GlobalContext', 'HFPEncoder', 'HighResolutionFuse',
    'LabelContext', 'LocalContext', 'NDDRUnit',
    'ReconstructedPatternDiffusion', 'SpatialRefinementModule',
    'TaskDiffusion', 'TaskDistillation', 'TaskExchange', 'cbam_norm_act',
    'check_tasks', 'check_widths', 'pixel_attention', 'resize_to'
]
