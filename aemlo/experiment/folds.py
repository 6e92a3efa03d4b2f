"""Which rows train and which test: stratified folds, a hold-out or a declared split.

Made once per data set, before any sampler or classifier is looked at, so that every
arm of a comparison meets the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from aemlo import checks
from aemlo.arrays import LabelMatrix, Rows
from aemlo.dataset import Dataset
from aemlo.errors import DataError
from aemlo.experiment.leaks import row_hashes
from aemlo.stratification import divided, label_distribution_error
from aemlo.wording import counted

WAYS = ("folds", "hold-out", "declared")
DUPLICATES = ("together", "as they fall")


@dataclass(frozen=True, eq=False)
class Split:
    """One division: `train` and `test` are sorted positions of rows."""

    repeat: int
    fold: int
    train: Rows
    test: Rows


@dataclass(frozen=True)
class Splits:
    """How the rows of a data set are divided; see `plan` for what each word means.

    `groups` names a column whose equal values stay on one side, such as the patient or
    the author; it is no feature then. `most_splits` keeps only the first splits of each
    data set, as a pilot does.
    """

    split: str = "folds"
    folds: int = 5
    repeats: int = 1
    test_share: float = 0.2
    duplicates: str = "together"
    groups: str = ""
    most_splits: int | None = None

    def of(self, dataset: Dataset, seed: int = 0) -> tuple[Split, ...]:
        """The Splits of `dataset`; DataError where it cannot be divided so."""
        return plan(
            dataset,
            self.split,
            folds=self.folds,
            repeats=self.repeats,
            test_share=self.test_share,
            seed=seed,
            duplicates=self.duplicates,
            groups=self.groups,
        )[: self.most_splits]

    def features_of(self, dataset: Dataset) -> Dataset:
        """`dataset` without the column of `groups`, which nothing may learn from."""
        if not self.groups:
            return dataset
        return checks.apply(
            dataset, [{"step": "drop_features", "names": [self.groups]}]
        )


def plan(
    dataset: Dataset,
    how: str = "folds",
    *,
    folds: int = 5,
    repeats: int = 1,
    test_share: float = 0.2,
    seed: int = 0,
    duplicates: str = "together",
    groups: str = "",
) -> tuple[Split, ...]:
    """The Splits of `dataset`, repeat by repeat and fold by fold.

    `how` is "folds" (stratified, see `aemlo.stratification`), "hold-out" (the same, one
    part of `test_share` a repeat) or "declared" (the split that came with the files;
    each repeat is the same split under other seeds). With `duplicates="together"` rows
    with equal features stay on one side, and so do rows with equal values in the column
    `groups`: a group counts with its rows and with its positives of each label. Rows
    without a value there are groups of their own. Raises DataError where the data
    cannot be divided so.
    """
    _check(dataset, how, folds, repeats, test_share, duplicates)
    of_column = column_groups(dataset, groups) if groups else None
    if how == "declared":
        declared = np.asarray(dataset.split, dtype=bool)
        train, test = np.flatnonzero(declared), np.flatnonzero(~declared)
        return tuple(Split(repeat, 0, train, test) for repeat in range(repeats))
    group = np.arange(dataset.n)
    if duplicates == "together":
        group = duplicate_groups(Splits(groups=groups).features_of(dataset))
    if of_column is not None:
        group = _joined(group, of_column)
    positives, rows = _of_groups(dataset.Y, group)
    if len(rows) < (folds if how == "folds" else 2):
        raise DataError(
            f"{dataset.name}: {folds} folds need at least {folds} "
            f"{'groups' if groups else 'different rows'}, got {len(rows)}. Use fewer "
            f"folds{'' if groups else ', or leave duplicates as they fall'}."
        )
    if how == "folds":
        shares = np.full(folds, 1 / folds)
    else:
        shares = np.array([test_share, 1 - test_share])
    splits = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        part = divided(positives, rows, shares, rng)[group]
        for fold in range(folds if how == "folds" else 1):
            in_test = part == fold
            splits.append(
                Split(repeat, fold, np.flatnonzero(~in_test), np.flatnonzero(in_test))
            )
    if any(not len(s.train) or not len(s.test) for s in splits):
        raise DataError(
            f"{dataset.name}: {dataset.n} rows cannot be divided so that every part "
            "has a row. Use fewer folds or another share."
        )
    return tuple(splits)


def duplicate_groups(dataset: Dataset) -> Rows:
    """Group number (n,) of each row; rows with equal features share one."""
    hashes = row_hashes(dataset.X, dataset.text)
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group]


def column_groups(dataset: Dataset, column: str) -> Rows:
    """Group number (n,) of each row by its value in `column`, a feature or a text.

    Rows without a value are groups of their own. Raises DataError for a column that
    the data set lacks.
    """
    if column in dataset.text_names:
        assert dataset.text is not None
        values: Any = dataset.text[column].astype(object).to_numpy()
    elif column in dataset.feature_names:
        values = dataset.X[:, dataset.feature_names.index(column)]
        if sparse.issparse(values):
            values = sparse.csc_matrix(values).toarray().ravel()
    else:
        names = ", ".join(dataset.feature_names[:20])
        raise DataError(
            f"{dataset.name}: there is no column {column!r} to group rows by. "
            f"Columns: {names}."
        )
    codes, _ = pd.factorize(values)
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(missing.sum())
    return codes


def _joined(one: Rows, other: Rows) -> Rows:
    """The finest groups in which neither group of a row is divided."""
    n = len(one)
    links = sparse.coo_matrix(
        (np.ones(n), (one, one.max() + 1 + other)),
        shape=(one.max() + other.max() + 2,) * 2,
    )
    _, part = csgraph.connected_components(links, directed=False)
    _, group = np.unique(part[one], return_inverse=True)
    return group


def straddling_groups(
    dataset: Dataset, splits: Sequence[Split], column: str
) -> tuple[int, int]:
    """(groups of `column`, the most of them on both sides of one split)."""
    group = column_groups(dataset, column)
    both = [len(np.intersect1d(group[s.train], group[s.test])) for s in splits]
    return len(np.unique(group)), max(both)


@dataclass(frozen=True)
class Evenness:
    """How even splits are: rows of the test parts, and their labels.

    `label_error` is `stratification.label_distribution_error`, the mean over repeats.
    `missing` counts labels that some test part lacks.
    """

    fewest_rows: int
    most_rows: int
    label_error: float
    missing: int


def evenness(dataset: Dataset, splits: Sequence[Split]) -> Evenness:
    """The Evenness of the test parts of `splits`."""
    sizes = [len(split.test) for split in splits]
    positives = np.array([dataset.Y[s.test].sum(axis=0, dtype=int) for s in splits])
    errors = []
    for repeat in dict.fromkeys(split.repeat for split in splits):
        part = np.full(dataset.n, -1)
        for split in splits:
            if split.repeat == repeat:
                part[split.test] = split.fold
        errors.append(label_distribution_error(dataset.Y, part))
    there = dataset.Y.any(axis=0)
    missing = int(((positives == 0).any(axis=0) & there).sum())
    return Evenness(min(sizes), max(sizes), float(np.mean(errors)), missing)


def table(dataset: Dataset, splits: Sequence[Split]) -> pd.DataFrame:
    """Positives of each label on both sides of each split.

    Columns `repeat fold label train_positives test_positives train_rows test_rows`.
    """
    frames = []
    for split in splits:
        frames.append(
            pd.DataFrame(
                {
                    "repeat": split.repeat,
                    "fold": split.fold,
                    "label": list(dataset.label_names),
                    "train_positives": dataset.Y[split.train].sum(axis=0, dtype=int),
                    "test_positives": dataset.Y[split.test].sum(axis=0, dtype=int),
                    "train_rows": len(split.train),
                    "test_rows": len(split.test),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def warnings(
    dataset: Dataset, splits: Sequence[Split], groups: str = ""
) -> tuple[str, ...]:
    """Sentences on what these splits cannot measure, and what to do about it."""
    counts = table(dataset, splits)
    sentences = []
    for side, column in (("test", "test_positives"), ("training", "train_positives")):
        bare = counts[counts[column] == 0]
        if len(bare):
            labels = list(dict.fromkeys(bare["label"]))
            has = "has" if len(labels) == 1 else "have"
            effect = (
                f"{has} no AUC and no recall there"
                if side == "test"
                else "cannot be learned there"
            )
            sentences.append(
                f"{counted(len(labels), 'label')} without a positive row in some "
                f"{side} part {effect}: {_few(labels)}. Fewer folds, or leaving these "
                "labels out, makes their scores whole."
            )
    straddling = straddling_rows(dataset, splits)
    if straddling:
        sentences.append(
            f"{counted(straddling, 'test row')} equal in every feature to a training "
            'row of the same fold. Keep duplicates "together" to put them on one side.'
        )
    if groups:
        number, both = straddling_groups(dataset, splits, groups)
        if both:
            sentences.append(
                f"{both:,} of {counted(number, 'group')} by {groups!r} have rows on "
                "both sides of a split. Use folds, which keep groups together."
            )
    tested, leaked = synthetic_rows(dataset, splits)
    if tested or leaked:
        sentences.append(
            f"Synthetic rows take part: up to {tested:,} in a test part, and up to "
            f"{counted(leaked, 'training row')} made from rows that are tested on. The "
            "scores are too good. Leave the synthetic rows out."
        )
    return tuple(sentences)


def synthetic_rows(dataset: Dataset, splits: Sequence[Split]) -> tuple[int, int]:
    """Synthetic rows in test parts, and training rows that come from test rows.

    The first number is the most synthetic rows in one test part; the second the most
    synthetic training rows of one split that were made from a row of its test part.
    Both follow from the data set's provenance.
    """
    known = dataset.provenance
    if known is None or not known["synthetic"].any():
        return 0, 0
    synthetic, row = known["synthetic"].to_numpy(), known["row"].to_numpy()
    parents = [frozenset(map(int, text.split())) for text in known["parents"]]
    tested = leaked = 0
    for split in splits:
        real = set(row[split.test][~synthetic[split.test]].tolist())
        train = split.train[synthetic[split.train]]
        tested = max(tested, int(synthetic[split.test].sum()))
        leaked = max(leaked, sum(not real.isdisjoint(parents[i]) for i in train))
    return tested, leaked


def straddling_rows(dataset: Dataset, splits: Sequence[Split]) -> int:
    """Most test rows of one split that equal a training row in every feature."""
    group = duplicate_groups(dataset)
    if group.max() + 1 == dataset.n:
        return 0
    return max(int(np.isin(group[s.test], group[s.train]).sum()) for s in splits)


def _of_groups(Y: LabelMatrix, group: Rows) -> tuple[np.ndarray, Rows]:
    """Positives (g, q) of each label and number of rows (g,) in each group."""
    positives = np.zeros((group.max() + 1, Y.shape[1]), dtype=np.int64)
    np.add.at(positives, group, Y)
    return positives, np.bincount(group)


def _check(
    dataset: Dataset,
    how: str,
    folds: int,
    repeats: int,
    test_share: float,
    duplicates: str,
) -> None:
    if how not in WAYS:
        raise DataError(f"split must be one of {', '.join(WAYS)}, got {how!r}.")
    if duplicates not in DUPLICATES:
        raise DataError(
            f"duplicates must be one of {', '.join(DUPLICATES)}, got {duplicates!r}."
        )
    if how == "folds" and not 2 <= folds <= dataset.n:
        raise DataError(
            f"folds must be between 2 and {dataset.n} rows of {dataset.name}, "
            f"got {folds}."
        )
    if repeats < 1:
        raise DataError(f"repeats must be at least 1, got {repeats}.")
    if how == "hold-out" and not 0 < test_share < 1:
        raise DataError(f"test_share must be between 0 and 1, got {test_share:g}.")
    if how == "declared":
        if dataset.split is None:
            raise DataError(
                f"{dataset.name}: its files declare no train/test split. "
                "Use folds or a hold-out."
            )
        if dataset.split.all() or not dataset.split.any():
            raise DataError(f"{dataset.name}: its declared split has an empty side.")


def _few(names: list[str], most: int = 5) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
