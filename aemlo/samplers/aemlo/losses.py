"""The three terms of AEMLO's objective, exact, in forms that need no big arrays.

Zhou, Liu, Wang, Sun, Liu: AEMLO, ECML PKDD 2024 (arXiv 2408.13078). Each function
gives its term summed over a batch of B rows, before the division by B. The algebra
that makes them cheap is ours; values and gradients are those of the formulas.
"""

import math

import torch
import torch.nn.functional as F


def latent_loss(E_x: torch.Tensor, E_y: torch.Tensor, weight: float) -> torch.Tensor:
    """Term 1: ||E_x - E_y||^2 + weight (||E_x' E_x - I||^2 + ||E_y' E_y - I||^2).

    E_x, E_y (B, l) are the codes of features and labels; norms are Frobenius'. The
    form is that of deep canonical correlation in C2AE (Yeh et al., AAAI 2017).
    """
    apart = (E_x - E_y).square().sum()
    return apart + weight * (_distance_to_identity(E_x) + _distance_to_identity(E_y))


def _distance_to_identity(E):
    B, size = E.shape
    # E E' and E' E share their eigenvalues but for size - B zeros, each of which is 1
    # away from the identity; the smaller of the two matrices is enough.
    gram = E.T @ E if size <= B else E @ E.T
    identity = torch.eye(len(gram), dtype=E.dtype, device=E.device)
    return (gram - identity).square().sum() + max(size - B, 0)


def ranking_loss(S: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
    """Term 2: rows' mean exp(-(s_p - s_r)) over present p and absent r, summed.

    S (B, q) are label scores, Y (B, q) 0 and 1. The mean divides by |P||N| + 1e-4. The
    double sum factorises into (sum_p exp(-s_p)) (sum_r exp(s_r)). A row with all or no
    labels counts 0, as does one whose sum overflows (as published).
    """
    present = Y > 0
    positives = present.sum(dim=1)
    negatives = Y.shape[1] - positives
    ranked = (positives > 0) & (negatives > 0)
    S, present = S[ranked], present[ranked]
    log_sum = torch.logsumexp(S.masked_fill(present, -math.inf), dim=1)
    log_sum = log_sum + torch.logsumexp((-S).masked_fill(~present, -math.inf), dim=1)
    # The mask is applied before exp, so that an infinite row has no gradient.
    overflows = log_sum > math.log(torch.finfo(S.dtype).max)
    sums = log_sum.masked_fill(overflows, -math.inf).exp()
    return (sums / (positives[ranked] * negatives[ranked] + 1e-4)).sum()


def reconstruction_loss(X_hat: torch.Tensor, X: torch.Tensor) -> torch.Tensor:
    """Term 3: mean |X_hat - X| plus the mean squared error of all pairs' distances."""
    return absolute_error(X_hat, X) + distance_error(X_hat, X)


def absolute_error(X_hat: torch.Tensor, X: torch.Tensor) -> torch.Tensor:
    """The first part of term 3: the mean of |X_hat - X| over the batch's cells."""
    return (X_hat - X).abs().mean()


def distance_error(X_hat: torch.Tensor, X: torch.Tensor) -> torch.Tensor:
    """The second part: squared error of the pairs' squared distances, / (B (B - 1)).

    The sum runs over all i, j of (||x_i - x_j||^2 - ||xh_i - xh_j||^2)^2; a batch of
    one row has no pairs and counts 0.
    """
    # With e = xh - x and s = xh + x, the difference of the two squared distances of a
    # pair is (e_i - e_j)'(s_i - s_j): one product, and no digits lost when e is small,
    # as there are when two Gram matrices are subtracted. Neither factor changes when
    # all rows are shifted; centring keeps the numbers small.
    error, total = X_hat - X, X_hat + X
    error = error - error.mean(dim=0)
    total = total - total.mean(dim=0)
    products = error @ total.T  # (B, B)
    own = products.diagonal()
    gaps = own[:, None] + own[None, :] - products - products.T
    return gaps.square().sum() / max(len(X) * (len(X) - 1), 1)


def scaled_squares(
    X_hat: torch.Tensor, X: torch.Tensor, variance: float
) -> torch.Tensor:
    """Ours: squared error of each row over features' mean variance, summed over rows.

    1 per row is what decoding every row to the mean would cost, whatever the scale and
    number of features.
    """
    return (X_hat - X).square().mean(dim=1).sum() / variance


def label_cross_entropy(scores: torch.Tensor, Y: torch.Tensor) -> torch.Tensor:
    """Ours: cross-entropy of the labels given decoded scores (B, q), labels' mean."""
    entropy = F.binary_cross_entropy_with_logits(scores, Y, reduction="none")
    return entropy.mean(dim=1).sum()
