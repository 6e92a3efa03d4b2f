"""Class weights per label, switched on for any classifier that has them."""

from typing import Annotated, Any

from aemlo import params
from aemlo.classifiers.base import Classifier
from aemlo.classifiers.nested import CLASSIFIER, registry, seeded
from aemlo.errors import ParameterError
from aemlo.params import Registered


class ClassWeighted(Classifier):
    """A classifier with its rows weighed by how rare their class is.

    Label by label where the classifier learns label by label, by labelset where it
    learns labelsets. Raises ParameterError for a classifier without class weights.
    """

    title = "class weights"
    is_remedy = True
    reads_provenance = True
    formulas = (
        (
            "Weight of a row, with c the rows of its class among n:",
            r"w = \frac{n}{2 c}",
        ),
    )

    def __init__(
        self,
        classifier: Annotated[
            str, Registered(CLASSIFIER, "The classifier whose rows are weighed")
        ] = "BR-logistic",
        random_state: Any = None,
    ) -> None:
        self.classifier = classifier
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress, kinship=None):
        inner = seeded(self.classifier, rng)
        known = inner.get_params(deep=False)
        if "class_weights" in known:
            inner.set_params(class_weights=True)
        elif isinstance(known.get("weights"), str):
            inner.set_params(weights="balanced")
        else:
            raise ParameterError(
                f"{self.title}: {inner.title} has no class weights. Those that have: "
                f"{', '.join(_weighable())}."
            )
        self.inner_ = inner.fit(X, Y, provenance=kinship, on_progress=on_progress)
        self.notes_ += self._notes_of(self.inner_)

    def _scores(self, X):
        return self.inner_.predict_proba(X)

    def _decide(self, X):
        return self.inner_.decide(X)


def _weighable():
    return [
        title
        for title, cls in registry().items()
        if {"class_weights", "weights"} & set(params.parameters(cls))
        and title != "average"
    ]
