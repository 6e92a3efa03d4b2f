"""The checks: each finds one thing in a data set and offers answers to it."""

import re

import numpy as np
from scipy import sparse

from aemlo.checks.about_labels import (
    labels_on_every_row,
    labels_under_threshold,
    labels_without_positives,
    rows_without_labels,
)
from aemlo.checks.finding import KEEP, Answer, Finding
from aemlo.checks.gaps_and_copies import (
    holes_of,
    later_copies,
    per_column,
    per_row,
    row_keys,
    shared_rows,
)
from aemlo.dataset import Dataset
from aemlo.imbalance import FEW_POSITIVES
from aemlo.wording import counted, listed

# Whole numbers with gaps are ids in so many rows, if in order or called so.
ENOUGH_IDS = 20
ID_WORDS = {"id", "ids", "uid", "uuid", "guid"}
ID_NAMES = {"key", "index", "nr", "no", "number", "row", "row number", "row index"}


def examine(dataset: Dataset, few: int = FEW_POSITIVES) -> list[Finding]:
    """The Findings about `dataset`, serious ones first; a label with `few`
    positives or fewer is reported (the experiments of the AEMLO paper use 30)."""
    findings = [check(dataset, few) for check in CHECKS]
    return sorted((f for f in findings if f is not None), key=lambda f: not f.serious)


def missing_values(dataset: Dataset, few: int) -> Finding | None:
    """Empty feature cells."""
    holes, texts = holes_of(dataset.X), _empty_texts(dataset)
    numbers, words = int(holes.sum()), int(texts.sum())
    if not numbers + words:
        return None
    in_numbers = per_row(holes) > 0
    rows = int((in_numbers | texts.any(axis=1)).sum())
    names = [dataset.features[j].name for j in np.flatnonzero(per_column(holes))]
    names += [dataset.text_names[j] for j in np.flatnonzero(texts.any(axis=0))]
    answers = _fillings(dataset) if numbers else [KEEP]
    if numbers and not in_numbers.all():
        answers.append(
            Answer(
                f"Drop {counted(int(in_numbers.sum()), 'row')}",
                ({"step": "drop_rows", "rule": "missing"},),
            )
        )
    answers += _drop_features(dataset, names)
    return Finding(
        "missing_values",
        "Missing values",
        numbers + words,
        "cells",
        f"{counted(numbers + words, 'cell')} in {counted(rows, 'row')} and "
        f"{counted(len(names), 'feature')} are empty: {listed(names)}."
        + f" Of these {words:,} are texts, which count as texts without words."
        * bool(words),
        tuple(answers),
        tuple(names),
    )


def text_columns(dataset: Dataset, few: int) -> Finding | None:
    """Free text, which becomes TF-IDF columns."""
    if not dataset.text_names:
        return None
    chosen = next((s for s in reversed(dataset.recipe) if s["step"] == "text"), {})
    unit, size = chosen.get("unit", "words"), chosen.get("size", 2_000)
    now = Answer(f"TF-IDF over {unit}, up to {size:,} terms a column")
    others = tuple(
        Answer(
            f"TF-IDF over {other}, up to {terms:,} terms a column",
            ({"step": "text", "unit": other, "size": terms},),
        )
        for other in ("words", "letters")
        for terms in (500, 2_000, 10_000)
        if (other, terms) != (unit, size)
    )
    return Finding(
        "text_columns",
        "Text",
        len(dataset.text_names),
        "features",
        "Text becomes numbers, learned from the training part only and kept sparse: "
        f"{listed(dataset.text_names)}.",
        (now, *others, *_drop_features(dataset, dataset.text_names)),
        dataset.text_names,
    )


def id_like(dataset: Dataset, few: int) -> Finding | None:
    """Nominal or whole-number features with another value in every row.

    Whole numbers have to be consecutive, or come in order, or be called an id.
    """
    names = [
        feature.name
        for j, feature in enumerate(dataset.features)
        if _is_id(dataset, j, feature)
    ]
    if not names:
        return None
    return Finding(
        "id_like",
        "Features that number the rows",
        len(names),
        "features",
        f"{listed(names)}: another value in every row. Such a feature tells rows apart "
        "and nothing about new ones.",
        (KEEP, *_drop_features(dataset, names), *_read_as_text(dataset, names)),
        tuple(names),
        serious=True,
    )


def constant_features(dataset: Dataset, few: int) -> Finding | None:
    """Features with one value in all rows."""
    names = _constant(dataset)
    if not names or len(names) == len(dataset.features) + len(dataset.text_names):
        return None
    return Finding(
        "constant_features",
        "Constant features",
        len(names),
        "features",
        f"{counted(len(names), 'feature')} with one value in every row: "
        f"{listed(names)}.",
        (KEEP, *_drop_features(dataset, names)),
        tuple(names),
    )


def nominal_features(dataset: Dataset, few: int) -> Finding | None:
    """Categories, which become one-hot columns."""
    wide = [
        f for f in dataset.features if f.kind == "nominal" and len(f.categories) > 2
    ]
    if not wide:
        return None
    columns = sum(len(f.categories) for f in wide)
    names = [f.name for f in wide]
    return Finding(
        "nominal_features",
        "Categories",
        len(wide),
        "features",
        f"{counted(len(wide), 'feature')} with categories, in {columns:,} columns "
        f"of 0 and 1 (one-hot): {listed(names)}.",
        (Answer("One column per category"), *_drop_features(dataset, names)),
        tuple(names),
    )


def duplicate_rows(dataset: Dataset, few: int) -> Finding | None:
    """Rows equal to an earlier one: the same row on both sides of a fold leaks."""
    features = row_keys(dataset)
    copies = len(features) - len(set(features))
    if not copies:
        return None
    whole = int(later_copies(dataset).sum())
    answers = [KEEP]
    if whole:
        answers.append(
            Answer(
                f"Drop {counted(whole, 'exact copy').replace('copys', 'copies')}",
                ({"step": "drop_rows", "rule": "duplicates"},),
            )
        )
    return Finding(
        "duplicate_rows",
        "Duplicate rows",
        copies,
        "rows",
        f"{counted(copies, 'row')} equal to an earlier row in every feature, {whole:,} "
        "of them in every label too. Copies on both sides of a fold make scores too "
        "good; the comparison can keep them together.",
        tuple(answers),
        serious=True,
    )


def split_shares_rows(dataset: Dataset, few: int) -> Finding | None:
    """Rows of the declared test part that the training part has too."""
    if dataset.split is None:
        return None
    rows = int(shared_rows(dataset).sum())
    if not rows:
        return None
    return Finding(
        "split_shares_rows",
        "Training and test part share rows",
        rows,
        "rows",
        f"{counted(rows, 'test row')} equal in every feature to a training row: scores "
        "on the declared split are too good by them.",
        (
            KEEP,
            Answer(
                f"Drop {counted(rows, 'row')} from the test part",
                ({"step": "drop_rows", "rule": "shared"},),
            ),
        ),
        serious=True,
    )


def clashing_names(dataset: Dataset, few: int) -> Finding | None:
    """Names of features and labels that are the same but for case and blanks."""
    names = [*dataset.feature_names, *dataset.label_names]
    seen, clashes = {}, []
    for place, name in enumerate(names):
        key = _key(name)
        if key in seen:
            clashes.append(place)
        seen.setdefault(key, place)
    if not clashes:
        return None
    fresh = _fresh_names(names, clashes)
    return Finding(
        "clashing_names",
        "Names that clash",
        len(clashes),
        "names",
        f"{counted(len(clashes), 'name')} the same as an earlier one but for case and "
        f"blanks: {listed(names[place] for place in clashes)}.",
        (KEEP, Answer("Number them", ({"step": "rename", "names": fresh},))),
        tuple(names[place] for place in clashes),
    )


CHECKS = (
    missing_values,
    text_columns,
    id_like,
    constant_features,
    nominal_features,
    duplicate_rows,
    split_shares_rows,
    labels_without_positives,
    labels_on_every_row,
    labels_under_threshold,
    rows_without_labels,
    clashing_names,
)


def _empty_texts(dataset):
    """Where a text is missing or has no letters: bool (n, text columns)."""
    if dataset.text is None:
        return np.zeros((dataset.n, 0), dtype=bool)
    return dataset.text.map(lambda t: t is None or not str(t).strip()).to_numpy(bool)


def _fillings(dataset):
    """The answers that fill in gaps of numbers and categories."""
    chosen = _fill_of(dataset)
    return [
        Answer(
            f"Fill in as chosen ({chosen})"
            if chosen
            else "Fill in: median of the training part, commonest category"
        ),
        *(
            Answer(f"Fill in: {kind}", ({"step": "impute", "numeric": kind},))
            for kind in ("median", "mean", "most frequent", "zero")
            if kind != (chosen or "median")
        ),
    ]


def _fill_of(dataset):
    steps = [s for s in dataset.recipe if s["step"] == "impute"]
    return steps[-1]["numeric"] if steps else None


def _drop_features(dataset, names):
    if not names or len(set(names)) >= len(dataset.feature_names):
        return []
    step = {"step": "drop_features", "names": list(names)}
    return [Answer(f"Leave out {counted(len(names), 'feature')}", (step,))]


def _read_as_text(dataset, names):
    """Where the values of nominal features hold blanks, they may be short texts."""
    texts = [
        f.name
        for f in dataset.features
        if f.name in names and any(" " in value.strip() for value in f.categories)
    ]
    if not texts:
        return []
    step = {"step": "as_text", "names": texts}
    return [Answer(f"Read {counted(len(texts), 'feature')} as text", (step,))]


def _constant(dataset):
    """Names of features with one value in every row (gaps do not count as one)."""
    X = dataset.X
    if sparse.issparse(X):
        X = sparse.csc_matrix(X)
        stored = np.diff(X.indptr)
        same = stored == 0
        for j in np.flatnonzero(stored == dataset.n):
            part = X.data[X.indptr[j] : X.indptr[j + 1]]
            same[j] = (part == part[0]).all()
    else:
        same = (X[:1] == X).all(axis=0)
    return [dataset.features[j].name for j in np.flatnonzero(same)]


def _is_id(dataset, j, feature):
    if dataset.n < 10:
        return False
    if feature.kind == "nominal" and len(feature.categories) < dataset.n:
        return False
    if sparse.issparse(dataset.X):
        if dataset.X.shape[1] > 10_000 and feature.kind != "nominal":
            return False
        values = dataset.X[:, [j]].toarray().ravel()
    else:
        values = dataset.X[:, j]
    if np.isnan(values).any() or len(np.unique(values)) < dataset.n:
        return False
    if feature.kind == "nominal":
        return True
    if not (values == np.floor(values)).all():
        return False
    steps = np.diff(values)
    if (np.diff(np.sort(values)) == 1).all():
        return True
    in_order = (steps > 0).all() or (steps < 0).all()
    return bool(dataset.n >= ENOUGH_IDS and (in_order or _is_called_id(feature.name)))


def _is_called_id(name):
    words = [w.casefold() for w in re.findall(r"[A-Z]?[a-z]++|[A-Z]++", name)]
    return bool(ID_WORDS & set(words)) or " ".join(words) in ID_NAMES


def _key(name):
    return " ".join(name.casefold().split())


def _fresh_names(names, clashes):
    fresh, used = list(names), {_key(name) for name in names}
    for place in clashes:
        number = 2
        while _key(f"{names[place]} ({number})") in used:
            number += 1
        fresh[place] = f"{names[place].strip()} ({number})"
        used.add(_key(fresh[place]))
    return fresh
