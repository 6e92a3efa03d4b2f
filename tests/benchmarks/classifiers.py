"""Speed of ML-kNN, binary relevance and chains on real data.

    python tests/benchmarks/classifiers.py [--quick] [--data FOLDER]

`--quick` takes 300 rows of the built-in yeast data, once.

Peers: scikit-multilearn-ng's MLkNN as its manual uses it, and the neighbour queries of
scikit-learn that any k-NN method needs. Same rows, one thread, float64, least of 5 runs
(2 of the slow peer).
"""

import argparse
import time
from pathlib import Path

import numpy as np
from checkout import DATA, need_data
from sklearn.neighbors import NearestNeighbors
from skmultilearn.adapt import MLkNN as Peer
from threadpoolctl import threadpool_limits

from aemlo.classifiers import MLKNN, BinaryRelevance, ClassifierChain
from aemlo.formats import read
from aemlo.preparation.preparation import Preparation


def least(task, runs):
    """Seconds of the fastest of `runs` calls."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        task()
        times.append(time.perf_counter() - started)
    return min(times)


def parts(dataset):
    """X, Y of the first two thirds of the rows and X of the rest, scaled."""
    X = Preparation().fit_transform(dataset)
    n = 2 * dataset.n // 3
    return X[:n], dataset.Y[:n], X[n:]


def ml_knn(dataset, runs):
    X, Y, X_new = parts(dataset)

    def mine():
        MLKNN(k=10).fit(X, Y).predict(X_new)

    def peer():
        Peer(k=10, s=1.0, ignore_first_neighbours=0).fit(X, Y).predict(X_new)

    def queries():
        search = NearestNeighbors(n_neighbors=10).fit(X)
        search.kneighbors(return_distance=False)
        search.kneighbors(X_new, return_distance=False)

    ours, needed = least(mine, runs), least(queries, runs)
    theirs = least(peer, min(runs, 2))
    print(
        f"{dataset.name} ({Y.shape[1]} labels): ML-kNN {ours:.3f} s; "
        f"peer {theirs:.2f} s, {theirs / ours:.0f} x; "
        f"queries alone {needed:.3f} s, {ours / needed:.2f} x"
    )


def parallel(dataset, runs):
    X, Y, _ = parts(dataset)
    for title, make in (
        ("BR tree", lambda jobs: BinaryRelevance("tree", n_jobs=jobs, random_state=0)),
        ("CC tree", lambda jobs: ClassifierChain("tree", n_jobs=jobs, random_state=0)),
        ("BR logistic", lambda jobs: BinaryRelevance("logistic", n_jobs=jobs)),
    ):
        one = least(lambda make=make: make(1).fit(X, Y), runs)
        two = least(lambda make=make: make(2).fit(X, Y), runs)
        print(
            f"{dataset.name}: {title} 1 job {one:.2f} s, 2 jobs {two:.2f} s, "
            f"{one / two:.2f} x"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="300 rows of yeast, once")
    parser.add_argument(
        "--data", type=Path, default=DATA, help="the folder of data sets"
    )
    asked = parser.parse_args()
    if asked.quick:
        datasets, runs = [read("yeast").take(np.arange(300), "some yeast")], (1, 1)
    else:
        if asked.data == DATA:
            need_data()
        folder, runs = asked.data / "mulan", (5, 3)
        datasets = [
            read(folder / f"{name}.arff", xml=folder / f"{name}.xml", name=name)
            for name in ("yeast", "enron")
        ]
    with threadpool_limits(1):
        for dataset in datasets:
            ml_knn(dataset, runs[0])
    parallel(datasets[0], runs[1])


if __name__ == "__main__":
    main()
