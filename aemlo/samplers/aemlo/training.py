"""AEMLO's training loop: live, stoppable at any batch, resumable exactly."""

import math
import time
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aemlo.arrays import Features, LabelMatrix
from aemlo.errors import AemloError, RunError, Stopped
from aemlo.progress import no_progress
from aemlo.samplers.aemlo import losses
from aemlo.samplers.aemlo.model import TrainedModel, save_torch
from aemlo.samplers.aemlo.network import Network
from aemlo.samplers.aemlo.rows import Rows, learn_scales
from aemlo.samplers.aemlo.settings import Settings, rows_per_batch

TERMS = ("total", "latent", "ranking", "reconstruction", "distance", "calibration")
CHECKED_ROWS = 512
SECONDS_BETWEEN_CALLS = 0.3
SECONDS_BETWEEN_CHECKPOINTS = (2.0, 10.0)  # at least, at most
SHARE_FOR_CHECKPOINTS = 0.01
EPS = 1e-12


def train(
    X: Features,
    Y: LabelMatrix,
    settings: Settings,
    seed: int,
    on_progress: Callable[..., object] = no_progress,
    checkpoint: Callable[[dict[str, Any]], object] | None = None,
    state: Mapping[str, Any] | None = None,
) -> "Training":
    """A Training of X (n, d), Y (n, q), run to its end; see Training and its `run`."""
    training = Training(X, Y, settings, seed)
    if state is not None:
        training.load_state_dict(state)
    training.run(on_progress, checkpoint)
    return training


class Training:
    """Network, optimiser, place in the run, for X (n, d), NumPy or CSR, and Y (n, q).

    Adam on the objective of `losses`, rows shuffled anew each epoch from `seed`; the
    weights of the epoch with the lowest loss are kept (the held-out loss if a share of
    the rows is held out, the training loss, as published, if not). What is known so
    far: `history` (one dict per epoch), `checks` (one per decoder check), `best_epoch`,
    `stopped`, `notes`, `model()`. `state_dict` and `load_state_dict` carry a run to
    another process; on a CPU it ends with the weights of an uninterrupted one.
    """

    def __init__(
        self, X: Features, Y: LabelMatrix, settings: Settings, seed: int
    ) -> None:
        self.settings, self.seed = settings, int(seed)
        self.low, self.span = learn_scales(X)
        self.device = device_of(settings.device)
        self.rows = Rows(X, Y, self.low, self.span, self.device)
        self.d, self.q = X.shape[1], Y.shape[1]
        self.train_rows, self.held_out_rows = self._split(X.shape[0])
        self.variance = self.rows.mean_variance()
        network = Network(self.d, self.q, settings, self._generator(0))
        self.network = network.to(self.device)
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=settings.learning_rate, fused=True
        )
        self.epoch = self.batch = 0
        self.sums = torch.zeros(len(TERMS), dtype=torch.float64, device=self.device)
        self.best_epoch, self.best_loss, self.best_weights = 0, math.inf, None
        self.history, self.checks, self.notes = [], [], []
        self.feature_errors = []
        self.stopped = self.diverged = False

    def run(
        self,
        on_progress: Callable[..., object] = no_progress,
        checkpoint: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        """Train to the end, or until patience runs out.

        `on_progress(fraction)` comes within epochs, and `on_progress(fraction,
        epoch=..., total=..., ...)` at the end of each, after a decoder check with its
        numbers and `feature_errors` (d of them). What it raises passes through;
        on Stopped the run keeps what it learned: `stopped` is True, `model()` gives the
        best weights. `checkpoint(state)` is called with what `load_state_dict` takes:
        every 10 s at the latest, so seldom that it takes at most 1 % of the time
        where 10 s allow it, and when the run ends or is stopped.
        """
        saver = _Saver(checkpoint, self.state_dict)
        self.stopped = False
        try:
            while self.epoch < self.settings.epochs and not self._finished_early():
                self._run_epoch(on_progress, saver)
        except Stopped:
            self.stopped = True
            raise
        finally:
            saver.save()

    def model(self) -> TrainedModel:
        """The TrainedModel of the best epoch, or of now if no epoch has ended."""
        network = Network(self.d, self.q, self.settings, self._generator(0))
        network.load_state_dict(self.best_weights or self.network.state_dict())
        return TrainedModel(network.to(self.device), self.low, self.span, self.settings)

    def state_dict(self) -> dict[str, Any]:
        """Everything a resumed run needs, as tensors, numbers, strings and lists."""
        return {
            "shape": [self.rows.n, self.d, self.q],
            "settings": vars(self.settings).copy(),
            "seed": self.seed,
            "epoch": self.epoch,
            "batch": self.batch,
            "sums": self.sums,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "best_epoch": self.best_epoch,
            "best_loss": self.best_loss,
            "best_weights": self.best_weights,
            "history": list(self.history),
            "checks": list(self.checks),
            "notes": list(self.notes),
            "feature_errors": self.feature_errors,
            "diverged": self.diverged,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken; RunError if it is of another data or network.

        `epochs`, `patience` and the device may differ: a run can be made longer.
        """
        free = {"epochs", "patience", "check_every", "device"}
        fixed = {k: v for k, v in vars(self.settings).items() if k not in free}
        changed = [k for k, v in fixed.items() if state["settings"].get(k) != v]
        if changed:
            raise RunError(
                "The run cannot be resumed with other settings: "
                f"{', '.join(changed)} changed. Start a new run."
            )
        if state["shape"] != [self.rows.n, self.d, self.q]:
            raise RunError(
                "The run cannot be resumed on this data set: it was started on "
                "{} rows, {} features, {} labels; this one has {}, {}, {}.".format(
                    *state["shape"], self.rows.n, self.d, self.q
                )
            )
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.sums = state["sums"].to(self.device)
        for name in ("seed", "epoch", "batch", "diverged"):
            setattr(self, name, state[name])
        for name in ("best_epoch", "best_loss", "best_weights"):
            setattr(self, name, state[name])
        for name in ("history", "checks", "notes", "feature_errors"):
            setattr(self, name, list(state[name]))
        self.train_rows, self.held_out_rows = self._split(self.rows.n)

    def _split(self, n):
        order = torch.randperm(n, generator=self._generator(1))
        held = min(int(round(n * self.settings.held_out)), n // 2)
        return order[held:].sort().values, order[:held].sort().values

    def _rows_per_batch(self):
        return rows_per_batch(len(self.train_rows), self.settings)

    def _generator(self, *purpose):
        # Every draw has a generator of its own, named by seed and purpose: a resumed
        # run needs no generator's state.
        entropy = np.random.SeedSequence([self.seed, *purpose]).generate_state(1)[0]
        return torch.Generator().manual_seed(int(entropy))

    def _run_epoch(self, on_progress, saver):
        started, settings = time.perf_counter(), self.settings
        generator = self._generator(2, self.epoch)
        order = torch.randperm(len(self.train_rows), generator=generator)
        batches = self.train_rows[order].split(self._rows_per_batch())
        first = self.batch
        last_call = 0.0
        for self.batch in range(first, len(batches)):
            done = (self.epoch + self.batch / len(batches)) / settings.epochs
            if time.perf_counter() - last_call > SECONDS_BETWEEN_CALLS:
                on_progress(done)
                last_call = time.perf_counter()
            self._step(batches[self.batch], done)
            self.batch += 1
            saver.save_if_due()
        self.batch = 0
        self.epoch += 1
        seconds = time.perf_counter() - started
        values = self._close_epoch()
        speed = sum(len(b) for b in batches[first:]) / max(seconds, 1e-9)
        saver.save_if_due()
        on_progress(
            self.epoch / settings.epochs, **values, rows_per_second=round(speed, 1)
        )

    def _step(self, rows, done):
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate_at(done, self.settings)
        X, Y = self.rows.batch(rows)
        terms = self._objective(X, Y)
        self.optimiser.zero_grad(set_to_none=True)
        terms["total"].backward()
        self.optimiser.step()
        values = torch.stack([terms[name].detach() for name in TERMS])
        self.sums += values.double() * len(rows)

    def _objective(self, X, Y):
        """The terms of a batch, each divided by B, and their weighted sum."""
        s, B = self.settings, len(X)
        E_x, E_y, X_hat, scores = self.network(X, Y)
        zero = X.new_zeros(())
        latent = losses.latent_loss(E_x, E_y, s.orthogonality)
        ranking = losses.ranking_loss(scores, Y)
        distance = zero
        if s.distance_weight and B > 1:
            distance = losses.distance_error(X_hat, X)
        if s.feature_error == "absolute":
            features = losses.absolute_error(X_hat, X)
        else:
            features = losses.scaled_squares(X_hat, X, self.variance)
        reconstruction = features + s.distance_weight * distance
        calibration = zero
        if s.calibration_weight:
            from_x = self.network.decode_y(E_x)
            calibration = losses.label_cross_entropy(scores, Y)
            calibration = (calibration + losses.label_cross_entropy(from_x, Y)) / 2
        total = (
            s.alignment_weight * latent
            + s.ranking_weight * ranking
            + s.reconstruction_weight * reconstruction
            + s.calibration_weight * calibration
        )
        terms = (total, latent, ranking, reconstruction, distance, calibration)
        return {name: term / B for name, term in zip(TERMS, terms, strict=True)}

    def _close_epoch(self):
        means = (self.sums / len(self.train_rows)).tolist()
        self.sums.zero_()
        values = {"epoch": self.epoch, **dict(zip(TERMS, means, strict=True))}
        if len(self.held_out_rows):
            values |= self._held_out_losses()
        self._keep_if_best(values.get("held_out_total", values["total"]))
        self.history.append(values)
        every = self.settings.check_every
        if every and (self.epoch % every == 0 or self.epoch == self.settings.epochs):
            check = self._check_decoders()
            self.checks.append({"epoch": self.epoch, **check})
            values = values | check | {"feature_errors": self.feature_errors}
        return values

    def _held_out_losses(self):
        sums = torch.zeros(len(TERMS), dtype=torch.float64)
        with torch.no_grad():
            for rows in self.held_out_rows.split(self._rows_per_batch()):
                terms = self._objective(*self.rows.batch(rows))
                sums += torch.stack([terms[t] for t in TERMS]).double().cpu() * len(
                    rows
                )
        means = (sums / len(self.held_out_rows)).tolist()
        return {f"held_out_{t}": mean for t, mean in zip(TERMS, means, strict=True)}

    def _keep_if_best(self, loss):
        if not math.isfinite(loss):
            if self.best_weights is None:
                raise AemloError(
                    "AEMLO: the loss is not a number after the first epoch. Lower "
                    f"learning_rate, which is {self.settings.learning_rate:g}."
                )
            self.diverged = True
            self.notes.append(
                f"The loss was not a number in epoch {self.epoch}; training ended "
                f"there and epoch {self.best_epoch} was kept. Lower learning_rate."
            )
        elif loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, self.epoch
            weights = self.network.state_dict()
            self.best_weights = {k: v.detach().clone() for k, v in weights.items()}

    def _check_decoders(self):
        """How decoded rows look on (at most 512) held-out rows, or training rows.

        `feature_errors` (d,), scaled, is kept from the latest check.
        """
        rows = self.held_out_rows if len(self.held_out_rows) else self.train_rows
        pick = torch.linspace(0, len(rows) - 1, min(len(rows), CHECKED_ROWS)).long()
        X, Y = self.rows.batch(rows[pick])
        with torch.no_grad():
            codes = self.network.encode_x(X)
            errors = (self.network.decode_x(codes) - X).abs().mean(dim=0)
            scores = self.network.decode_y(codes)
        self.feature_errors = errors.tolist()
        return {
            "decoded_labels": float((scores > 0).sum(dim=1).float().mean()),
            "parent_labels": float(Y.sum(dim=1).mean()),
            "label_ranking_loss": wrong_pairs(scores, Y),
            "feature_error": float(errors.mean()),
            "feature_error_worst": float(errors.max()),
        }

    def _finished_early(self):
        patience = self.settings.patience
        waited = self.epoch - self.best_epoch
        return self.diverged or (patience is not None and waited >= patience)


def wrong_pairs(scores: torch.Tensor, Y: torch.Tensor) -> float:
    """Share of (present, absent) label pairs ordered wrongly, rows' mean; ties half."""
    # The Mann-Whitney identity: ranks of the present labels give the pairs in order.
    order = scores.sort(dim=1)
    low = torch.searchsorted(order.values, scores.contiguous(), side="left")
    high = torch.searchsorted(order.values, scores.contiguous(), side="right")
    ranks = (low + high + 1).double() / 2
    present = Y.sum(dim=1).double()
    pairs = present * (Y.shape[1] - present)
    right = (ranks * Y).sum(dim=1) - present * (present + 1) / 2
    wrong = 1 - right[pairs > 0] / pairs[pairs > 0]
    return float(wrong.mean()) if len(wrong) else 0.0


def learning_rate_at(done: float, settings: Settings) -> float:
    """The rate after a share `done` of the run: constant, or up and down by cosines.

    One-cycle (Smith, Topin 2018): from 1/25 of `learning_rate` up to it over the first
    30 %, then down to almost nothing.
    """
    peak = settings.learning_rate
    if settings.schedule == "constant":
        return peak
    if done < 0.3:
        return peak * (1 / 25 + 24 / 25 * (1 - math.cos(math.pi * done / 0.3)) / 2)
    return peak * max(1e-4, (1 + math.cos(math.pi * (done - 0.3) / 0.7)) / 2)


def device_of(name: str) -> torch.device:
    """The torch device called `name`; "auto" is CUDA where there is one."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise AemloError(
            "AEMLO: device 'cuda' asked for, but there is none. Use 'auto' or 'cpu'."
        )
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def save_checkpoint(state: Mapping[str, Any], path: str | PathLike[str]) -> None:
    """Write `state` to `path` whole or not at all."""
    save_torch(state, path)


def load_checkpoint(path: str | PathLike[str]) -> dict[str, Any]:
    """The state saved at `path`, no code unpickled; RunError if it is bad."""
    try:
        return torch.load(Path(path), weights_only=True, map_location="cpu")
    except FileNotFoundError:
        raise RunError(
            f"{Path(path).name}: there is no checkpoint to resume."
        ) from None
    except Exception as fault:  # whatever a damaged or foreign file provokes
        raise RunError(
            f"{Path(path).name}: not a checkpoint that can be read "
            f"({type(fault).__name__}). Start a new run."
        ) from fault


class _Saver:
    """Calls `checkpoint` often enough to lose little, seldom enough to cost little."""

    def __init__(
        self,
        checkpoint: Callable[[dict[str, Any]], object] | None,
        state_dict: Callable[[], dict[str, Any]],
    ) -> None:
        self.checkpoint, self.state_dict = checkpoint, state_dict
        self.last, self.cost = time.monotonic(), 0.0

    def save_if_due(self) -> None:
        at_least, at_most = SECONDS_BETWEEN_CHECKPOINTS
        wait = min(max(at_least, self.cost / SHARE_FOR_CHECKPOINTS), at_most)
        if self.checkpoint and time.monotonic() - self.last >= wait:
            self.save()

    def save(self) -> None:
        if self.checkpoint:
            started = time.monotonic()
            self.checkpoint(self.state_dict())
            self.last = time.monotonic()
            self.cost = self.last - started
