"""What the engine of a comparison costs, and what two processes bring.

Two kinds of cells: ones that wait (the engine alone, whatever else the machine does),
and ones that compute (needs two free cores). Baseline: the loop its author would write
by hand, folds x fit x predict x the same metrics, in one process. Best of 5 runs each.

    python tests/benchmarks/experiment.py [waiting|computing] [--quick]

`--quick` takes short cells of few rows, once.
"""

import argparse
import sys
import time

import checkout  # noqa: F401
import cloudpickle
import numpy as np

from aemlo import experiment, metrics
from aemlo.classifiers.base import Classifier
from aemlo.dataset import Dataset, Feature
from aemlo.experiment import folds
from aemlo.experiment.engine import one_thread
from aemlo.preparation.preparation import Preparation
from aemlo.samplers import SAMPLERS

SECONDS = 1.0  # of a waiting cell
PRODUCTS = 450  # of matrices, in a computing cell
RUNS = 5
FOLDS = 4
cloudpickle.register_pickle_by_value(sys.modules[__name__])


class Waiting(Classifier):
    """Waits a second: a cell of known length that needs no core."""

    title = "waiting"

    def __init__(self, random_state=None):
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        time.sleep(SECONDS)
        self.share_ = Y.mean(axis=0)

    def _scores(self, X):
        return np.tile(self.share_, (X.shape[0], 1))


class Computing(Waiting):
    """Multiplies a fixed number of matrices: a cell of known work."""

    title = "computing"

    def _fit(self, X, Y, rng, on_progress):
        block = rng.normal(size=(300, 300))
        for _ in range(PRODUCTS):
            block = np.tanh(block @ block / 300.0)
        self.share_ = Y.mean(axis=0)


def data(n=2400, d=100, q=14):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    Y = (rng.random((n, q)) < np.linspace(0.02, 0.5, q)).astype(np.uint8)
    names = tuple(f"l{j}" for j in range(q))
    return Dataset("bench", X, Y, tuple(Feature(f"x{i}") for i in range(d)), names)


def by_hand(dataset, classifier):
    """The plain loop: same folds, same preparation, same metrics, no engine."""
    rows = []
    with one_thread():
        for split in folds.plan(dataset, folds=FOLDS):
            train, test = dataset.take(split.train), dataset.take(split.test)
            scaling = Preparation().fit(train)
            fitted = classifier.fit(scaling.transform(train), train.Y)
            predicted, scores = fitted.decide(scaling.transform(test))
            rows += metrics.evaluate(
                test.Y, predicted, scores, label_names=dataset.label_names
            )
    return rows


def best(work, clock=time.perf_counter):
    times = []
    for _ in range(RUNS):
        started = clock()
        work()
        times.append(clock() - started)
    return min(times)


def cpu_per_cell(dataset):
    """CPU seconds the engine adds to a cell that neither waits nor computes.

    Processor time, so that other work on the machine does not blur it.
    """
    global SECONDS
    kept, SECONDS = SECONDS, 0.0
    arms = {"none": SAMPLERS["none"]()}, {"waiting": Waiting()}
    works = (
        lambda: experiment.run(dataset, *arms, folds=FOLDS),
        lambda: by_hand(dataset, Waiting()),
    )
    spent = [best(work, clock=time.process_time) for work in works]
    SECONDS = kept
    return (spent[0] - spent[1]) / FOLDS


def main(kind, rows=2400):
    dataset = data(rows)
    cls = {"waiting": Waiting, "computing": Computing}[kind]
    samplers = {"none": SAMPLERS["none"]()}

    def run(jobs):
        return experiment.run(dataset, samplers, {kind: cls()}, folds=FOLDS, jobs=jobs)

    plain = best(lambda: by_hand(dataset, cls()))
    one = best(lambda: run(1))
    run(2)  # warm processes
    two = best(lambda: run(2))
    print(f"{kind}: {FOLDS} cells of about {plain / FOLDS:.2f} s")
    print(
        f"by hand {plain:.2f} s, engine {one:.2f} s: {100 * (one / plain - 1):+.1f} %"
    )
    print(f"CPU of the engine: {1000 * cpu_per_cell(dataset):.0f} ms a cell")
    print(f"two warm processes {two:.2f} s: {one / two:.2f} x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "kind", nargs="?", default="waiting", choices=("waiting", "computing")
    )
    parser.add_argument("--quick", action="store_true", help="short cells, once")
    asked = parser.parse_args()
    if asked.quick:
        SECONDS, PRODUCTS, RUNS = 0.02, 5, 1
        main(asked.kind, 200)
    else:
        main(asked.kind)
