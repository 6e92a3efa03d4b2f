"""The steps of a recipe: each changes a Dataset, and says in words what it did."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from aemlo.checks.gaps_and_copies import holes_of, later_copies, per_row, shared_rows
from aemlo.dataset import PREPARATION_STEPS, Dataset, Step
from aemlo.errors import DataError, ParameterError
from aemlo.wording import counted, listed

ROW_RULES = ("missing", "duplicates", "unlabelled", "shared")


def apply(dataset: Dataset, steps: Iterable[Step]) -> Dataset:
    """`dataset` after `steps`, which are added to its recipe.

    Raises ParameterError for an unknown step, DataError where nothing would be left.
    """
    for step in steps:
        if step.get("step") not in STEPS:
            raise ParameterError(
                f"There is no step {step.get('step')!r}. Steps: {', '.join(STEPS)}."
            )
        dataset = STEPS[step["step"]](dataset, step)
        kept = [
            s
            for s in dataset.recipe
            if s["step"] != step["step"] or s["step"] not in PREPARATION_STEPS
        ]
        dataset = replace(dataset, recipe=(*kept, dict(step)))
    return dataset


def without(original: Dataset, recipe: Sequence[Step], position: int) -> Dataset:
    """`original` after all steps of `recipe` but the one at `position`.

    Later steps follow their columns: they speak of them by the names they have now. A
    step that does not fit any more is left out, and a warning says so.
    """
    old = new = apply(original, recipe[:position])
    of_old = of_new = list(range(len(_columns(new))))
    warnings = []
    for k, step in enumerate(recipe[position:]):
        done = apply(old, [step])
        left = _followed(of_old, old, done, step)
        if k:
            fitting = _fitting(step, (old, of_old), done, (new, of_new))
            try:
                changed = apply(new, [fitting]) if fitting else None
            except DataError:
                changed = None
            if changed is None:
                warnings.append(
                    f"No longer in the recipe: {in_words(step)}. It does not fit the "
                    "columns after what was taken back."
                )
            else:
                of_new, new = _followed(of_new, new, changed, fitting), changed
        old, of_old = done, left
    return replace(new, warnings=(*new.warnings, *warnings)) if warnings else new


def _columns(dataset):
    """(what, name) of all columns, in the order of a renaming."""
    return [
        *(("feature", name) for name in dataset.feature_names),
        *(("label", name) for name in dataset.label_names),
    ]


def _followed(numbers, before, after, step):
    """The numbers that columns have been given, as the columns stand after `step`."""
    if step["step"] == "rename":
        return numbers
    known = {}
    for number, column in zip(numbers, _columns(before), strict=True):
        known.setdefault(column, []).append(number)
    return [known[column].pop(0) for column in _columns(after)]


def _fitting(step, old, done, new):
    """`step`, which made `done` of `old`, for the columns of `new`; None if it means
    none of them. `old` and `new` are data sets with the numbers of their columns."""
    if "names" not in step:
        return step
    now = dict(zip(new[1], _columns(new[0]), strict=True))
    was = dict(zip(old[1], _columns(old[0]), strict=True))
    if step["step"] == "rename":
        given = dict(zip(old[1], _columns(done), strict=True))
        fresh = {n: column for n, column in given.items() if column != was[n]}
        names = [fresh.get(n, column)[1] for n, column in now.items()]
        same = names == [name for _, name in now.values()]
        return None if same else {**step, "names": names}
    side = "label" if step["step"] == "drop_labels" else "feature"
    meant = {
        n for n, (what, name) in was.items() if what == side and name in step["names"]
    }
    other = {column for n, column in now.items() if n not in meant}
    names = [c[1] for n, c in now.items() if n in meant and c not in other]
    return {**step, "names": names} if names else None


def drop_features(dataset: Dataset, step: Step) -> Dataset:
    """Leave out the features in `names`."""
    dropped = set(step["names"])
    keep = [j for j, f in enumerate(dataset.features) if f.name not in dropped]
    words = [name for name in dataset.text_names if name not in dropped]
    text = dataset.text
    return replace(
        dataset,
        X=dataset.X[:, keep],
        features=tuple(dataset.features[j] for j in keep),
        text=None if text is None or not words else text[words],
    )


def as_text(dataset: Dataset, step: Step) -> Dataset:
    """Turn the nominal features in `names` into text columns, words as they are."""
    chosen = [
        j
        for j, f in enumerate(dataset.features)
        if f.name in step["names"] and f.kind == "nominal"
    ]
    text = dataset.text
    columns = {} if text is None else {name: text[name] for name in text.columns}
    for j in chosen:
        values = _dense_column(dataset.X, j)
        words = [*dataset.features[j].categories, None]
        places = np.where(np.isnan(values), len(words) - 1, values).astype(int)
        columns[dataset.features[j].name] = [words[place] for place in places]
    if not chosen:
        return dataset
    keep = [j for j in range(len(dataset.features)) if j not in chosen]
    return replace(
        dataset,
        X=dataset.X[:, keep],
        features=tuple(dataset.features[j] for j in keep),
        text=pd.DataFrame(columns, dtype=object),
    )


def _dense_column(X, j):
    if isinstance(X, np.ndarray):
        return X[:, j]
    return X[:, [j]].toarray().ravel()


def drop_labels(dataset: Dataset, step: Step) -> Dataset:
    """Leave out the labels in `names`; rows stay."""
    dropped = set(step["names"])
    keep = [j for j, name in enumerate(dataset.label_names) if name not in dropped]
    return replace(
        dataset,
        Y=dataset.Y[:, keep],
        label_names=tuple(dataset.label_names[j] for j in keep),
    )


def drop_rows(dataset: Dataset, step: Step) -> Dataset:
    """Leave out the rows that `rule` speaks of; it is judged anew each time."""
    rule = step["rule"]
    if rule not in ROW_RULES:
        raise ParameterError(
            f"drop_rows: there is no rule {rule!r}. Rules: {', '.join(ROW_RULES)}."
        )
    if rule == "missing":
        dropped = per_row(holes_of(dataset.X)) > 0
    elif rule == "duplicates":
        dropped = later_copies(dataset)
    elif rule == "unlabelled":
        dropped = dataset.Y.sum(axis=1) == 0
    else:
        dropped = shared_rows(dataset)
    return dataset.take(np.flatnonzero(~dropped)) if dropped.any() else dataset


def rename(dataset: Dataset, step: Step) -> Dataset:
    """Give all columns the `names`: features, texts, labels, in this order."""
    names, d = list(step["names"]), len(dataset.features)
    if len(names) != len(dataset.feature_names) + dataset.q:
        raise DataError(f"{dataset.name}: {len(names)} names do not fit its columns.")
    text = dataset.text
    if text is not None:
        text = text.set_axis(names[d : len(dataset.feature_names)], axis=1)
    return replace(
        dataset,
        features=tuple(
            replace(f, name=name)
            for f, name in zip(dataset.features, names[:d], strict=True)
        ),
        text=text,
        label_names=tuple(names[-dataset.q :]),
    )


def prepare_so(dataset: Dataset, step: Step) -> Dataset:
    """Nothing here: `Preparation` reads the step from the recipe."""
    return dataset


STEPS = {
    "drop_features": drop_features,
    "as_text": as_text,
    "drop_labels": drop_labels,
    "drop_rows": drop_rows,
    "rename": rename,
    "impute": prepare_so,
    "text": prepare_so,
}


def in_words(step: Step) -> str:
    """A step of a recipe as a sentence."""
    kind = step["step"]
    if kind in ("drop_features", "drop_labels"):
        what = kind.removeprefix("drop_").removesuffix("s")
        count = counted(len(step["names"]), what)
        return f"Left out {count}: {listed(step['names'])}"
    if kind == "drop_rows":
        return {
            "missing": "Dropped rows with missing values",
            "duplicates": "Dropped exact copies of earlier rows",
            "unlabelled": "Dropped rows without labels",
            "shared": "Dropped test rows that the training part has too",
        }[step["rule"]]
    if kind == "as_text":
        return f"Read as text: {listed(step['names'])}"
    if kind == "impute":
        return f"Missing numbers filled in with: {step['numeric']}"
    if kind == "text":
        return f"Text as TF-IDF over {step['unit']}, up to {step['size']:,} terms"
    return "Numbered the names that clashed"


def describe(dataset: Dataset) -> list[str]:
    """The recipe of `dataset` as sentences, in the order they were done."""
    return [in_words(step) for step in dataset.recipe]
