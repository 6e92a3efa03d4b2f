"""A trained AEMLO network with the scales it learned: encode, decode, save, load."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from scipy import sparse

from aemlo.arrays import Features, LabelMatrix, Scores
from aemlo.errors import RunError
from aemlo.samplers.aemlo.network import Network
from aemlo.samplers.aemlo.settings import Settings

ROWS_AT_ONCE = 2048
FORMAT = 1


class TrainedModel:
    """Codes and decodes rows in the data's own units; NumPy in, NumPy out.

    `low_` and `span_` (d,) are each feature's smallest value and range over the rows
    trained on: (x - low) / span is what the network sees.
    """

    def __init__(
        self, network: Network, low: np.ndarray, span: np.ndarray, settings: Settings
    ) -> None:
        self.network = network.eval()
        self.low_, self.span_ = low, span
        self.settings = settings
        self.n_features, self.n_labels = len(low), network.decode_y[-1].out_features

    def encode(self, X: Features) -> np.ndarray:
        """Codes (n, l) of features X (n, d), NumPy or CSR."""
        self._check_columns(X.shape[1], self.n_features, "features")
        return self._in_batches(
            lambda rows: self.network.encode_x(self._scaled(X[rows])), X.shape[0]
        )

    def encode_labels(self, Y: LabelMatrix) -> np.ndarray:
        """Codes (n, l) of labels Y (n, q)."""
        self._check_columns(Y.shape[1], self.n_labels, "labels")
        labels = np.asarray(Y, dtype=np.float32)
        return self._in_batches(
            lambda rows: self.network.encode_y(self._tensor(labels[rows])), len(labels)
        )

    def decode(self, Z: np.ndarray) -> tuple[np.ndarray, Scores]:
        """Features (n, d) in the data's units and label scores (n, q) of codes Z."""
        return self.decode_features(Z), self.decode_labels(Z)

    def decode_features(
        self,
        Z: np.ndarray,
        activation: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> np.ndarray:
        """Features (n, d) of codes Z (n, l); `activation` maps the scaled output."""
        activation = activation or (lambda out: out)
        Z = np.asarray(Z, dtype=np.float32)
        scaled = self._in_batches(
            lambda rows: activation(self.network.decode_x(self._tensor(Z[rows]))),
            len(Z),
        )
        return scaled * self.span_ + self.low_

    def decode_labels(self, Z: np.ndarray) -> Scores:
        """Label scores (n, q) of codes Z (n, l): log-odds where calibrated."""
        Z = np.asarray(Z, dtype=np.float32)
        return self._in_batches(
            lambda rows: self.network.decode_y(self._tensor(Z[rows])), len(Z)
        )

    def check_fits(self, d: int, q: int, name: str = "The trained model") -> None:
        """RunError in words unless the model was trained on d features, q labels."""
        if (d, q) != (self.n_features, self.n_labels):
            raise RunError(
                f"{name} was trained on {self.n_features} features and "
                f"{self.n_labels} labels; this data set has {d} and {q}. "
                "Train anew, or load the data set it was trained on."
            )

    def save(self, folder: str | PathLike[str], **more: Any) -> None:
        """Write weights.pt and spec.json, with `more` entries, into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = {k: v.cpu() for k, v in self.network.state_dict().items()}
        scales = {"low": torch.tensor(self.low_), "span": torch.tensor(self.span_)}
        save_torch({"weights": weights, **scales}, folder / "weights.pt")
        spec = {
            "format": FORMAT,
            "features": self.n_features,
            "labels": self.n_labels,
            "network": asdict(self.settings),
            **more,
        }
        part = folder / "spec.json.part"
        part.write_text(json.dumps(spec, indent=1, allow_nan=False))
        part.replace(folder / "spec.json")

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> tuple[Self, dict[str, Any]]:
        """The model saved in `folder` and its spec; RunError if there is none."""
        folder = Path(folder)
        try:
            spec = json.loads((folder / "spec.json").read_text())
            stored = torch.load(folder / "weights.pt", weights_only=True)
            settings = Settings(**spec["network"])
            network = Network(
                spec["features"], spec["labels"], settings, torch.Generator()
            )
            network.load_state_dict(stored["weights"])
            low, span = stored["low"].numpy(), stored["span"].numpy()
        except FileNotFoundError as fault:
            raise RunError(
                f"{folder.name}: there is no trained model here, "
                f"{Path(fault.filename).name} is missing. "
                "Save one with its weights.pt and spec.json."
            ) from None
        except Exception as fault:  # whatever a damaged or foreign file provokes
            raise RunError(
                f"{folder.name}: not a trained model that can be read "
                f"({type(fault).__name__}). It needs weights.pt and spec.json as saved."
            ) from fault
        return cls(network, low, span, settings), spec

    @property
    def _device(self):
        return next(self.network.parameters()).device

    def _tensor(self, values):
        return torch.from_numpy(np.asarray(values, dtype=np.float32)).to(self._device)

    def _scaled(self, X):
        dense = X.toarray() if sparse.issparse(X) else np.asarray(X, dtype=float)
        return self._tensor((dense - self.low_) / self.span_)

    def _in_batches(self, mapped, n):
        parts = [
            slice(start, start + ROWS_AT_ONCE) for start in range(0, n, ROWS_AT_ONCE)
        ]
        with torch.inference_mode():
            batches = [mapped(rows).cpu().numpy() for rows in parts or [slice(0, 0)]]
        return np.concatenate(batches)

    def _check_columns(self, given, wanted, what):
        if given != wanted:
            raise RunError(
                f"The trained model takes {wanted} {what}, this data set has {given}."
            )


def save_torch(state: Mapping[str, Any], path: str | PathLike[str]) -> None:
    """torch.save through a temporary name, so that no reader sees half a file."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    part.replace(path)
