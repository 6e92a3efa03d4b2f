"""The training rows, scaled to [0, 1], handed to the network a batch at a time."""

from typing import Any

import numpy as np
import torch
from scipy import sparse

from aemlo.arrays import Features, LabelMatrix

ROWS_AT_ONCE = 4096


def learn_scales(X: Features) -> tuple[np.ndarray, np.ndarray]:
    """Each column's smallest value and range (1 where it is constant), (d,) each."""
    if sparse.issparse(X):
        low = X.min(axis=0).toarray().ravel().astype(float)
        high = X.max(axis=0).toarray().ravel().astype(float)
    else:
        low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    span = high - low
    return low, np.where(span > 0, span, 1.0)


class Rows:
    """Features X (n, d) and labels Y (n, q) by batch, as single-precision tensors.

    Features are scaled once and kept: NumPy ones on the device if it has room for them;
    CSR ones stay sparse and are made dense one batch at a time.
    """

    def __init__(
        self,
        X: Features,
        Y: LabelMatrix,
        low: np.ndarray,
        span: np.ndarray,
        device: torch.device,
    ) -> None:
        self.n, self.d = X.shape
        self.device = device
        self._labels = torch.from_numpy(np.ascontiguousarray(Y, dtype=np.uint8))
        self._sparse = None
        if not isinstance(X, np.ndarray):
            self._sparse = _scaled_values(X.tocsr(), span)
            self._shift = (low / span).astype(np.float32)
        else:
            scaled = np.empty(X.shape, dtype=np.float32)
            for start in range(0, self.n, ROWS_AT_ONCE):  # no second copy of X
                part = slice(start, start + ROWS_AT_ONCE)
                scaled[part] = (X[part] - low) / span
            self._dense = torch.from_numpy(scaled)
            if self._fits_on_device():
                self._dense = self._dense.to(device)
                self._labels = self._labels.to(device)

    def batch(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features (B, d) and labels (B, q) of some rows, on the device."""
        if self._sparse is None:
            X = self._dense[rows.to(self._dense.device)].to(self.device)
        else:
            part = self._sparse[rows.numpy()].toarray()
            if self._shift.any():
                part -= self._shift
            X = torch.from_numpy(part).to(self.device)
        Y = self._labels[rows.to(self._labels.device)].to(self.device)
        return X, Y.float()

    def mean_variance(self) -> float:
        """Mean over the features of their variance after scaling; never 0."""
        if self._sparse is None:
            variance = float(self._dense.var(dim=0, correction=0).mean())
        else:
            wide = self._sparse.astype(float)
            mean = np.asarray(wide.mean(axis=0)).ravel()
            square = np.asarray(wide.multiply(wide).mean(axis=0))
            variance = float((square.ravel() - mean**2).mean())
        return variance if variance > 1e-12 else 1.0

    def _fits_on_device(self):
        if self.device.type != "cuda":
            return True
        free, _ = torch.cuda.mem_get_info(self.device)
        return 4 * self.n * self.d < free / 2


def _scaled_values(X: Any, span: np.ndarray) -> Any:
    """CSR X with each value over its column's `span`, in single precision."""
    values = (X.data / span[X.indices]).astype(np.float32)
    return type(X)((values, X.indices, X.indptr), shape=X.shape)
