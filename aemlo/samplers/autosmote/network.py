"""AutoSMOTE's decision networks, its classifier and how they learn together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional

from aemlo.arrays import Features, LabelMatrix, Rows

AGGREGATIONS = ("mean", "min", "max", "interpolation")
EVEN = 0.01  # weight of a row that does not take part, against 1


def perceptron(
    inputs: int, width: int, outputs: int, generator: torch.Generator
) -> nn.Sequential:
    """One hidden layer with ReLU, weights drawn from `generator` (He et al., 2015)."""
    hidden, output = nn.Linear(inputs, width), nn.Linear(width, outputs)
    for layer in (hidden, output):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(hidden, nn.ReLU(), output)


def gumbel_one_hot(
    logits: torch.Tensor, temperature: float, generator: torch.Generator
) -> torch.Tensor:
    """A one-hot draw (b, c) whose gradient is that of the softened draw.

    The straight-through estimator of Jang, Gu, Poole: Categorical reparameterization
    with Gumbel-Softmax, ICLR 2017.
    """
    u = torch.rand(logits.shape, generator=generator).clamp(1e-9, 1 - 1e-7)
    soft = ((logits - torch.log(-torch.log(u))) / temperature).softmax(dim=1)
    hard = functional.one_hot(soft.argmax(dim=1), soft.shape[1]).to(soft.dtype)
    return hard + soft - soft.detach()


class AutoSMOTENetwork(nn.Module):
    """The three decision networks and the classifier.

    A decision reads a description (b, e) of what it is made for, a row or a cohort, and
    gives logits: `participation` (b, 2), `neighbours` (b, K), `aggregation` (b, 4).
    """

    def __init__(
        self,
        described: int,
        features: int,
        labels: int,
        candidates: Sequence[int],
        width: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.participation = perceptron(described, width, 2, generator)
        self.neighbours = perceptron(described, width, len(candidates), generator)
        self.aggregation = perceptron(described, width, len(AGGREGATIONS), generator)
        self.classifier = perceptron(features, width, labels, generator)
        # Decisions begin near chance: each option is seen before one is preferred.
        for decision in (self.participation, self.neighbours, self.aggregation):
            output = decision[2]
            assert isinstance(output, nn.Linear)
            nn.init.normal_(output.weight, std=0.01, generator=generator)

    def probabilities(
        self, described: torch.Tensor
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probability to take part (b,), of each k (b, K), each aggregation (b, 4)."""
        with torch.no_grad():
            return (
                self.participation(described).softmax(dim=1)[:, 1].numpy(),
                self.neighbours(described).softmax(dim=1).numpy(),
                self.aggregation(described).softmax(dim=1).numpy(),
            )


def aggregated(
    seed: torch.Tensor,
    near: torch.Tensor,
    at: torch.Tensor,
    u: torch.Tensor,
    pick: torch.Tensor,
) -> torch.Tensor:
    """What each k and aggregation makes of a row: (b, K, 4, d).

    `seed` (b, d), its neighbours `near` (b, t, d) nearest first, `at` (b, K) the last
    neighbour of each k (0 is the nearest), `u` (b, K) and `pick` (b, K) the step and
    the neighbour of the interpolation.
    """
    both = torch.cat([seed[:, None], near], dim=1)  # (b, 1 + t, d)
    place = (at + 1)[:, :, None].expand(-1, -1, seed.shape[1])
    mean = both.cumsum(dim=1).gather(1, place) / (at + 2)[:, :, None]
    low = both.cummin(dim=1).values.gather(1, place)
    high = both.cummax(dim=1).values.gather(1, place)
    other = near.gather(1, pick[:, :, None].expand_as(place))
    between = seed[:, None] + u[:, :, None] * (other - seed[:, None])
    return torch.stack([mean, low, high, between], dim=2)


class Cells:
    """The (label, row) pairs that may make rows, as arrays with a row per pair.

    `row`, `label`, `count` (neighbours there are), `near` (M, t) row numbers,
    `described` (M, e) what the decisions read, `share` (M,) rows wanted per pair of its
    label, `label_place` (M,) the label's place among those with pairs.
    """

    def __init__(
        self,
        row: Rows,
        label: Rows,
        near: np.ndarray,
        count: np.ndarray,
        described: np.ndarray,
        share: np.ndarray,
    ) -> None:
        self.row, self.label, self.near, self.count = row, label, near, count
        self.described = torch.from_numpy(described.astype(np.float32))
        self.share = torch.from_numpy(share.astype(np.float32))
        _, place = np.unique(label, return_inverse=True)
        self.label_place = torch.from_numpy(place)

    def last(self, candidates: Sequence[int]) -> np.ndarray:
        """Position of the last neighbour of each candidate k, (M, K), from 0."""
        return np.minimum(np.asarray(candidates)[None, :], self.count[:, None]) - 1


class Learning:
    """Decisions and classifier learning together on X (n, d), Y (n, q), `cells`."""

    def __init__(
        self,
        X: Features,
        Y: LabelMatrix,
        cells: Cells,
        settings: Mapping[str, Any],
        seed: int,
    ) -> None:
        self.X, self.Y, self.cells, self.settings = X, Y, cells, settings
        self.generator = torch.Generator().manual_seed(seed)
        self.network = AutoSMOTENetwork(
            cells.described.shape[1],
            X.shape[1],
            Y.shape[1],
            settings["candidates"],
            settings["width"],
            self.generator,
        )
        for name in settings["frozen"]:
            getattr(self.network, name).requires_grad_(False)
        learning = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(learning, lr=settings["learning_rate"])
        self.history = []

    def run(self, on_progress: Callable[..., object]) -> None:
        """All epochs; `on_progress(fraction, epoch=, loss=, ...)` after each."""
        epochs, size = self.settings["epochs"], self.settings["batch_size"]
        n, M = len(self.Y), len(self.cells.row)
        steps = -(-n // size)
        # All pairs in the course of an epoch, and enough to choose among at each step.
        pairs = min(M, 512, max(64, -(-M // steps)))
        for epoch in range(epochs):
            temperature = self._temperature(epoch)
            rows = torch.randperm(n, generator=self.generator)
            turns = torch.randperm(M, generator=self.generator)
            turns = turns.repeat(-(-pairs * steps // M))
            total, reports = 0.0, []
            for step in range(steps):
                on_progress((epoch + step / steps) / epochs)
                batch = rows[step * size : (step + 1) * size].numpy()
                chosen = turns[step * pairs : (step + 1) * pairs].numpy()
                loss, report = self.loss(batch, chosen, temperature)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += float(loss.detach())
                reports.append(report)
            means = {
                name: np.mean([report[name] for report in reports])
                for name in reports[0]
            }
            values = {"epoch": epoch + 1, "loss": total / steps, **means}
            self.history.append(values | {"temperature": temperature})
            on_progress((epoch + 1) / epochs, **values)

    def _temperature(self, epoch):
        first, last = self.settings["temperature"]
        way = epoch / max(1, self.settings["epochs"] - 1)
        return float(first * (last / first) ** way)

    def loss(
        self, rows: Rows, chosen: Rows, temperature: float
    ) -> tuple[torch.Tensor, dict[str, float]]:
        """Cross-entropy of real `rows` and of what the pairs `chosen` make.

        Each label's pairs weigh together as many rows as are wanted of it, in
        proportion to the batch; taking part decides how that is shared among them.
        """
        real = self._cross_entropy(self._dense(rows), _tensor(self.Y[rows]))
        X_new, labels, taking_part, report = self._synthetic_rows(chosen, temperature)
        place = self.cells.label_place[chosen]
        share = self.cells.share[chosen]
        groups = int(self.cells.label_place.max()) + 1
        parts = torch.zeros(groups).index_add(0, place, taking_part)
        wanted = torch.zeros(groups).index_add(0, place, share)
        sizes = torch.zeros(groups).index_add(0, place, torch.ones(len(chosen)))
        # Where none takes part all weigh alike: making nothing is no way out.
        part = (taking_part + EVEN) / (parts + EVEN * sizes)[place]
        weight = wanted[place] * part
        # Batches hold more pairs, or fewer, than their share of all pairs.
        weight = (
            weight * (len(rows) / len(self.Y)) * (len(self.cells.row) / len(chosen))
        )
        synthetic = self._cross_entropy(X_new, labels)
        loss = (real.sum() + (weight * synthetic).sum()) / (
            len(rows) + weight.sum().detach()
        )
        return loss, report

    def _synthetic_rows(self, chosen, temperature):
        described, g = self.cells.described[chosen], self.generator
        net, candidates = self.network, self.settings["candidates"]
        part = gumbel_one_hot(net.participation(described), temperature, g)[:, 1]
        k = gumbel_one_hot(net.neighbours(described), temperature, g)  # (b, K)
        how = gumbel_one_hot(net.aggregation(described), temperature, g)  # (b, 4)
        last = torch.from_numpy(self.cells.last(candidates)[chosen])
        u = torch.rand(last.shape, generator=g)
        pick = (torch.rand(last.shape, generator=g) * (last + 1)).long()
        near = self.cells.near[chosen]
        b, t = near.shape
        around = self._dense(near.ravel()).reshape(b, t, -1)
        seed = self._dense(self.cells.row[chosen])
        options = aggregated(seed, around, last, u, pick)
        X_new = torch.einsum("bkad,bk,ba->bd", options, k, how)
        votes = torch.from_numpy(self.Y[self.cells.row[chosen]][:, None]).float()
        votes = torch.cat([votes, torch.from_numpy(self.Y[near]).float()], dim=1)
        chosen_last = last.gather(1, k.argmax(dim=1, keepdim=True))  # (b, 1)
        labels = vote(votes, chosen_last)
        report = {
            "participation": float(part.detach().mean()),
            "mean k": float(
                (k.detach() * torch.tensor(candidates).float()).sum(dim=1).mean()
            ),
        }
        shares = how.detach().mean(dim=0).tolist()
        report |= dict(zip(AGGREGATIONS, shares, strict=True))
        return X_new, labels, part, report

    def _cross_entropy(self, X, Y):
        logits = self.network.classifier(X)
        return functional.binary_cross_entropy_with_logits(
            logits, Y, reduction="none"
        ).mean(dim=1)  # (b,)

    def _dense(self, rows):
        part = self.X[rows]
        return _tensor(part.toarray() if sparse.issparse(part) else part)


def vote(votes: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Labels (b, q) in more than half of `votes` (b, 1 + t, q) up to each one's `last`
    neighbour (b, 1)."""
    place = (last + 1)[:, :, None].expand(-1, -1, votes.shape[2])
    count = votes.cumsum(dim=1).gather(1, place)[:, 0]
    return (2 * count > last + 2).float()


def _tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
