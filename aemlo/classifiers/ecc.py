"""Ensembles of classifier chains: many random orders, their scores averaged."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier, Jobs, new_seed
from aemlo.classifiers.chain import ClassifierChain
from aemlo.classifiers.learners import Base, ClassWeights, run_all
from aemlo.params import Between


class ECC(Classifier):
    """Ensemble of classifier chains (Read et al., Machine Learning 85, 2011).

    Each chain has a random order and a random share of the rows, drawn without
    replacement; the paper averages votes, we average the chains' scores, which rank
    rows as well as labels.
    """

    title = "ECC"
    cheap_settings = {"chains": 3}

    def __init__(
        self,
        base: Base = "logistic",
        chains: Annotated[int, Between(1, 200, "Chains to average")] = 10,
        rows: Annotated[float, Between(0.1, 1.0, "Share of rows a chain sees")] = 0.67,
        class_weights: ClassWeights = False,
        n_jobs: Jobs = 1,
        random_state: Any = None,
    ) -> None:
        self.base = base
        self.chains = chains
        self.rows = rows
        self.class_weights = class_weights
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        size = max(1, round(self.rows * len(Y)))
        draws = [
            (np.sort(rng.permutation(len(Y))[:size]), new_seed(rng))
            for _ in range(self.chains)
        ]

        def chain(rows, seed):
            classifier = ClassifierChain(
                self.base,
                order="random",
                class_weights=self.class_weights,
                random_state=seed,
            )
            return classifier.fit(X[rows], Y[rows])

        self.chains_ = run_all(chain, draws, self.n_jobs, on_progress)

    def _scores(self, X):
        return sum(chain.predict_proba(X) for chain in self.chains_) / len(self.chains_)
