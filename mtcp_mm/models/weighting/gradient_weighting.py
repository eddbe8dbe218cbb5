# Copyright (c) mtcp_mm authors. All rights reserved.
from abc import abstractmethod
from collections.abc import Sequence

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.logging import print_log
from torch import Tensor

from mtcp_mm.structures import Features, TaskLosses
from .base import LossWeighting

#: Gradients of fp16 maps are taken of losses times this, against underflow.
HALF_SCALE = 2.**12


class GradientWeighting(LossWeighting):
    """Weights from the gradients of the tasks at the output of the encoder.

    The maps of the encoder are the cut. The gradient q_t of every task is
    taken there, by one backward pass through the decoders per task; none goes
    through the encoder. Their inner products G, summed over maps and, by one
    T x T collective, over ranks, give the weights. In the one ordinary
    backward pass of sum_t L_t the gradient at the cut becomes
    sum_t w_t q_t + (that of what is not weighted). So decoders learn from
    unweighted losses, the encoder from the weighted sum, and DDP, scaler,
    accumulation, clipping and every OptimWrapper of MMEngine do what they
    always do.

    For weights that the papers take from gradients of the shared parameters
    this is a relaxation (MGDA-UB, Aligned-MTL-UB). Decoders that share
    weights below the cut get the plain sum.

    A subclass says what the weights are (:meth:`weights_of`), a pure function
    of a small matrix.

    Args:
        tasks (Sequence[str]): Names of all tasks.
        log (bool): Weigh log(1 + L) instead of L. Defaults to False.
    """

    def __init__(self, tasks: Sequence[str], log: bool = False) -> None:
        super().__init__(tasks, log)
        self._weights = dict.fromkeys(self.tasks, 1.)

    @abstractmethod
    def weights_of(self, gram: Tensor) -> Tensor:
        """Weights of some tasks.

        Args:
            gram (Tensor): Inner products of their gradients, float64 (T, T)
                on the CPU, finite, the same on all ranks.

        Returns:
            Tensor: float64 (T,).
        """

    @property
    def weights(self) -> dict[str, float]:
        """dict[str, float]: Weight of each task in the last step."""
        return dict(self._weights)

    @property
    def step_weights(self) -> dict[str, float]:
        """See :class:`LossWeighting`."""
        return self.weights

    def cut(self, features: Features) -> Features:
        """The same maps as nodes of their own: a map of the encoder that
        others follow from would count their gradients, too."""
        return features.apply(lambda x: x.view_as(x))

    def forward(self,
                losses: TaskLosses,
                features: Sequence[Tensor] = ()) -> Tensor:
        """Add the losses and prepare their backward pass.

        Raises:
            ValueError: No map of the encoder needs a gradient.
        """
        terms = self.terms(losses)
        total = torch.stack(list(terms.values())).sum()
        if not total.requires_grad:  # nobody will go back
            return total
        features = [x for x in features if x.requires_grad]
        if not features:
            raise ValueError(
                f'{type(self).__name__} weighs gradients at the output of the '
                'encoder, but no map of it needs one. Is the whole encoder '
                'frozen? Then take a weighting from losses, such as '
                "dict(type='mtcp_mm.FixedWeighting')")
        grads = {t: _gradient(term, features) for t, term in terms.items()}
        gram = _gram_matrix(list(grads.values()))
        weights = self._weigh(list(grads), gram)
        _put_in_place(total, features, list(grads.values()), weights)
        return total

    def _weigh(self, tasks: Sequence[str], gram: Tensor) -> list[float]:
        if gram.isfinite().all():
            weights = self.weights_of(gram).tolist()
        else:  # e.g. too large for fp16: the scaler skips this step
            weights = [1.] * len(tasks)
            print_log(
                f'{type(self).__name__}: the gradients of some of the tasks '
                f'{", ".join(tasks)} are not finite, all weights are 1.',
                logger='current')
        self._weights.update(zip(tasks, weights))
        return weights


def _gradient(loss: Tensor, features: Sequence[Tensor]) -> list[Tensor]:
    """Gradient of one task at every map, at least float32."""
    half = any(x.dtype == torch.float16 for x in features)
    scale = HALF_SCALE if half else 1.
    grads = torch.autograd.grad(
        loss * scale, features, retain_graph=True, allow_unused=True)
    return [
        torch.zeros_like(x) if g is None else
        g if g.dtype == torch.float64 else g.float() / scale
        for g, x in zip(grads, features)
    ]


def _gram_matrix(grads: Sequence[Sequence[Tensor]]) -> Tensor:
    """Inner products of the gradients, float64 (T, T), on the CPU.

    Images on different ranks are different coordinates of the gradient, and
    DDP divides by the number of ranks.
    """
    count = len(grads)
    gram = grads[0][0].new_zeros((count, count), dtype=torch.float64)
    for i in range(count):
        for j in range(i, count):
            gram[i, j] = gram[j, i] = sum(
                (a.double() * b).sum() for a, b in zip(grads[i], grads[j]))
    all_reduce(gram)
    return gram.cpu() / get_world_size()**2


def _put_in_place(total: Tensor, features: Sequence[Tensor],
                  grads: Sequence[Sequence[Tensor]],
                  weights: Sequence[float]) -> None:
    """Replace sum_t q_t by sum_t w_t q_t in the backward pass of ``total``.

    The factor that comes in (of the scaler, of accumulation) is only known
    then.
    """
    incoming: dict[str, Tensor] = {}
    total.register_hook(lambda grad: incoming.update(factor=grad))
    for k, feature in enumerate(features):
        change = sum((w - 1) * grads[t][k] for t, w in enumerate(weights))

        def weigh(grad: Tensor, change: Tensor = change) -> Tensor:
            return (grad + incoming['factor'] * change).to(grad.dtype)

        feature.register_hook(weigh)
