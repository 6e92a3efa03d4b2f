"""Focal loss in NumPy: value, gradient and curvature with respect to the raw score."""

import numpy as np
from scipy.special import expit, log_expit


def focal_loss(
    z: np.ndarray, y: np.ndarray, gamma: float, alpha: float | None = None
) -> np.ndarray:
    """-alpha_t (1 - p_t)^gamma log p_t for raw scores z and labels y, elementwise.

    p_t is expit(z) where y is 1 and expit(-z) where it is 0; alpha_t is alpha where y
    is 1 and 1 - alpha where it is 0, or 1 throughout for None (Lin et al., ICCV 2017,
    equation 5). With gamma 0 and no alpha it is the cross-entropy.
    """
    side = 2.0 * np.asarray(y) - 1.0
    return -_alpha(y, alpha) * expit(-side * z) ** gamma * log_expit(side * z)


def focal_slopes(
    z: np.ndarray, y: np.ndarray, gamma: float, alpha: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of `focal_loss` by z, elementwise."""
    side = 2.0 * np.asarray(y) - 1.0
    right, wrong, log_right = expit(side * z), expit(-side * z), log_expit(side * z)
    weight = _alpha(y, alpha) * wrong**gamma
    lean = gamma * right * log_right - wrong
    slope = side * weight * lean
    bend = weight * right * (wrong * (gamma * log_right + gamma + 1) - gamma * lean)
    return slope, bend


def _alpha(y, alpha):
    return 1.0 if alpha is None else np.where(np.asarray(y) == 1, alpha, 1 - alpha)
