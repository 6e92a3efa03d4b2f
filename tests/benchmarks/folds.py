"""How even folds are, beside two packages: sizes, label-distribution error, labels.

Rows with equal features stay together where the third column says "groups", which
neither package can do: they then divide the groups as rows of summed labels, the best
plain way. Five folds; 5 seeds each, the mean.

    python tests/benchmarks/folds.py [--quick]

`--quick` takes two sets and one seed.
"""

import argparse
import warnings
from itertools import islice
from pathlib import Path

import checkout
import numpy as np
import pandas as pd
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold
from skmultilearn.model_selection import IterativeStratification

from aemlo.experiment.folds import duplicate_groups
from aemlo.formats import read
from aemlo.stratification import divided, label_distribution_error

FOLDS, SEEDS = 5, 5


def sets(data):
    """(name, Dataset) of six sets; those that are not there are left out."""
    for name in ("yeast", "emotions", "flags", "genbase", "cal500", "medical"):
        if name == "yeast":
            yield name, read("yeast")
            continue
        found = sorted(Path(data).rglob(f"*{name}*.arff"), key=lambda p: len(str(p)))
        plain = [p for p in found if p.with_suffix(".xml").exists()]
        if plain:
            yield name, read(plain[0], xml=plain[0].with_suffix(".xml"))


def ours(Y, group, seed):
    positives = np.zeros((group.max() + 1, Y.shape[1]), dtype=np.int64)
    np.add.at(positives, group, Y)
    rng = np.random.default_rng(seed)
    shares = np.full(FOLDS, 1 / FOLDS)
    return divided(positives, np.bincount(group), shares, rng)[group]


def trent(Y, group, seed):
    """iterative-stratification on the groups."""
    whole = np.zeros((group.max() + 1, Y.shape[1]), dtype=int)
    np.maximum.at(whole, group, Y)
    part = np.empty(len(whole), dtype=int)
    folds = MultilabelStratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (_, test) in enumerate(folds.split(whole, whole)):
        part[test] = number
    return part[group]


def skmultilearn(Y, group, seed):
    """scikit-multilearn-ng's first-order iterative stratification on the groups."""
    whole = np.zeros((group.max() + 1, Y.shape[1]), dtype=int)
    np.maximum.at(whole, group, Y)
    np.random.seed(seed)  # it draws from the global generator
    part = np.empty(len(whole), dtype=int)
    for number, (_, test) in enumerate(
        IterativeStratification(FOLDS).split(whole, whole)
    ):
        part[test] = number
    return part[group]


WAYS = {
    "ours": ours,
    "iterative-stratification": trent,
    "scikit-multilearn-ng": skmultilearn,
}


def measured(Y, part):
    sizes = np.bincount(part, minlength=FOLDS)
    positives = np.array([Y[part == f].sum(axis=0) for f in range(FOLDS)])
    missing = ((positives == 0).any(axis=0) & Y.any(axis=0)).sum()
    return label_distribution_error(Y, part), sizes.min(), sizes.max(), missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    rows = []
    for name, dataset in islice(sets(checkout.DATA), 2 if options.quick else None):
        for kind in ("rows", "groups"):
            group = np.arange(dataset.n)
            if kind == "groups":
                group = duplicate_groups(dataset)
                if group.max() + 1 == dataset.n:
                    continue
            for way, divide in WAYS.items():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    seeds = range(1 if options.quick else SEEDS)
                    values = [
                        measured(dataset.Y, divide(dataset.Y, group, seed))
                        for seed in seeds
                    ]
                mean = np.mean(values, axis=0)
                rows.append((name, kind, way, *mean))
    columns = ["set", "divided", "by", "error", "fewest", "most", "labels missing"]
    table = pd.DataFrame(rows, columns=columns)
    print(table.to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
