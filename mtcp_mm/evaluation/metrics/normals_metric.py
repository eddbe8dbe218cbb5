# Copyright (c) mtcp_mm authors. All rights reserved.
from mtcp_mm.evaluation.functional import normals_scores, normals_sums
from mtcp_mm.evaluation.functional.normals import PROTOCOLS
from mtcp_mm.registry import METRICS
from .base import DenseTaskMetric


@METRICS.register_module()
class NormalsMetric(DenseTaskMetric):
    """Angular error of surface normals.

    ``mean``, ``median`` (to within 0.05 degrees) and ``rmse`` in degrees,
    ``within_11.25``, ``within_22.5``, ``within_30`` in percent of the pixels.

    Args:
        task (str): Name of the task.
        protocols (str | Sequence[str], optional): Out of ``float``,
            ``uint8``, ``densemtl``; see docs/protocols.md and
            :class:`DenseTaskMetric`.
        **kwargs: See :class:`DenseTaskMetric`.
    """

    known_protocols = {name: rule.note for name, rule in PROTOCOLS.items()}
    higher_is_better = {
        'mean': False,
        'median': False,
        'rmse': False,
        'within_11.25': True,
        'within_22.5': True,
        'within_30': True
    }

    update = staticmethod(normals_sums)
    compute = staticmethod(normals_scores)
