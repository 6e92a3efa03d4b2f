"""How often a verdict is wrong where nothing differs, and right where something does.

Each simulation draws a data set, resamples it and fits classifiers on it, all by the
comparison itself, and takes its verdicts. Null: four arms are one random sampler under
four seeds, so every verdict is false; family-wise error is the share of data sets with
any; "each label": with any over the labels of one arm. Power: one arm over-samples the
minority labels of a hard set, the baseline does not. Coverage: how often the interval
holds the mean difference over all sets drawn (a declared split has one training part,
and its interval does not speak of others).

    python tests/benchmarks/verdicts.py [--draws 400] [--quick]

The bar: family-wise error at most 5 % and two standard errors, for every metric and
design; no verdict with fewer than 5 splits. `--quick` draws 3, for two designs.
"""

import argparse
import math

import checkout  # noqa: F401
import numpy as np
import pandas as pd

from aemlo import compare, experiment
from aemlo.classifiers import CLASSIFIERS
from aemlo.dataset import Dataset, Feature
from aemlo.samplers import SAMPLERS

METRICS = ("minority F1", "macro-F1", "Hamming loss", "macro-AUC")
RATES = (0.4, 0.25, 0.12, 0.1)
DESIGNS = {
    "2 folds": {"folds": 2},
    "3 folds": {"folds": 3},
    "5 folds": {"folds": 5},
    "10 folds": {"folds": 10},
    "5 folds x 2": {"folds": 5, "repeats": 2},
    "declared x 3": {"split": "declared", "repeats": 3},
}
CLEAR = ("better", "worse")
LEARNER = {"BR-logistic": CLASSIFIERS["BR-logistic"]()}


def drawn(seed, n=240, d=5):
    """A data set of `n` rows and 4 labels, its last 120 rows the declared test part."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    logits = X @ rng.normal(scale=0.8, size=(d, len(RATES)))
    noisy = logits + rng.logistic(size=logits.shape)
    cuts = [
        np.quantile(column, 1 - rate)
        for column, rate in zip(noisy.T, RATES, strict=True)
    ]
    Y = noisy > cuts
    features = tuple(Feature(f"x{j}") for j in range(d))
    split = np.arange(n) < n - 120
    return Dataset("drawn", X, Y.astype(np.uint8), features, tuple("abcd"), split=split)


def verdicts_of(dataset, samplers, baseline, seed, design):
    """Verdicts on one data set, and the verdicts of each label of the second arm."""
    options = {"seed": seed} | design
    plan = experiment.grid(dataset, samplers, LEARNER, **options)
    predictions = experiment.predictions_of(plan)
    scores = experiment.run(
        dataset,
        samplers,
        LEARNER,
        metrics=METRICS,
        on_cell=predictions.add,
        **options,
    )
    judge = predictions.over_rows({}, seed=seed)
    table = compare.before_after(scores, baseline, over_rows=judge)
    arm = next(name for name in samplers if name != baseline)
    labels = predictions.per_label("drawn", "BR-logistic", arm, baseline, {}, seed=seed)
    return table, labels


def null(draws, designs):
    """Share of data sets with a false verdict, by design and metric."""
    sampler = SAMPLERS["ML-ROS"]
    arms = {name: sampler() for name in ("one", "two", "three", "four")}
    rows = []
    for name, design in designs.items():
        false = dict.fromkeys((*METRICS, "each label"), 0)
        for seed in range(draws):
            table, labels = verdicts_of(drawn(seed), arms, "one", seed, design)
            wrong = table[table["verdict"].isin(CLEAR)]
            for metric in wrong["metric"].unique():
                false[metric] += 1
            false["each label"] += bool(labels["verdict"].isin(CLEAR).any())
        rows.append({"design": name} | {m: n / draws for m, n in false.items()})
    return pd.DataFrame(rows)


def power_and_coverage(draws, designs, metric="minority F1"):
    """How often a true gain is called better, and how often its interval holds it."""
    arms = {"none": SAMPLERS["none"](), "ML-ROS": SAMPLERS["ML-ROS"]()}
    rows = []
    for name, design in designs.items():
        seen = []
        for seed in range(draws):
            table, labels = verdicts_of(drawn(seed, n=360), arms, "none", seed, design)
            row = table[table["metric"] == metric].iloc[1]
            seen.append(dict(row) | {"labels": (labels["verdict"] == "better").sum()})
        seen = pd.DataFrame(seen)
        truth = seen["difference"].mean()
        judged = seen.dropna(subset=["low"])
        if design.get("split") == "declared":
            judged = judged.iloc[:0]
        inside = (judged["low"] <= truth) & (truth <= judged["high"])
        rows.append(
            {
                "design": name,
                "true gain": truth,
                "called better": (seen["verdict"] == "better").mean(),
                "called worse": (seen["verdict"] == "worse").mean(),
                "labels called better": seen["labels"].mean(),
                "coverage": inside.mean() if len(judged) else math.nan,
            }
        )
    return pd.DataFrame(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    draws, designs = options.draws, DESIGNS
    if options.quick:
        draws, designs = 3, {n: DESIGNS[n] for n in ("5 folds", "declared x 3")}
    bar = 0.05 + 2 * math.sqrt(0.05 * 0.95 / draws)
    form = "{:.3f}".format
    print(f"False verdicts (family-wise) of {draws} data sets; the bar is {bar:.3f}")
    table = null(draws, designs)
    print(table.to_string(index=False, float_format=form))
    worst = table.drop(columns="design").to_numpy().max()
    print(f"worst {worst:.3f}: {'within' if worst <= bar else 'ABOVE'} the bar\n")
    print("A true gain in minority F1 (ML-ROS against none)")
    print(power_and_coverage(draws, designs).to_string(index=False, float_format=form))


if __name__ == "__main__":
    main()
