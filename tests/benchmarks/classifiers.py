"""Speed of ML-kNN, binary relevance and chains on real data.

python tests/benchmarks/classifiers.py [folder of the .arff files]

Peers: scikit-multilearn-ng's MLkNN as its manual uses it, and the neighbour queries of
scikit-learn that any k-NN method needs. Same rows, one thread, float64, least of 5 runs
(2 of the slow peer).
"""

import sys
import time
from pathlib import Path

from sklearn.neighbors import NearestNeighbors
from skmultilearn.adapt import MLkNN as Peer
from threadpoolctl import threadpool_limits

from aemlo.classifiers import MLKNN, BinaryRelevance, ClassifierChain
from aemlo.formats import read
from aemlo.preparation.preparation import Preparation

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data/mulan")


def least(task, runs=5):
    """Seconds of the fastest of `runs` calls."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        task()
        times.append(time.perf_counter() - started)
    return min(times)


def parts(name):
    """X, Y of the first two thirds of the rows and X of the rest, scaled."""
    dataset = read(FOLDER / f"{name}.arff", xml=FOLDER / f"{name}.xml")
    X = Preparation().fit_transform(dataset)
    n = 2 * dataset.n // 3
    return X[:n], dataset.Y[:n], X[n:]


def ml_knn(name):
    X, Y, X_new = parts(name)

    def mine():
        MLKNN(k=10).fit(X, Y).predict(X_new)

    def peer():
        Peer(k=10, s=1.0, ignore_first_neighbours=0).fit(X, Y).predict(X_new)

    def queries():
        search = NearestNeighbors(n_neighbors=10).fit(X)
        search.kneighbors(return_distance=False)
        search.kneighbors(X_new, return_distance=False)

    ours, theirs, needed = least(mine), least(peer, 2), least(queries)
    print(
        f"{name} ({Y.shape[1]} labels): ML-kNN {ours:.3f} s; peer {theirs:.2f} s, "
        f"{theirs / ours:.0f} x; queries alone {needed:.3f} s, {ours / needed:.2f} x"
    )


def parallel(name):
    X, Y, _ = parts(name)
    for title, make in (
        ("BR tree", lambda jobs: BinaryRelevance("tree", n_jobs=jobs, random_state=0)),
        ("CC tree", lambda jobs: ClassifierChain("tree", n_jobs=jobs, random_state=0)),
        ("BR logistic", lambda jobs: BinaryRelevance("logistic", n_jobs=jobs)),
    ):
        one = least(lambda make=make: make(1).fit(X, Y), 3)
        two = least(lambda make=make: make(2).fit(X, Y), 3)
        print(
            f"{name}: {title} 1 job {one:.2f} s, 2 jobs {two:.2f} s, {one / two:.2f} x"
        )


if __name__ == "__main__":
    with threadpool_limits(1):
        for data in ("yeast", "enron"):
            ml_knn(data)
    parallel("yeast")
