"""Single-label learners that the multi-label classifiers are built from.

All are scikit-learn's; what is ours is the choice of their settings, the fallbacks
where a class has few rows, and running many of them side by side.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

import numpy as np
from scipy.special import expit, softmax
from threadpoolctl import threadpool_limits

from aemlo.arrays import Features, Rows, Scores
from aemlo.errors import DataError, ParameterError
from aemlo.notes import Note
from aemlo.params import OneOf, Switch

LEARNERS = ("logistic", "tree", "forest", "boosting", "svm", "k-NN")
WORTH_A_THREAD = 0.03  # seconds of one fit
DENSE_LIMIT = 2**31  # bytes of a sparse matrix made dense for boosting

Base = Annotated[str, OneOf(LEARNERS, "Learner behind each label or labelset")]
ClassWeights = Annotated[
    bool, Switch("Weigh a row n / (2 c), c the rows of its class: rare labels count")
]


@dataclass(frozen=True)
class Learner:
    """A learner by name, with its settings, ready to be fitted many times."""

    name: str
    class_weights: bool = False
    settings: dict = field(default_factory=dict)

    def fit(self, X: Features, y: np.ndarray, seed: int) -> Any:
        """A fitted model of y (n,), with `classes_` and `predict_proba`."""
        if (y == y[0]).all():
            from sklearn.dummy import DummyClassifier

            return DummyClassifier(strategy="prior").fit(X, y)
        if self.name == "boosting":
            X = dense(X)
        model = self._model(seed, np.unique(y, return_counts=True)[1].min(), len(y))
        return model.fit(X, y)

    def _model(self, seed, fewest, n):
        if self.class_weights and self.name == "k-NN":
            raise ParameterError(
                "The k-NN learner has no class weights. Choose another base, or set "
                "class_weights to False."
            )
        weights = "balanced" if self.class_weights else None
        return getattr(self, "_" + self.name.replace("-", "_").lower())(
            seed, weights, fewest, n
        )

    def _logistic(self, seed, weights, fewest, n):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(
            **{"C": 1.0, "max_iter": 1000, "class_weight": weights} | self.settings
        )

    def _tree(self, seed, weights, fewest, n):
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier(
            class_weight=weights, random_state=seed, **self.settings
        )

    def _forest(self, seed, weights, fewest, n):
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(
            class_weight=weights, random_state=seed, **self.settings
        )

    def _boosting(self, seed, weights, fewest, n):
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            early_stopping=False,
            class_weight=weights,
            random_state=seed,
            **self.settings,
        )

    def _svm(self, seed, weights, fewest, n):
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.svm import LinearSVC

        machine = LinearSVC(class_weight=weights, random_state=seed, **self.settings)
        folds = calibration_folds(fewest)
        if folds < 2:
            return Uncalibrated(machine)
        return CalibratedClassifierCV(machine, cv=folds, ensemble=False)

    def _k_nn(self, seed, weights, fewest, n):
        from sklearn.neighbors import KNeighborsClassifier

        settings = {"n_neighbors": 10} | self.settings
        settings["n_neighbors"] = min(settings["n_neighbors"], n)
        return KNeighborsClassifier(**settings)


def calibration_folds(fewest: int) -> int:
    """Folds to calibrate a linear SVM with: 5, or the rows of the rarer class."""
    return min(5, int(fewest))


class Uncalibrated:
    """A linear SVM with one row in a class: its margin through a sigmoid (softmax)."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine

    def fit(self, X: Features, y: np.ndarray) -> Self:
        """Fit the machine to X (n, d) and y (n,)."""
        self.machine.fit(X, y)
        self.classes_ = self.machine.classes_
        return self

    def predict_proba(self, X: Features) -> Scores:
        """Scores (n, classes) that sum to 1 but are no probabilities."""
        margin = self.machine.decision_function(X)
        if margin.ndim == 1:
            return np.column_stack([expit(-margin), expit(margin)])
        return softmax(margin, axis=1)


def notes(models: Sequence[Any], labels: Rows) -> list[Note]:
    """Notes on fitted models that are less than was asked for.

    `labels` (as many as models) are the columns they belong to.
    """
    messages = []
    bare = [j for j, m in zip(labels, models, strict=True) if type(m) is Uncalibrated]
    if bare:
        messages.append(
            Note(
                "Labels {labels}: one training row is too few to calibrate the linear "
                "SVM; its scores rank rows but are no probabilities.",
                bare,
            )
        )
    early = [
        j
        for j, model in zip(labels, models, strict=True)
        if hasattr(model, "n_iter_")
        and hasattr(model, "C")
        and np.max(model.n_iter_) >= model.max_iter
    ]
    if early:
        messages.append(
            Note(
                "Labels {labels}: the logistic regression stopped at its limit of "
                "steps before it settled. Scale the features, or lower C.",
                early,
            )
        )
    return messages


def dense(X: Features) -> np.ndarray:
    """X as a NumPy array; DataError when it would not reasonably fit in memory."""
    if isinstance(X, np.ndarray):
        return X
    size = 8 * X.shape[0] * X.shape[1]
    if size > DENSE_LIMIT:
        raise DataError(
            f"boosting needs a dense matrix, and {X.shape[0]:,} x {X.shape[1]:,} "
            f"values take {size / 2**30:.1f} GiB. Choose another base learner, or "
            "fewer features."
        )
    return X.toarray()


def positive_score(model: Any, X: Features) -> np.ndarray:
    """Scores (n,) of class 1 of a fitted binary model."""
    if list(model.classes_) == [0, 1]:
        return model.predict_proba(_fitting(model, X))[:, 1]
    return np.full(X.shape[0], float(model.classes_[0]))


def class_scores(model: Any, X: Features) -> np.ndarray:
    """Scores (n, classes) of a fitted model."""
    return model.predict_proba(_fitting(model, X))


def _fitting(model, X):
    return dense(X) if type(model).__name__.startswith("HistGradient") else X


def run_all(
    task: Callable[..., Any],
    arguments: Sequence[tuple],
    n_jobs: int,
    on_progress: Callable[..., object],
) -> list[Any]:
    """`[task(*a) for a in arguments]`, `n_jobs` at a time, reporting after each.

    Threads, each with one thread of BLAS and OpenMP, so that jobs and libraries do not
    fight for the same cores. The first task is done alone: where it takes less than
    WORTH_A_THREAD, handing the others round would cost more than it saves, and all stay
    here. The result does not depend on `n_jobs`.
    """
    limit = threadpool_limits(1) if n_jobs > 1 else nullcontext()
    with warnings.catch_warnings(), limit:
        # Told in a note: lbfgs at its limit of steps still is a fit.
        warnings.filterwarnings("ignore", message=".*failed to converge")
        on_progress(0.0)
        results = []
        for each in arguments:
            started = time.perf_counter()
            results.append(task(*each))
            on_progress(len(results) / len(arguments))
            is_long = time.perf_counter() - started >= WORTH_A_THREAD
            if n_jobs > 1 and len(results) == 1 and is_long:
                break
        rest = arguments[len(results) :]
        if rest:
            results += _in_threads(task, rest, n_jobs, on_progress)
        return results


def _in_threads(task, arguments, n_jobs, on_progress):
    """As `run_all`, for all tasks but the first."""
    pool, total = ThreadPoolExecutor(n_jobs), len(arguments) + 1
    try:
        waiting = [pool.submit(task, *each) for each in arguments]
        pending = set(waiting)
        while pending:
            _, pending = wait(pending, timeout=0.4, return_when=FIRST_COMPLETED)
            on_progress(1.0 - len(pending) / total)
        return [future.result() for future in waiting]
    finally:
        pool.shutdown(cancel_futures=True)
