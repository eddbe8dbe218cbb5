# Copyright (c) mtcp_mm authors. All rights reserved.
from mtcp_mm.evaluation.functional import depth_scores, depth_sums
from mtcp_mm.evaluation.functional.depth import PROTOCOLS
from mtcp_mm.registry import METRICS
from .base import DenseTaskMetric


@METRICS.register_module()
class DepthMetric(DenseTaskMetric):
    """Errors of a depth map, see :func:`depth_scores` for their units.

    The house protocol ``pooled`` weighs every pixel of the set with a
    depth > 0 the same (mmseg's ``DepthMetric`` averages the RMSE of the
    images, here ``per_image``). Who uses which protocol is said in
    docs/protocols.md.

    Args:
        task (str): Name of the task.
        protocols (str | Sequence[str], optional): Out of ``pooled``,
            ``mtcp``, ``range``, ``per_image``, ``clamped``,
            ``clamped_images``, ``median_scaled``, ``densemtl``; see
            :class:`DenseTaskMetric`.
        **kwargs: See :class:`DenseTaskMetric`.
    """

    known_protocols = {name: rule.note for name, rule in PROTOCOLS.items()}
    higher_is_better = dict(
        rmse=False,
        mae=False,
        abs_rel=False,
        sq_rel=False,
        rmse_log=False,
        delta1=True,
        delta2=True,
        delta3=True)

    update = staticmethod(depth_sums)
    compute = staticmethod(depth_scores)
