"""How fast AEMLO trains, against its loss written out with the arrays it speaks of.

    OMP_NUM_THREADS=1 python tests/benchmarks/autoencoder.py [--quick]

About three minutes; `--quick` takes a small set, once, and measures no memory. The
baseline is vectorised, with the same network, optimiser, batches, threads and
precision; only the loss differs: (B, q, q) arrays of label pairs and (B, B, d) arrays
of row pairs.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import checkout
import numpy as np
import torch
from scipy import sparse

from aemlo.samplers.aemlo import losses
from aemlo.samplers.aemlo.settings import Settings, published, published_settings
from aemlo.samplers.aemlo.training import Training

N, D, Q = 7_395, 1_836, 159  # bibtex's size
RUNS = 5
PUBLISHED = published(Settings) | {"check_every": 0}
PRODUCTS = ("aten::mm", "aten::addmm", "aten::bmm", "aten::matmul", "aten::linear")


def data(n, d=D, q=Q, density=0.037, seed=0):
    """Sparse binary features and labels of about bibtex's density."""
    rng = np.random.default_rng(seed)
    present = rng.integers(d, size=(n, int(density * d)))
    rows = np.repeat(np.arange(n), present.shape[1])
    X = sparse.csr_matrix(
        (np.ones(present.size, dtype=np.float32), (rows, present.ravel())), (n, d)
    )
    X.data[:] = 1.0
    chance = np.clip(0.14 / np.arange(1, q + 1) ** 0.7, 0.004, 1)
    return X, (rng.random((n, q)) < chance).astype(np.uint8)


def written_out(E_x, E_y, S, X_hat, X, Y, weight=0.1):
    """The three terms as their formulas read, for a batch of B rows."""
    B, size = E_x.shape
    identity = torch.eye(size)
    latent = (E_x - E_y).square().sum()
    for E in (E_x, E_y):
        latent = latent + weight * (E.T @ E - identity).square().sum()
    pairs = (Y[:, :, None] * (1 - Y)[:, None, :]) > 0  # (B, q, q)
    gaps = torch.exp(-(S[:, :, None] - S[:, None, :]))
    sums = torch.where(pairs, gaps, 0.0).sum(dim=(1, 2))
    ranking = (sums / (pairs.sum(dim=(1, 2)) + 1e-4)).sum()
    real = (X[:, None, :] - X[None, :, :]).square().sum(dim=2)  # from (B, B, d)
    decoded = (X_hat[:, None, :] - X_hat[None, :, :]).square().sum(dim=2)
    distance = (real - decoded).square().sum() / (B * (B - 1))
    return latent, ranking, (X_hat - X).abs().mean() + distance


class WrittenOut(Training):
    """Training with the loss written out."""

    def _objective(self, X, Y):
        E_x, E_y, X_hat, S = self.network(X, Y)
        terms = written_out(E_x, E_y, S, X_hat, X, Y)
        latent, ranking, reconstruction = (term / len(X) for term in terms)
        zero = torch.zeros(())
        return {
            "total": latent + ranking + reconstruction,
            **{"latent": latent, "ranking": ranking},
            **{"reconstruction": reconstruction, "distance": zero, "calibration": zero},
        }


def check_equal(X, Y):
    """Both forms give the same terms on a real batch; else there is nothing to time."""
    training = Training(X, Y, published_settings(), seed=0)
    inputs, labels = training.rows.batch(torch.arange(128))
    with torch.no_grad():
        E_x, E_y, X_hat, S = training.network(inputs, labels)
        plain = written_out(E_x, E_y, S, X_hat, inputs, labels)
        ours = (
            losses.latent_loss(E_x, E_y, 0.1),
            losses.ranking_loss(S, labels),
            losses.reconstruction_loss(X_hat, inputs),
        )
    for one, other in zip(plain, ours, strict=True):
        assert abs(one - other) <= 1e-3 * abs(one), (one, other)


def seconds(call, runs=None):
    """The shortest of `runs` calls."""
    times = []
    for _ in range(runs or RUNS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def seconds_of_batches(kind, X, Y, batches, runs=None):
    """Seconds for `batches` training steps of 128 rows."""
    training = kind(X, Y, Settings(**PUBLISHED), seed=0)
    rows = torch.randperm(X.shape[0], generator=torch.Generator().manual_seed(0))
    parts = rows.split(128)[:batches]
    return seconds(lambda: [training._step(part, 0.0) for part in parts], runs)


def seconds_of_epoch(X, Y, runs=None, **settings):
    """Seconds for one whole epoch."""
    training = Training(X, Y, Settings(**PUBLISHED | settings), seed=0)

    def epoch():
        training.epoch = 0
        training._run_epoch(lambda fraction, **values: None, _NoSaver())

    return seconds(epoch, runs)


class _NoSaver:
    def save_if_due(self):
        pass


def share_of_products(X, Y, batches=20):
    """Share of the profiler's self time that is in matrix products."""
    training = Training(X, Y, Settings(**PUBLISHED), seed=0)
    parts = torch.arange(X.shape[0]).split(128)
    training._step(parts[0], 0.0)
    with torch.profiler.profile() as profile:
        for part in parts[1 : batches + 1]:
            training._step(part, 0.0)
    times = {e.key: e.self_cpu_time_total for e in profile.key_averages()}
    products = sum(times.get(name, 0) for name in PRODUCTS)
    top = sorted(times.items(), key=lambda item: -item[1])[:8]
    return products / sum(times.values()), top


def peak_memory(n):
    """Megabytes at the peak of one epoch on n rows, and of the data, in a process.

    Making the data is part of the peak; torch itself takes most of it.
    """
    code = (
        f"import autoencoder as b; X, Y = b.data({n}); "
        "size = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes + Y.nbytes; "
        "b.seconds_of_epoch(X, Y, 1); "
        "print(b.high_water(), size / 2**20)"
    )
    return in_a_process(code)


def in_a_process(code):
    """The numbers that `code` prints in a process of its own."""
    here = Path(__file__).resolve().parent
    path = os.pathsep.join([str(here), str(checkout.ROOT)])
    out = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(word) for word in out.stdout.split()]


def memory_forecast_and_taken(n=40_000, d=2_000, q=50):
    """Megabytes that `memory_needed` forecasts and that training takes (dense rows)."""
    code = (
        "import numpy as np, autoencoder as b; "
        "from aemlo.samplers.aemlo.settings import memory_needed; "
        "rng = np.random.default_rng(0); "
        f"X = rng.random(({n}, {d}), dtype=np.float32); "
        f"Y = (rng.random(({n}, {q}), dtype=np.float32) < 0.1).astype(np.uint8); "
        "b.seconds_of_batches(b.Training, X[:300], Y[:300], 2, 1); "
        "before = b.high_water(); "
        "b.seconds_of_batches(b.Training, X, Y, 3, 1); "
        f"forecast = memory_needed({n}, {d}, {q}, b.published_settings()); "
        "print(forecast / 2**20, b.high_water() - before)"
    )
    return in_a_process(code)


def high_water():
    """Most megabytes this process has held (Linux)."""
    with open("/proc/self/status") as lines:
        held = next(line for line in lines if line.startswith("VmHWM"))
    return int(held.split()[1]) / 1024


def main(n=N, d=D, q=Q, memory=True):
    """Print every measurement, of memory only where `memory` is True."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s), float32")
    X, Y = data(n, d, q)
    check_equal(X, Y)
    batches = 3
    plain = seconds_of_batches(WrittenOut, X, Y, batches) / batches
    ours = seconds_of_batches(Training, X, Y, 20) / 20
    print(f"step of 128 rows: written out {plain:.3f} s, ours {ours:.4f} s", end=", ")
    print(f"{plain / ours:.1f} times faster")
    epoch = seconds_of_epoch(X, Y)
    whole = plain * len(torch.arange(n).split(128))
    print(f"epoch of {n:,} x {d:,}, {q} labels: ours {epoch:.2f} s", end=", ")
    print(f"written out {whole:.0f} s (its steps, added): {whole / epoch:.1f} times")
    print("epoch by rows (linear if seconds per 1,000 rows stay the same):")
    for rows in (n // 8, n // 2, 2 * n):
        took = seconds_of_epoch(*data(rows, d, q), runs=min(RUNS, 3))
        print(f"  {rows:>6,} rows: {took:.3f} s, {1e6 * took / rows:.1f} ms per 1,000")
    share, top = share_of_products(X, Y)
    print(f"matrix products: {share:.0%} of the profiler's self time; the rest:")
    print("  " + ", ".join(f"{name} {time / 1e3:.0f} ms" for name, time in top))
    if memory:
        print_memory()
    if torch.cuda.is_available():
        took = seconds_of_epoch(X.toarray(), Y, device="cuda")
        print(f"epoch on {torch.cuda.get_device_name()}: {took:.3f} s")
    else:
        print("GPU: none to run on; not measured.")


def print_memory():
    """Print peaks of memory, measured in processes of their own."""
    print("peak memory of an epoch, beside the data:")
    for n in (2_000, 8_000, 32_000):
        peak, size = peak_memory(n)
        print(f"  {n:>6,} rows: {peak:.0f} MB, of which the data {size:.0f} MB")
    forecast, taken = memory_forecast_and_taken()
    print(
        f"memory for 40,000 x 2,000 dense: forecast {forecast:.0f} MB, "
        f"taken {taken:.0f} MB"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a small set, once")
    if parser.parse_args().quick:
        RUNS = 1
        main(400, 60, 8, memory=False)
    else:
        main()
