"""What a sampler would do to the label counts, said before it runs.

Each answer says how far it can be trusted. Not part of `aemlo.imbalance`'s own names:
it needs the samplers, which need the measures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from aemlo.arrays import Features, Names, PerLabel, Rows
from aemlo.errors import ParameterError
from aemlo.imbalance import Labels, ir_per_label, minority_labels
from aemlo.neighbours.search import nearest_in_pool
from aemlo.neighbours.stretch import distance_space
from aemlo.notes import as_note
from aemlo.wording import rows_in_words

MULTIPLICATIONS = 2e10  # more than that for neighbours is not worth waiting for


@dataclass(frozen=True)
class Expectation:
    """Expected `counts` (q,) after `rows` more rows (fewer if negative).

    `exact` is True where a run with the same settings and seed gives these very counts;
    `certainty` says so in words, with what the sampler has to say.
    """

    counts: np.ndarray
    rows: int
    exact: bool
    certainty: str


def expected(
    Y: Any, sampler: Any, votes: Mapping[int, tuple[np.ndarray, int]] | None = None
) -> Expectation:
    """The Expectation of `sampler` (an object) on labels Y (n, q).

    A sampler that reads labels only is tried on them, with its own seed. MLSMOTE's new
    labels follow from `votes` (see `bag_votes`), if given. Of others the preview is
    taken. Raises ParameterError where a sampler chooses rows by their features and has
    no preview. Ours.
    """
    labels = Labels.of(Y)
    if not sampler.reads_features:
        return _tried(labels, sampler)
    frame = sampler.preview(labels)
    if frame is None:
        raise ParameterError(
            f"{sampler.title}: chooses rows by their features, so its counts cannot be "
            "told in advance. Run it on the Resample page."
        )
    quotas = frame["rows_for_label"].to_numpy()
    if votes is not None:
        return _voted(labels, quotas, votes)
    # Rows not made for a label are in the budget, but not among the quotas.
    sized = sampler.budget is not None and sampler.target is None
    rows = max(int(quotas.sum()), round(sampler.budget * labels.n) if sized else 0)
    return Expectation(
        frame["positives_after"].to_numpy(dtype=float),
        rows,
        False,
        f"{rows_in_words(rows)} at most. The counts are an estimate: new rows are "
        "taken to be labelled like the rows they are made from.",
    )


def bag_votes(
    Y: Any, sampler: Any, X: Features, groups: Sequence[Rows] = ()
) -> dict[int, tuple[np.ndarray, int]] | None:
    """How MLSMOTE's neighbours vote: {label: (share with each label (q,), bag size)}.

    The shares are means over all seeds of the label's bag, the rows that have it in X
    (n, d) with `groups` of one-hot columns. Labels are the minority labels with two
    rows or more; None if finding neighbours would take too long.
    """
    labels = Labels.of(Y)
    bags = np.flatnonzero(minority_labels(labels) & (labels.counts > 1))
    work = (labels.counts[bags].astype(float) ** 2).sum() * X.shape[1]
    if work > MULTIPLICATIONS:
        return None
    space, votes = distance_space(X, groups), {}
    for j in bags:
        bag = labels.matrix[:, [j]].nonzero()[0]
        near = nearest_in_pool(space, bag, sampler.k_neighbors)
        voters = np.hstack([bag[:, None], near])
        count = sum(labels.matrix[column] for column in voters.T).toarray()
        present = {
            "ranking": count > voters.shape[1] / 2,
            "union": count > 0,
            "intersection": count == voters.shape[1],
        }[sampler.labelset_strategy]
        votes[int(j)] = present.mean(axis=0), len(bag)
    return votes


def _tried(labels, sampler):
    trial = clone(sampler)
    _, after = trial.fit_resample(np.zeros((labels.n, 1)), _dense(labels))
    if sampler.deterministic:
        certainty = "Exact: every run gives these counts."
    else:
        certainty = (
            f"Exact for a run with seed {sampler.random_state}; another seed moves the "
            "counts by a few rows."
        )
    return Expectation(
        after.sum(axis=0, dtype=int),
        len(after) - labels.n,
        True,
        " ".join([certainty, *_general(trial.notes_)]),
    )


def _voted(labels, quotas, votes):
    """MLSMOTE: what the bags' votes add for each row to be made."""
    rows_for_label = {j: quotas[j] for j in votes if quotas[j]}
    counts = labels.counts + sum(
        (rows * votes[j][0] for j, rows in rows_for_label.items()), np.zeros(labels.q)
    )
    even = all(rows % votes[j][1] == 0 for j, rows in rows_for_label.items())
    if even:
        certainty = "Exact: every row of a bag is a seed, and its neighbours decide."
        counts = np.rint(counts).astype(int)
    else:
        certainty = (
            "The number of rows is exact, the counts are averages over which seeds are "
            "drawn; the votes of their neighbours are counted, not guessed."
        )
    return Expectation(counts, int(sum(rows_for_label.values())), even, certainty)


def _general(notes):
    """Notes on the whole; those on single labels would be too many."""
    return [note for note in notes if not as_note(note).labels]


def _dense(labels):
    return labels.matrix.astype(np.uint8, copy=False).toarray()


def expected_ir(
    expectation: Expectation, empty: str = "left out"
) -> tuple[PerLabel, float]:
    """IRLbl of the expected counts (q,), as `ir_per_label` has it, and their mean."""
    counts = np.asarray(expectation.counts, dtype=float)
    blank = np.nan if empty == "left out" else 0.0
    ir = np.full(counts.shape, blank)
    np.divide(counts.max(initial=0), counts, out=ir, where=counts > 0)
    known = ir[~np.isnan(ir)]
    return ir, float(known.mean()) if len(known) else float("nan")


def expected_table(
    Y: Any, expectation: Expectation, names: Names, empty: str = "left out"
) -> pd.DataFrame:
    """Every label now and as expected, in the columns of `change.before_after`.

    `label minority`, then `positives` and `IRLbl`, each before, after, difference.
    """
    labels = Labels.of(Y)
    table = pd.DataFrame(
        {"label": list(names), "minority": minority_labels(labels, empty)}
    )
    later, _ = expected_ir(expectation, empty)
    for name, old, new in (
        ("positives", labels.counts, expectation.counts),
        ("IRLbl", ir_per_label(labels, empty), later),
    ):
        table[f"{name} before"] = old
        table[f"{name} after"] = new
        table[f"{name} difference"] = new - old
    return table
