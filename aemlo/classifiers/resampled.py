"""A sampler and a classifier as one: rows are resampled wherever it is fitted."""

from typing import Annotated, Any

import numpy as np
import pandas as pd

from aemlo.classifiers.base import Classifier, new_seed, part_of
from aemlo.classifiers.kinship import Kinship
from aemlo.classifiers.nested import CLASSIFIER, seeded
from aemlo.notes import as_note
from aemlo.params import Registered
from aemlo.samplers.chain import SAMPLER


class Resampled(Classifier):
    """A classifier that learns from what a sampler makes of its training rows.

    In a pipeline of imbalanced-learn the classifier is not told which rows are
    synthetic; here it is, so that thresholds and early stopping inside judge on real
    rows only. Around it, tuned thresholds resample in each of their folds, so that no
    synthetic row of a fold's model has a parent outside it. Predictions are for rows as
    they come. After `fit`: `sampler_` and `inner_`. Ours.
    """

    title = "resampled"
    reads_provenance = True

    def __init__(
        self,
        sampler: Annotated[
            str, Registered(SAMPLER, "The sampler of the training rows")
        ] = "MLSMOTE",
        classifier: Annotated[
            str, Registered(CLASSIFIER, "The classifier that learns from its rows")
        ] = "BR-logistic",
        random_state: Any = None,
    ) -> None:
        self.sampler = sampler
        self.classifier = classifier
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress, kinship=None):
        self.sampler_ = SAMPLER.build(self.sampler, random_state=new_seed(rng))
        # The sampler's settings may name columns, so it is given all of them.
        whole = np.tile(self.constant_, (len(Y), 1)).astype(np.uint8)
        whole[:, self.learned_labels_] = Y
        X_new, whole = self.sampler_.fit_resample(
            X, whole, on_progress=part_of(on_progress, 0.0, 0.5)
        )
        self.notes_ += [
            as_note(note).after(f"{self.sampler_.title}: ")
            for note in self.sampler_.notes_
        ]
        self.inner_ = seeded(self.classifier, rng).fit(
            X_new,
            whole[:, self.learned_labels_],
            provenance=self._traced(self.sampler_.provenance_, kinship),
            on_progress=part_of(on_progress, 0.5, 1.0),
        )
        self.notes_ += self._notes_of(self.inner_)

    def _traced(self, frame: pd.DataFrame, before: Kinship | None) -> Kinship:
        """The kinship of the returned rows; the given ones had that of `before`."""
        if before is None:
            return Kinship.of(frame, len(frame), self.title)
        return before.followed_by(frame, self.title)

    def _scores(self, X):
        return self.inner_.predict_proba(X)

    def _decide(self, X):
        return self.inner_.decide(X)
