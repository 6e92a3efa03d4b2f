"""Speed of the neighbour search: python tests/benchmarks/neighbours.py [--quick] [name]

Compared with the four searches that were in use before there was one (short copies):
blocks of distances with `argpartition`, scikit-learn by brute force, scikit-learn left
to choose, and a product of matrices with `argpartition`. Arguments: names of data sets
(yeast, medical, large), and `--runs N`. Each figure is processor time, the least of 5
runs, in one process with the same threads (set OMP_NUM_THREADS=1). AEMLO_TEST_DATA is
the folder of test data; `--quick` needs none: 500 random rows, one run.
"""

import argparse
import time

import numpy as np
from checkout import DATA, need_data
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from aemlo import formats
from aemlo.neighbours.search import neighbours
from aemlo.neighbours.stretch import distance_space
from aemlo.preparation.preparation import Preparation

K = 5


def real(name):
    need_data()
    folder = DATA / "mulan"
    dataset = formats.read(folder / f"{name}.arff", xml=folder / f"{name}.xml")
    preparation = Preparation()
    X = preparation.fit_transform(dataset)
    return distance_space(X, preparation.categorical_features_)


SETS = {
    "yeast": lambda: real("yeast"),
    "medical": lambda: real("medical"),
    "large": lambda: np.random.default_rng(0).random((20_000, 200)),
    "small": lambda: np.random.default_rng(0).random((500, 20)),
}


def blocks_of_distances(X):
    """Gram matrix a block at a time, `argpartition` of each row (was `distances`)."""
    squares = X.multiply(X) if sparse.issparse(X) else X * X
    size = np.asarray(squares.sum(axis=1)).ravel()
    step = max(1, 1_000_000 // X.shape[0])
    for start in range(0, X.shape[0], step):
        product = X[start : start + step] @ X.T
        product = product.toarray() if sparse.issparse(product) else product
        product *= -2.0
        product += size[start : start + step, None]
        product += size
        product *= product > 1e-13 * (size[start : start + step, None] + size.max())
        np.sqrt(product, out=product)
        own = np.arange(len(product))
        product[own, start + own] = np.inf
        np.argpartition(product, (K - 1, K), axis=1)[:, : K + 1]


def brute_force(X):
    """scikit-learn, brute force (was `samplers.neighbours`)."""
    NearestNeighbors(n_neighbors=K, algorithm="brute").fit(X).kneighbors()


def library_chooses(X):
    """scikit-learn, its own choice (was `classifiers.neighbours`)."""
    NearestNeighbors(n_neighbors=K).fit(X).kneighbors()


def product_of_matrices(X):
    """2,048 rows at a time, no square roots (was `generation.nearest`; dense only)."""
    square = np.einsum("ij,ij->i", X, X)
    for start in range(0, len(X), 2048):
        gaps = square - 2 * X[start : start + 2048] @ X.T
        np.argpartition(gaps, K, axis=1)[:, : K + 1]


WAYS = {
    "neighbours (now)": lambda X: neighbours(X, K),
    "scikit-learn, brute force": brute_force,
    "scikit-learn, its choice": library_chooses,
    "blocks of distances": blocks_of_distances,
    "product of matrices": product_of_matrices,
}


def main(names, runs):
    for name in names:
        X = SETS[name]()
        kind = "sparse" if sparse.issparse(X) else "dense"
        print(f"{name}: {X.shape[0]:,} x {X.shape[1]:,}, {kind}", flush=True)
        for way, search in WAYS.items():
            if kind == "sparse" and search is product_of_matrices:
                continue
            times = []
            for _ in range(runs):
                began = time.process_time()
                search(X)
                times.append(time.process_time() - began)
            print(f"  {way:27} {min(times):8.4f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=["yeast", "medical", "large"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="500 random rows, one run")
    asked = parser.parse_args()
    if asked.quick:
        main(["small"], 1)
    else:
        main(asked.names, asked.runs)
