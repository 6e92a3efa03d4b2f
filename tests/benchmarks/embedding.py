"""Speed of the embedding: a warm worker against umap-learn called alone, and trust
against scikit-learn.

    python tests/benchmarks/embedding.py [rows] [--quick]

Each figure is the least of five runs, one thread, the same inputs. `--quick` takes 200
rows and one run, without UMAP, which compiles for half a minute.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import checkout  # noqa: F401
import numpy as np

from aemlo import latent as aemlo_latent

RUNS = 5


def codes(rows, latent=64, groups=12):
    """Codes like a trained network's: a few overlapping groups on a curved sheet."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(groups, 8)) * 2
    low = centres[rng.integers(0, groups, rows)] + rng.normal(size=(rows, 8))
    return np.tanh(low @ rng.normal(size=(8, latent)) / 3)


def spent(pid):
    """Processor seconds of another process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def least(work, clock=time.process_time, runs=RUNS):
    """Seconds of the fastest of `runs`, wall and processor."""
    wall, cpu = [], []
    for _ in range(runs):
        began, used = time.perf_counter(), clock()
        work()
        wall.append(time.perf_counter() - began)
        cpu.append(clock() - used)
    return min(wall), min(cpu)


def umap_alone(X):
    """umap-learn with the same arguments, and the neighbours scikit-learn finds."""
    from sklearn.neighbors import NearestNeighbors
    from umap import UMAP

    far, near = NearestNeighbors(n_neighbors=15).fit(X).kneighbors(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return UMAP(
            n_neighbors=15,
            min_dist=0.1,
            n_epochs=200,
            init="pca",
            precomputed_knn=(near, far.astype(np.float32)),
            random_state=0,
            n_jobs=1,
        ).fit_transform(X.astype(np.float32))


def main(rows, runs, with_umap=True):
    """Print every measurement, of UMAP only where `with_umap` is True."""
    X = codes(rows)
    print(f"{rows} rows x {X.shape[1]}")
    print(f"PCA: {least(lambda: aemlo_latent.pca(X), runs=runs)[0]:.3f} s")
    picture = measure_umap(X, runs) if with_umap else aemlo_latent.pca(X)
    measure_trust(X, picture, runs)


def measure_umap(X, runs):
    """Print UMAP alone, ours and the warm process's; returns UMAP's picture."""
    picture = umap_alone(X)
    alone, alone_cpu = least(lambda: umap_alone(X), runs=runs)
    aemlo_latent.umap(X)
    ours, ours_cpu = least(lambda: aemlo_latent.umap(X), runs=runs)
    process = aemlo_latent.UmapProcess(Path(tempfile.gettempdir()) / "aemlo-numba")
    process.umap(X)
    pid = process._process.pid
    warm, warm_cpu = least(lambda: process.umap(X), lambda: spent(pid), runs)
    process.end()
    print(f"umap-learn alone: {alone:.2f} s wall, {alone_cpu:.2f} s processor")
    print(f"embedding.umap:   {ours:.2f} s wall, {ours_cpu:.2f} s processor")
    print(f"warm process:     {warm:.2f} s wall, {warm_cpu:.2f} s processor")
    for what, mine, theirs in (
        ("wall", warm, alone),
        ("processor", warm_cpu, alone_cpu),
    ):
        held = "yes" if mine <= 1.1 * theirs + 0.5 else "no"
        print(
            f"warm / alone, {what}: {mine / theirs:.2f}; within 1.1 x + 0.5 s: {held}"
        )
    return picture


def measure_trust(X, picture, runs):
    """Print the seconds and results of trust, ours beside scikit-learn's."""
    from sklearn.manifold import trustworthiness

    theirs, _ = least(lambda: trustworthiness(X, picture, n_neighbors=15), runs=runs)
    mine, _ = least(lambda: aemlo_latent.trust(X, picture, 15), runs=runs)
    both = aemlo_latent.trust(X, picture, 15).overall[0]
    same = trustworthiness(X, picture, n_neighbors=15)
    print(f"trust, each row: {mine:.2f} s; scikit-learn, overall: {theirs:.2f} s")
    print(f"ours / theirs: {mine / theirs:.2f}; {both:.6f} and {same:.6f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="?", default=5000)
    parser.add_argument("--quick", action="store_true", help="200 rows, without UMAP")
    asked = parser.parse_args()
    if asked.quick:
        main(200, 1, with_umap=False)
    else:
        main(asked.rows, RUNS)
