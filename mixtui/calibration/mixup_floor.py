"""What mixup's loss and accuracy on mixed batches cannot pass, whatever the network."""

from __future__ import annotations


def mixed_loss_floor(alpha: float, classes: int) -> float:
    """Nats that the mixed loss cannot fall below on balanced `classes`: (1 − 1/C)·E[H(λ)], λ ~ Beta(α, α).

    E[H(λ)] = ψ(2α + 1) − ψ(α + 1), the entropy of a target mixed of two classes; of C pairs one has equal classes.
    """
    from scipy.special import digamma

    return float((1 - 1 / classes) * (digamma(2 * alpha + 1) - digamma(alpha + 1)))


def mixed_accuracy_ceiling(alpha: float, classes: int) -> float:
    """The λ-weighted accuracy that cannot be passed on balanced `classes`: a pair of equal classes counts whole.

    w + (1 − w)/C, where w is `mean_stronger_weight` and C the number of classes.
    """
    return float(mean_stronger_weight(alpha) + (1 - mean_stronger_weight(alpha)) / classes)


def mean_stronger_weight(alpha: float) -> float:
    """How much of a mixed image is the stronger one's, on average.

    E[max(λ, 1 − λ)] = 1/2 + 4^−α / (α·B(α, α)), λ ~ Beta(α, α), and 1 at α = 0.
    """
    import numpy as np
    from scipy.special import betaln

    if alpha == 0:
        return 1.0
    return float(0.5 + np.exp(-alpha * np.log(4) - np.log(alpha) - betaln(alpha, alpha)))
