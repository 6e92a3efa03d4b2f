"""Single-label learners that the multi-label classifiers are built from.

All are scikit-learn's; what is ours is the choice of their settings, the fallbacks
where a class has few rows, and running many of them side by side.
"""

import warnings
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from scipy.special import expit, softmax
from threadpoolctl import threadpool_limits

from aemlo.errors import DataError, ParameterError
from aemlo.params import OneOf, Switch

LEARNERS = ("logistic", "tree", "forest", "boosting", "svm", "k-NN")
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

    def fit(self, X, y, seed):
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


def calibration_folds(fewest):
    """Folds to calibrate a linear SVM with: 5, or the rows of the rarer class."""
    return min(5, int(fewest))


class Uncalibrated:
    """A linear SVM with one row in a class: its margin through a sigmoid (softmax)."""

    def __init__(self, machine):
        self.machine = machine

    def fit(self, X, y):
        """Fit the machine to X (n, d) and y (n,)."""
        self.machine.fit(X, y)
        self.classes_ = self.machine.classes_
        return self

    def predict_proba(self, X):
        """Scores (n, classes) that sum to 1 but are no probabilities."""
        margin = self.machine.decision_function(X)
        if margin.ndim == 1:
            return np.column_stack([expit(-margin), expit(margin)])
        return softmax(margin, axis=1)


def dense(X):
    """X as a NumPy array; DataError when it would not reasonably fit in memory."""
    if not sparse.issparse(X):
        return X
    size = 8 * X.shape[0] * X.shape[1]
    if size > DENSE_LIMIT:
        raise DataError(
            f"boosting needs a dense matrix, and {X.shape[0]:,} x {X.shape[1]:,} "
            f"values take {size / 2**30:.1f} GiB. Choose another base learner, or "
            "fewer features."
        )
    return X.toarray()


def positive_score(model, X):
    """Scores (n,) of class 1 of a fitted binary model."""
    if list(model.classes_) == [0, 1]:
        return model.predict_proba(_fitting(model, X))[:, 1]
    return np.full(X.shape[0], float(model.classes_[0]))


def class_scores(model, X):
    """Scores (n, classes) of a fitted model."""
    return model.predict_proba(_fitting(model, X))


def _fitting(model, X):
    return dense(X) if type(model).__name__.startswith("HistGradient") else X


def run_all(task, arguments, n_jobs, on_progress):
    """`[task(*a) for a in arguments]`, `n_jobs` at a time, reporting after each.

    Threads, each with one thread of BLAS and OpenMP, so that jobs and libraries do not
    fight for the same cores. The result does not depend on `n_jobs`.
    """
    results = []
    with warnings.catch_warnings():
        # Told in a note or of no concern: lbfgs at its limit of steps still is a fit.
        warnings.filterwarnings("ignore", message=".*failed to converge")
        if n_jobs == 1 or len(arguments) == 1:
            todo = (task(*each) for each in arguments)
        else:
            jobs = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
            todo = jobs(delayed(_alone)(task, *each) for each in arguments)
        on_progress(0.0)
        for result in todo:
            results.append(result)
            on_progress(len(results) / len(arguments))
    return results


def _alone(task, *arguments):
    with threadpool_limits(1):
        return task(*arguments)
