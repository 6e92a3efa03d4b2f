"""The deep MLP's network, losses and training loop; the home of its torch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from aemlo.arrays import Features, LabelMatrix, Mask, Rows
from aemlo.errors import AemloError

Layer: TypeAlias = tuple[np.ndarray, np.ndarray]
ROWS_AT_ONCE = 4096


def focal_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    gamma: float,
    alpha: float | None = None,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean of -w alpha_t (1 - p_t)^gamma log p_t over all cells (Lin et al., eq. 5).

    `logits`, `labels` and `weights` (or None) are (batch, q). gamma 0 without alpha is
    the (weighted) binary cross-entropy.
    """
    side = 2.0 * labels - 1.0
    loss = -functional.logsigmoid(side * logits)  # (batch, q)
    if gamma:
        loss = torch.sigmoid(-side * logits) ** gamma * loss
    if alpha is not None:
        loss = loss * torch.where(labels > 0.5, alpha, 1.0 - alpha)
    return (loss if weights is None else loss * weights).mean()


class Network(nn.Module):
    """Linear layers with ReLU and dropout between, one logit per label."""

    def __init__(
        self, sizes: Sequence[int], dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.dropout, self.generator = dropout, generator
        self.layers = nn.ModuleList(
            nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False)
        )
        # He et al., 2015; drawn from our generator, not torch's own.
        for layer in self.linear_layers():
            nn.init.kaiming_uniform_(
                layer.weight, nonlinearity="relu", generator=generator
            )
            nn.init.zeros_(layer.bias)

    def linear_layers(self) -> Iterator[nn.Linear]:
        """The layers in order, typed as what they are."""
        for layer in self.layers:
            assert isinstance(layer, nn.Linear)
            yield layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (batch, q) of features x (batch, d)."""
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))  # (batch, hidden)
            if self.training and self.dropout:
                kept = torch.rand(x.shape, generator=self.generator) >= self.dropout
                x = x * kept / (1.0 - self.dropout)
        return self.layers[-1](x)  # (batch, q)


class Training:
    """A network learning from X (n, d), NumPy or CSR, and Y (n, q) of 0 and 1.

    `standards` are what is taken off the features and what they are then divided by,
    (d,) each; `divided` are two masks (n,): the rows that decide when to end (where
    there are none, those learned from do) and the rows learned from; `cell_weights`
    (2, q) weigh cells of value 0 and 1. `settings` has hidden, dropout, gamma, alpha,
    epochs, patience, learning_rate, decay and batch.
    """

    def __init__(
        self,
        X: Features,
        Y: LabelMatrix,
        standards: tuple[np.ndarray, np.ndarray],
        divided: tuple[Mask, Mask],
        settings: Mapping[str, Any],
        cell_weights: np.ndarray,
        seed: int,
    ) -> None:
        self.X, self.Y, self.settings = X, Y, settings
        self.centre, self.spread = standards
        self.generator = torch.Generator().manual_seed(seed)
        sizes = (X.shape[1], *settings["hidden"], Y.shape[1])
        self.network = Network(sizes, settings["dropout"], self.generator)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=settings["learning_rate"],
            weight_decay=settings["decay"],
        )
        self.weights = torch.as_tensor(cell_weights, dtype=torch.float32)
        held_out, learned = divided
        inside = learned.nonzero()[0]
        self.inside = torch.as_tensor(inside)
        self.outside = held_out.nonzero()[0] if held_out.any() else inside

    def run(self, on_progress: Callable[..., object]) -> list[Layer]:
        """Weights [(W, b), ...] of the epoch with the best held-out loss.

        `on_progress(fraction, epoch=, loss=, held_out_loss=)` is called each epoch and
        may raise. Raises AemloError where no epoch had a loss that is a number.
        """
        epochs, patience = self.settings["epochs"], self.settings["patience"]
        best, best_epoch = float("inf"), 0
        best_weights: list[Layer] | None = None
        for epoch in range(1, epochs + 1):
            loss = self._epoch()
            held_out_loss = self._held_out_loss()
            on_progress(
                epoch / epochs, epoch=epoch, loss=loss, held_out_loss=held_out_loss
            )
            if held_out_loss < best:
                best, best_epoch, best_weights = held_out_loss, epoch, self._weights()
            elif epoch - best_epoch >= patience:
                break
        if best_weights is None:
            raise AemloError(
                "deep MLP: the loss is not a number after the first epoch. Lower "
                f"learning_rate, which is {self.settings['learning_rate']:g}."
            )
        return best_weights

    def _epoch(self) -> float:
        """One pass over the training rows, shuffled; their mean loss."""
        total = 0.0
        shuffled = torch.randperm(len(self.inside), generator=self.generator)
        for rows in self.inside[shuffled].split(self.settings["batch"]):
            self.optimiser.zero_grad()
            loss = self._loss(rows.numpy())
            loss.backward()
            self.optimiser.step()
            total += float(loss.detach()) * len(rows)
        return total / len(self.inside)

    def _held_out_loss(self) -> float:
        self.network.eval()
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(self.outside), ROWS_AT_ONCE):
                rows = self.outside[start : start + ROWS_AT_ONCE]
                total += float(self._loss(rows)) * len(rows)
        self.network.train()
        return total / len(self.outside)

    def _loss(self, rows: Rows) -> torch.Tensor:
        block = self.X[rows]
        block = block if isinstance(block, np.ndarray) else block.toarray()
        x = torch.as_tensor((block - self.centre) / self.spread, dtype=torch.float32)
        y = torch.as_tensor(self.Y[rows], dtype=torch.float32)
        return focal_loss(
            self.network(x),
            y,
            self.settings["gamma"],
            self.settings["alpha"],
            torch.where(y > 0.5, self.weights[1], self.weights[0]),
        )

    def _weights(self) -> list[Layer]:
        return [
            (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy())
            for layer in self.network.linear_layers()
        ]
