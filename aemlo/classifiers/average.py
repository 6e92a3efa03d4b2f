"""Averaging ensembles of different classifiers."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier, part_of
from aemlo.classifiers.nested import CLASSIFIER, seeded
from aemlo.errors import ParameterError
from aemlo.params import Registered, Several


class Average(Classifier):
    """The mean, weighted if asked, of the scores of several classifiers. Ours."""

    title = "average"
    reads_provenance = True
    cheap_settings = {"classifiers": ("BR-logistic", "ML-kNN")}

    def __init__(
        self,
        classifiers: Annotated[
            tuple,
            Registered(
                CLASSIFIER, "Classifiers whose scores are averaged", several=True
            ),
        ] = ("BR-logistic", "random forest"),
        weights: Annotated[
            tuple | None,
            Several("Weight of each; None: all the same", low=0, whole=False),
        ] = None,
        random_state: Any = None,
    ) -> None:
        self.classifiers = classifiers
        self.weights = weights
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress, kinship=None):
        number = len(self.classifiers)
        if self.weights is not None and (
            len(self.weights) != number or sum(self.weights) <= 0
        ):
            raise ParameterError(
                f"{self.title}: weights must be {number} numbers, one per classifier "
                f"and not all 0, got {tuple(self.weights)}."
            )
        self.parts_ = [
            seeded(what, rng).fit(
                X,
                Y,
                provenance=kinship,
                on_progress=part_of(on_progress, i / number, (i + 1) / number),
            )
            for i, what in enumerate(self.classifiers)
        ]
        for part in self.parts_:
            self.notes_ += [
                note.after(f"{part.title}: ") for note in self._notes_of(part)
            ]

    def _scores(self, X):
        scores = [part.predict_proba(X) for part in self.parts_]
        return np.average(scores, axis=0, weights=self.weights)
