"""Data sets that need no file: the real yeast set, and a generator."""

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from aemlo import params
from aemlo.arrays import Rows
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.params import Between, Switch

NAMES = ("yeast", "synthetic")


def yeast() -> Dataset:
    """The yeast set: 2,417 genes, 103 features, 14 labels (Elisseeff, Weston, 2001).

    It is a file inside the package river (BSD-3), found without importing river. Raises
    DataError when the package is missing.
    """
    package = find_spec("river")
    if package is None or not package.submodule_search_locations:
        raise DataError(
            "yeast: the package 'river' holds this data set and is not installed. "
            "Install it (pip install river), or use 'synthetic'."
        )
    path = (
        Path(next(iter(package.submodule_search_locations))) / "datasets/yeast.csv.gz"
    )
    if not path.is_file():
        raise DataError(f"yeast: {path.name} is missing in the package 'river'.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        names = next(lines).rstrip("\n").split(",")
        table = np.loadtxt(lines, delimiter=",", dtype=str)
    is_label = np.array([name.startswith("Class") for name in names])
    return Dataset(
        name="yeast",
        X=table[:, ~is_label].astype(float),
        Y=(table[:, is_label] == "True") | (table[:, is_label] == "1"),
        features=tuple(
            Feature(n) for n, label in zip(names, is_label, strict=True) if not label
        ),
        label_names=tuple(n for n, label in zip(names, is_label, strict=True) if label),
        labels_from="built in: the columns Class1 to Class14",
        source={"builtin": "yeast"},
    )


class Generator:
    """Synthetic multi-label data with imbalance and label dependence that you set.

    A label is present in the rows where its score is highest, so that each label has
    the wanted count exactly; the score mixes a factor that the labels of its group
    share with one of its own, by `dependence`. Features are noisy mixtures of all
    scores. Ours.
    """

    title = "synthetic"

    def __init__(
        self,
        rows: Annotated[int, Between(20, 200_000, "How many rows", log=True)] = 1_000,
        features: Annotated[int, Between(1, 2_000, "How many features", log=True)] = 30,
        labels: Annotated[int, Between(1, 200, "How many labels", log=True)] = 8,
        imbalance: Annotated[
            float,
            Between(
                1, 500, "Largest IRLbl: the commonest label over the rarest", log=True
            ),
        ] = 20.0,
        dependence: Annotated[
            float,
            Between(0, 1, "How far labels of a group occur together: 0 not, 1 always"),
        ] = 0.5,
        commonest: Annotated[
            float, Between(0.05, 0.9, "Share of rows that have the commonest label")
        ] = 0.4,
        noise: Annotated[
            float, Between(0, 5, "Noise of the features, in their spread", more=True)
        ] = 0.5,
        nominal: Annotated[
            bool,
            Switch("Make every tenth feature nominal with three values", more=True),
        ] = False,
        seed: Annotated[int, Between(0, 2**31 - 1, "Seed", more=True)] = 0,
    ) -> None:
        self.rows, self.features, self.labels = rows, features, labels
        self.imbalance, self.dependence = imbalance, dependence
        self.commonest, self.noise = commonest, noise
        self.nominal, self.seed = nominal, seed

    def make(self) -> Dataset:
        """The Dataset; ParameterError for a setting out of range."""
        params.check(self)
        rng = np.random.default_rng(self.seed)
        counts = self.counts()
        shared = rng.standard_normal((self.rows, 1 + self.labels // 4))
        own = rng.standard_normal((self.rows, self.labels))
        group = np.arange(self.labels) % shared.shape[1]
        scores = (
            np.sqrt(self.dependence) * shared[:, group]
            + np.sqrt(1 - self.dependence) * own
        )
        order = np.argsort(-scores, axis=0, kind="stable")
        Y = np.zeros((self.rows, self.labels), dtype=np.uint8)
        for j, count in enumerate(counts):
            Y[order[:count, j], j] = 1
        mixing = rng.standard_normal((self.labels, self.features)) / np.sqrt(
            self.labels
        )
        X = scores @ mixing + self.noise * rng.standard_normal(
            (self.rows, self.features)
        )
        X, features = self._features(X.round(6))
        return Dataset(
            name=self._name(),
            X=X,
            Y=Y,
            features=features,
            label_names=tuple(f"label {j}" for j in range(1, self.labels + 1)),
            labels_from="generated",
            source={"builtin": "synthetic", **self.settings()},
        )

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments by name."""
        return {name: getattr(self, name) for name in params.parameters(type(self))}

    def counts(self) -> Rows:
        """Positives per label, from common to rare, evenly on a log scale."""
        most = max(1, round(self.rows * self.commonest))
        steps = np.linspace(0, 1, self.labels) if self.labels > 1 else np.zeros(1)
        return np.maximum(1, np.round(most / self.imbalance**steps)).astype(int)

    def _features(self, X):
        features = []
        for j in range(self.features):
            name = f"feature {j + 1}"
            if self.nominal and j % 10 == 9:
                X[:, j] = np.digitize(X[:, j], np.quantile(X[:, j], (1 / 3, 2 / 3)))
                features.append(Feature(name, "nominal", ("low", "middle", "high")))
            else:
                features.append(Feature(name))
        return X, tuple(features)

    def _name(self):
        size = f"{self.rows:,} x {self.features:,}, {self.labels} labels"
        return f"synthetic ({size}, seed {self.seed})"


def synthetic(
    n: int = 1_000,
    d: int = 30,
    q: int = 8,
    imbalance: float = 20.0,
    dependence: float = 0.5,
    seed: int = 0,
    **more: Any,
) -> Dataset:
    """A synthetic Dataset, called so in its name; see `Generator` for the settings."""
    return Generator(n, d, q, imbalance, dependence, seed=seed, **more).make()
