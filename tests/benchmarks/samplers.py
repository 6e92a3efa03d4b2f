"""Speed of the samplers: OMP_NUM_THREADS=1 python tests/benchmarks/samplers.py [name]

Names: yeast, enron, large, ml-ros, growth; all without one. `--quick` takes 300 random
rows, once. Each line is a ratio or a
time, side by side in one process with one thread:

1. MLSMOTE and MLSOL against the neighbour search that they need: columns brought to one
   scale, and the same bags through scikit-learn. Input checks and the copy of the rows
   returned are timed apart and taken off.
2. MLSMOTE against a loop over rows in NumPy, search included: distances to the bag by
   broadcasting, `argpartition`, one step and one vote per row.
3. ML-ROS choosing 100,000 rows at 100 labels.
4. Cost per row added, for two sizes.

Times are processor time, the least of RUNS. AEMLO_TEST_DATA is the folder of test data.
"""

import argparse
import time

import numpy as np
from checkout import DATA, need_data
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from aemlo import formats
from aemlo.imbalance import minority_labels
from aemlo.neighbours.stretch import distance_space
from aemlo.preparation.preparation import Preparation
from aemlo.samplers import MLROS, MLSMOTE, MLSOL
from aemlo.samplers.base import provenance, stacked

RUNS = 5
K = 5


def least(work, runs=RUNS):
    """Seconds of the fastest of `runs` calls."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def real(name):
    need_data()
    folder = DATA / "mulan"
    dataset = formats.read(folder / f"{name}.arff", xml=folder / f"{name}.xml")
    preparation = Preparation()
    X = preparation.fit_transform(dataset)
    return X, dataset.Y, preparation.categorical_features_


def large(n=20_000, d=200, q=100):
    """Random numbers; labels on 30 % down to 1 % of the rows."""
    rng = np.random.default_rng(0)
    X = rng.random((n, d))
    Y = (rng.random((n, q)) < np.geomspace(0.3, 0.01, q)).astype(np.uint8)
    return X, Y, ()


SETS = {"yeast": lambda: real("yeast"), "enron": lambda: real("enron"), "large": large}


def search(X, groups, bags):
    """What the samplers cannot do without: k nearest rows within each bag."""
    space = distance_space(X, groups)
    for bag in bags:
        rows = space if len(bag) == space.shape[0] else space[bag]
        k = min(K, len(bag) - 1)
        NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows).kneighbors()


def bags_of(Y):
    bags = [np.flatnonzero(Y[:, j]) for j in np.flatnonzero(minority_labels(Y))]
    return [bag for bag in bags if len(bag) > 1]


def overhead(sampler, X, Y, result):
    """Seconds of the input checks and of the copy of what is returned."""
    n = X.shape[0]
    new = result[0][n:], result[1][n:]
    added = sampler.provenance_.iloc[n:]

    class New:
        parents = np.array(added["parents"].tolist())
        label, weight = added["label"].to_numpy(), None

    def copy():
        stacked([X, new[0]])
        np.vstack([Y, new[1]])
        provenance(n, New)

    return least(lambda: sampler._checked(X, Y)) + least(copy)


def against_search(name, X, Y, groups, runs):
    pools = {MLSMOTE: bags_of(Y), MLSOL: [np.arange(len(Y))]}
    for cls, bags in pools.items():
        sampler = cls(k_neighbors=K, random_state=0)

        def call(sampler=sampler):
            return sampler.fit_resample(X, Y, categorical_features=groups)

        result = call()
        beside = overhead(sampler, X, Y, result)
        whole = least(call, runs)
        needed = least(lambda bags=bags: search(X, groups, bags), runs)
        own = whole - beside
        print(
            f"{name:6} {cls.title:8} {len(result[1]) - len(Y):6} rows  whole "
            f"{1e3 * whole:8.1f} ms  checks and copy {1e3 * beside:7.1f} ms  search "
            f"{1e3 * needed:8.1f} ms  ratio {own / needed:5.2f}  beyond the search "
            f"{1e3 * (own - needed):7.1f} ms"
        )


def row_by_row(X, Y, rng):
    """MLSMOTE, a row at a time, all features numeric; ranking."""
    rows, labels = [], []
    for j in np.flatnonzero(minority_labels(Y)):
        bag = np.flatnonzero(Y[:, j])
        if len(bag) < 2:
            continue
        X_bag, Y_bag = X[bag], Y[bag]
        k = min(K, len(bag) - 1)
        for i in range(len(bag)):
            gaps = ((X_bag - X_bag[i]) ** 2).sum(axis=1)
            gaps[i] = np.inf
            near = np.argpartition(gaps, k - 1)[:k]
            reference = X_bag[rng.choice(near)]
            rows.append(X_bag[i] + rng.random(X.shape[1]) * (reference - X_bag[i]))
            labels.append(2 * (Y_bag[i] + Y_bag[near].sum(axis=0)) > k + 1)
    return np.vstack([X, *rows]), np.vstack([Y, *labels])


def against_loop(name, X, Y, runs):
    if sparse.issparse(X):
        return
    plain = least(lambda: row_by_row(X, Y, np.random.default_rng(0)), runs)
    ours = least(lambda: MLSMOTE(random_state=0).fit_resample(X, Y), runs)
    print(
        f"{name:6} MLSMOTE  row by row {1e3 * plain:8.1f} ms  ours "
        f"{1e3 * ours:7.1f} ms  {plain / ours:5.1f} times as fast"
    )


def ml_ros():
    _, Y, _ = large(n=50_000)
    rare = np.flatnonzero(minority_labels(Y))
    # Enough rows to ask for: the labels named never reach their targets.
    sampler = MLROS(
        budget=2.0,
        target={int(j): 4_000_000 // len(rare) for j in rare},
        random_state=0,
    )
    active = np.array(rare)
    sampler.notes_, sampler._label_names = [], range(Y.shape[1])
    seconds = least(
        lambda: sampler._chosen(Y, active, np.random.default_rng(0), lambda f: None)
    )
    rows, _ = sampler._chosen(Y, active, np.random.default_rng(0), lambda f: None)
    print(
        f"ML-ROS chooses {len(rows):,} rows at {Y.shape[1]} labels in {seconds:.3f} s"
    )


def per_row_added():
    X, Y, groups = real("yeast")
    for title, cls in (("MLSMOTE", MLSMOTE), ("MLSOL", MLSOL), ("ML-ROS", MLROS)):
        labels = tuple(range(Y.shape[1]))
        costs = {}
        for budget in (1.0, 10.0):
            sampler = cls(budget=budget, labels=labels, random_state=0)
            if cls is MLROS:
                sampler.set_params(target=dict.fromkeys(labels, 10**4))
            seconds = least(lambda s=sampler: s.fit_resample(X, Y), 3)
            costs[budget] = seconds / (budget * len(Y))
        print(
            f"{title:8} {1e6 * costs[1.0]:6.1f} us per row added at 1 n, "
            f"{1e6 * costs[10.0]:6.1f} us at 10 n"
        )


def main(names):
    for name in names:
        if name == "ml-ros":
            ml_ros()
        elif name == "growth":
            per_row_added()
        else:
            X, Y, groups = SETS[name]()
            runs = 3 if name == "large" else RUNS
            against_search(name, X, Y, groups, runs)
            against_loop(name, X, Y, runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "names", nargs="*", default=["yeast", "enron", "large", "ml-ros", "growth"]
    )
    parser.add_argument("--quick", action="store_true", help="300 random rows, once")
    asked = parser.parse_args()
    if asked.quick:
        RUNS = 1
        SETS["small"] = lambda: large(300, 20, 10)
        main(["small"])
    else:
        main(asked.names)
