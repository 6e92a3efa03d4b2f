"""Text columns as numbers: TF-IDF over words or letters, kept sparse."""

from collections.abc import Mapping
from typing import Any, Self

from scipy import sparse

from aemlo.dataset import Dataset

UNITS = ("words", "letters")
DEFAULT = {"unit": "words", "size": 2_000}


class WordColumns:
    """TF-IDF of each text column of a Dataset, fitted on the rows given to `fit`.

    `settings` may say `unit` ("words", or "letters" for runs of two to five letters
    inside words), `size` (the most frequent terms kept per column) and `columns` (names
    to use; None for all). Terms of one row only are left out when there are more than
    50 rows; frequencies are sublinear (1 + log), rows have length 1 (scikit-learn's
    TfidfVectorizer). Empty cells are rows without words.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = {**DEFAULT, **settings}

    def __bool__(self):
        return bool(self.made_)

    def fit(self, dataset: Dataset) -> Self:
        """Learn the terms of each text column."""
        self.made_, self.names = {}, ()
        for column in dataset.text_names:
            vectorizer = self._vectorizer(dataset.n)
            try:
                vectorizer.fit(_texts(dataset, column))
            except ValueError:
                # No term is left: nothing but stop marks, or all cells are empty.
                continue
            self.made_[column] = vectorizer
            self.names += tuple(
                f"{column}: {term}" for term in vectorizer.get_feature_names_out()
            )
        return self

    def transform(self, dataset: Dataset) -> list[sparse.csr_matrix]:
        """A CSR block (n, terms) per text column."""
        return [
            vectorizer.transform(_texts(dataset, column))
            for column, vectorizer in self.made_.items()
        ]

    def _vectorizer(self, n):
        from sklearn.feature_extraction.text import TfidfVectorizer

        letters = self.settings["unit"] == "letters"
        return TfidfVectorizer(
            analyzer="char_wb" if letters else "word",
            ngram_range=(2, 5) if letters else (1, 1),
            token_pattern=None if letters else r"(?u)\b\w+\b",
            max_features=self.settings["size"],
            min_df=2 if n > 50 else 1,
            sublinear_tf=True,
        )


def _texts(dataset, column):
    return ["" if t is None or t != t else str(t) for t in dataset.text[column]]
