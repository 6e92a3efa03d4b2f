"""How long one fit of AEMLO takes: its default beside the one of the versions before.

    OMP_NUM_THREADS=1 python tests/benchmarks/aemlo_speed.py [--quick] [--runs 5]

About ten minutes of an idle core; `--quick` fits small random data once. The baseline
is the code of then, taken out of this repository's history (commit ce043d9), on the
same rows, in a process of its own; where the history does not go back so far (a
shallow clone, `--quick`) it is today's code with the settings of then, the preset "all
labels alike". One fit is `fit_resample`, training and rows, with one thread.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

import checkout
import numpy as np
import standing

from aemlo.preparation.preparation import Preparation
from aemlo.samplers.aemlo.settings import PRESETS

COMMIT = "ce043d9"  # the last with the former default
SETS = ("yeast", "medical", "enron")
BAR = 0.25  # of the baseline's time
FIT = """
import pickle, sys, time
import torch
torch.set_num_threads(1)
from aemlo.samplers import AEMLO
with open(sys.argv[1], "rb") as file:
    X, Y, groups, settings, runs = pickle.load(file)
AEMLO(**settings | {"epochs": 1}).fit_resample(X, Y)  # imports, first calls
for _ in range(runs):
    started = time.perf_counter()
    AEMLO(**settings, random_state=0).fit_resample(X, Y, categorical_features=groups)
    print(time.perf_counter() - started)
"""


def seconds(code, data, settings, runs):
    """The shortest of `runs` fits by the package in the folder `code`."""
    import pickle

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fit.pickle"
        path.write_bytes(pickle.dumps((*data, settings, runs)))
        out = subprocess.run(
            [sys.executable, "-c", FIT, str(path)],
            env={**os.environ, "PYTHONPATH": str(code), "OMP_NUM_THREADS": "1"},
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    return min(map(float, out.stdout.split()))


def former_code(folder):
    """The package of then, written into `folder`; None where git does not have it."""
    archive = subprocess.run(
        ["git", "archive", COMMIT, "aemlo"], cwd=checkout.ROOT, capture_output=True
    )
    if archive.returncode:
        return None
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def real_data(name):
    """X, Y and one-hot groups of a set of the standing."""
    dataset = standing.load(name, checkout.DATA)
    preparation = Preparation().fit(dataset)
    X = preparation.transform(dataset)
    return X, np.asarray(dataset.Y), preparation.categorical_features_


def random_data(n=200, d=12, q=5):
    """Rows of no meaning, with a rare label."""
    rng = np.random.default_rng(0)
    chance = np.array([0.6, 0.5, 0.3, 0.2, 0.05])[:q]
    Y = (rng.random((n, q)) < chance).astype(np.uint8)
    return rng.random((n, d)), Y, ()


def compare(name, data, former, runs):
    """Print both times of a data set."""
    settings, code = ({}, former) if former else (PRESETS["all labels alike"], None)
    old = seconds(code or checkout.ROOT, data, settings, runs)
    new = seconds(checkout.ROOT, data, {}, runs)
    n, d = data[0].shape
    bar = "within" if new <= BAR * old else "over"
    print(
        f"{name:>8} ({n:,} x {d:,}): before {old:.2f} s, now {new:.2f} s, "
        f"{new / old:.2f} of it: {bar} the bar of {BAR}",
        flush=True,
    )


def main():
    """Print the times of every set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small random data, once")
    parser.add_argument("--runs", type=int, default=5, help="fits, the least counts")
    parser.add_argument("--sets", default=",".join(SETS), help="separated by commas")
    options = parser.parse_args()
    if options.quick:
        compare("random", random_data(), None, 1)
        return
    checkout.need_data()
    with tempfile.TemporaryDirectory() as folder:
        former = former_code(folder)
        whose = f"code of {COMMIT}" if former else "today's code, settings of then"
        print(f"Baseline: {whose}.")
        for name in options.sets.split(","):
            compare(name, real_data(name), former, options.runs)


if __name__ == "__main__":
    main()
