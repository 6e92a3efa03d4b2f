"""Does AutoSMOTE raise macro-F1 over no sampling, for its own kind of classifier?

Breast cancer (scikit-learn), 70 % for training, its malignant rows cut to 1 in 20 of
the benign ones, the test part uncut; a network of one hidden layer of 64 after each
arm, the same for all. Ten seeds, paired: split, cut and classifier of a seed are the
same in every arm. Features are scaled on the training rows.

    python tests/benchmarks/autosmote.py [--quick]

`--quick` takes two seeds and networks that hardly train.
"""

import argparse
import time
import warnings

import checkout  # noqa: F401
import numpy as np
from scipy import stats
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

from aemlo.samplers import SAMPLERS

ARMS = {
    "none": {},
    "AutoSMOTE-self": {},
    "AutoSMOTE-cohort": {},
    # The plain rival of the same size: seed, neighbour, a step between them.
    "MLSMOTE": {"labels": (0,)},
}
SEEDS = 10


def cut(seed):
    """Training rows at 1 to 20 and the whole test part, scaled on the former."""
    X, y = load_breast_cancer(return_X_y=True)
    y = 1 - y  # 1: malignant
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    rng = np.random.default_rng(seed)
    common = np.flatnonzero(y == 0)
    rare = rng.permutation(np.flatnonzero(y == 1))[: len(common) // 20]
    rows = np.concatenate([common, rare])
    scaler = MinMaxScaler().fit(X[rows])
    return scaler.transform(X[rows]), y[rows], scaler.transform(X_test), y_test


def score(title, seed, quick):
    """(macro-F1 on the test part, seconds of sampling)."""
    X, y, X_test, y_test = cut(seed)
    settings = dict(ARMS[title])
    if quick:
        settings |= SAMPLERS[title].cheap_settings
    if title == "MLSMOTE":
        settings["target"] = {0: int((y == 0).sum())}
    if title != "none":
        settings["random_state"] = seed
    start = time.perf_counter()
    X_new, Y_new = SAMPLERS[title](**settings).fit_resample(X, y[:, None])
    took = time.perf_counter() - start
    model = MLPClassifier((64,), max_iter=20 if quick else 300, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X_new, Y_new.ravel())
    return f1_score(y_test, model.predict(X_test), average="macro"), took


def main(quick):
    seeds = range(2 if quick else SEEDS)
    results = {
        title: np.array([score(title, seed, quick) for seed in seeds]) for title in ARMS
    }
    base = results["none"][:, 0]
    for title, values in results.items():
        scores, seconds = values[:, 0], np.median(values[:, 1])
        line = f"{title:17} macro-F1 {scores.mean():.3f}, {seconds:.2f} s"
        if title != "none":
            gain = scores - base
            half = stats.sem(gain) * stats.t.ppf(0.975, len(gain) - 1)
            line += (
                f"; gain {gain.mean():+.3f} (95 % {gain.mean() - half:+.3f} to "
                f"{gain.mean() + half:+.3f}), higher in {int((gain > 0).sum())} of "
                f"{len(gain)}"
            )
        print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="hardly train, two seeds")
    main(parser.parse_args().quick)
