"""Gradient boosting per label on the focal loss; needs the optional LightGBM."""

from importlib.util import find_spec
from typing import Annotated, Any

import numpy as np
from scipy import sparse
from scipy.special import expit, logit

from aemlo.classifiers.base import Classifier, new_seed, part_of
from aemlo.classifiers.focal import focal_loss, focal_slopes
from aemlo.errors import MissingExtraError
from aemlo.params import Between


class FocalBoosting(Classifier):
    """LightGBM with the focal loss as its objective, one model a label.

    Gradient and curvature are exact; where the curvature is not positive (badly
    wrong rows, gamma > 0) it is lifted to a small positive number, as boosting needs.
    Starts from the label's share in training. With gamma 0 and no alpha it is
    LightGBM's own binary objective. `losses_` (trees, q) is the mean loss of the
    training rows after each round. Raises MissingExtraError without LightGBM.
    """

    title = "focal boosting"
    cheap_settings = {"trees": 8}
    extra = "lightgbm"
    formulas = (
        (
            "The loss of a cell with probability p (the weight is alpha where the "
            "label is present, 1 - alpha where it is absent, 1 if not set):",
            r"-\alpha_t\, (1 - p_t)^{\gamma} \log p_t",
        ),
        (
            "With:",
            r"p_t = p \text{ where the label is present}, \quad p_t = 1 - p \text{ "
            r"where it is absent}",
        ),
    )

    def __init__(
        self,
        gamma: Annotated[
            float, Between(0, 10, "How much well-predicted rows are ignored")
        ] = 2.0,
        alpha: Annotated[
            float | None, Between(0.01, 0.99, "Weight of positives; None: no weight")
        ] = None,
        trees: Annotated[int, Between(1, 2000, "Boosting rounds a label")] = 100,
        learning_rate: Annotated[
            float, Between(0.001, 1, "Share of each tree that is added", log=True)
        ] = 0.1,
        leaves: Annotated[int, Between(2, 256, "Most leaves of a tree")] = 15,
        min_samples_leaf: Annotated[
            int, Between(1, 200, "Fewest rows in a leaf of a tree")
        ] = 5,
        random_state: Any = None,
    ) -> None:
        self.gamma = gamma
        self.alpha = alpha
        self.trees = trees
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state

    @classmethod
    def available(cls) -> bool:
        """Whether LightGBM is installed."""
        return find_spec(cls.extra) is not None

    def _fit(self, X, Y, rng, on_progress):
        if not self.available():
            raise MissingExtraError(
                f"{self.title}: needs LightGBM, which is not installed. "
                "Install it (pip install lightgbm), or choose another classifier."
            )
        q = Y.shape[1]
        share = Y.mean(axis=0)
        self.start_ = logit(share)
        self.models_ = []
        if len(Y) < 2 * self.min_samples_leaf or not _varies(X):
            self.notes_.append(
                f"{len(Y)} rows cannot be split into leaves of {self.min_samples_leaf} "
                "rows: every score is the label's share of the training rows."
            )
            return
        self.losses_ = np.full((self.trees, q), np.nan)
        for j in range(q):
            on_label = part_of(on_progress, j / q, (j + 1) / q)
            y = Y[:, j].astype(float)
            model = self._boosted(X, y, self.start_[j], new_seed(rng), on_label, j)
            self.models_.append(model)

    def _boosted(self, X, y, start, seed, on_progress, j):
        import lightgbm

        def objective(raw, data):
            slope, bend = focal_slopes(raw, y, self.gamma, self.alpha)
            return slope, np.maximum(bend, 1e-6)

        def loss(raw, data):
            return "loss", focal_loss(raw, y, self.gamma, self.alpha).mean(), False

        def record_loss(env):
            """The loss after each round, mean of the labels that have got that far."""
            ((_, _, value, _),) = env.evaluation_result_list
            self.losses_[env.iteration, j] = value
            on_progress(
                (env.iteration + 1) / self.trees,
                epoch=env.iteration + 1,
                loss=float(self.losses_[env.iteration, : j + 1].mean()),
            )

        settings = {
            "objective": objective,
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_samples_leaf,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "seed": seed,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(
            X,
            label=y,
            init_score=np.full(len(y), start),
            params={
                "verbosity": -1,
                "feature_pre_filter": False,
                "min_data_in_bin": 1,  # else a column with two ones is thrown out
            },
        )
        return lightgbm.train(
            *(settings, data, self.trees),
            valid_sets=[data],
            feval=loss,
            callbacks=[record_loss],
        )

    def _scores(self, X):
        raw = np.tile(self.start_, (X.shape[0], 1))
        for j, model in enumerate(self.models_):
            raw[:, j] += model.predict(X)
        return expit(raw)


def _varies(X):
    span = X.max(axis=0) - X.min(axis=0)
    return bool((span.toarray() if sparse.issparse(span) else span).any())
