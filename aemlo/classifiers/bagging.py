"""Balanced bagging: many small fits on rows in which rare labels are not rare."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier, Jobs, new_seed
from aemlo.classifiers.learners import run_all
from aemlo.classifiers.nested import CLASSIFIER, build
from aemlo.params import Between, OneOf, Registered


class BalancedBagging(Classifier):
    """Bags of rows drawn so that rare labels are not rare, their scores averaged.

    `draw` "per label" makes `bags` bags for each label: its rarer value's rows drawn
    with replacement, as many of the other without (Wallace et al., ICDM 2011), and
    the classifier learns this label alone, so what it knows of other labels is lost.
    "rows" makes bags of whole rows, drawn with a weight that is larger for rows with
    rare values: label sets stay whole, rare labels are drawn more often but not to one
    half (ours). `features` gives each bag its own random
    share of the columns.
    """

    title = "balanced bagging"
    reads_provenance = True
    cheap_settings = {"bags": 2}
    formulas = (
        (
            "For the draw of rows, the weight of row i, with c the rows that have its "
            "value of label j:",
            r"w_i = \frac{1}{q} \sum_{j=1}^{q} \frac{n}{2\, c_j(y_{ij})}",
        ),
    )

    def __init__(
        self,
        classifier: Annotated[
            str, Registered(CLASSIFIER, "The classifier fitted on each bag")
        ] = "BR-tree",
        bags: Annotated[int, Between(1, 500, "Bags to average")] = 10,
        draw: Annotated[
            str, OneOf(("per label", "rows"), "What a bag balances")
        ] = "per label",
        features: Annotated[
            float, Between(0.05, 1.0, "Share of features a bag sees", more=True)
        ] = 1.0,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.classifier = classifier
        self.bags = bags
        self.draw = draw
        self.features = features
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress, kinship=None):
        draws = list(self._draws(Y, rng))
        self.columns_ = [self._columns(X.shape[1], rng) for _ in draws]
        tasks = [
            (*draw, columns, new_seed(rng))
            for draw, columns in zip(draws, self.columns_, strict=True)
        ]

        def bag(rows, labels, columns, seed):
            part = X[rows] if columns is None else X[rows][:, columns]
            classifier = build(self.classifier, random_state=seed)
            relatives = kinship and kinship.take(rows)
            return classifier.fit(part, Y[rows][:, labels], provenance=relatives)

        self.labels_ = [labels for _, labels in draws]
        self.models_ = run_all(bag, tasks, self.n_jobs, on_progress)

    def _draws(self, Y, rng):
        n, q = Y.shape
        if self.draw == "per label":
            for j in range(q):
                value = int(Y[:, j].mean() <= 0.5)
                rare = np.flatnonzero(Y[:, j] == value)
                other = np.flatnonzero(Y[:, j] != value)
                for _ in range(self.bags):
                    mine = rng.choice(rare, len(rare))
                    rest = rng.choice(other, len(rare), replace=False)
                    yield np.concatenate([mine, rest]), np.array([j])
        else:
            positives = Y.sum(axis=0, dtype=int)
            same = np.where(Y == 1, positives, n - positives)
            weight = (n / (2 * same)).mean(axis=1)
            for _ in range(self.bags):
                yield rng.choice(n, n, p=weight / weight.sum()), np.arange(q)

    def _columns(self, d, rng):
        if self.features == 1.0:
            return None
        return np.sort(rng.permutation(d)[: max(1, round(self.features * d))])

    def _scores(self, X):
        total = np.zeros((X.shape[0], len(self.learned_labels_)))
        for model, labels, columns in zip(
            self.models_, self.labels_, self.columns_, strict=True
        ):
            part = X if columns is None else X[:, columns]
            total[:, labels] += model.predict_proba(part)
        return total / self.bags
