"""Are synthetic rows any good: near the data, no copies, all over it, rightly labelled.

Everything here compares features on one scale (each column in [0, 1], say): rows
`real` (n, d) and `synthetic` (m, d), NumPy or CSR. Each figure comes with the same
figure for real rows among themselves, which is what good looks like.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.embedding.distances import Distances, neighbours, no_progress

# Shares of real rows that count as "closer than real rows are" and "farther".
CLOSE, FAR = 0.01, 0.99
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Measure:
    """A figure of the report: what it says and what good looks like."""

    title: str
    meaning: str
    good: str


def nearest_real(real, synthetic):
    """Distances to the nearest real row: of synthetic rows (m,), and of each real row
    to the nearest other one (n,)."""
    _, among = neighbours(real, 1)
    if not synthetic.shape[0]:
        return np.empty(0), among[:, 0]
    _, far = neighbours(real, 1, others=synthetic)
    return far[:, 0], among[:, 0]


def copied_and_off(to_real, among_real):
    """Shares of synthetic rows nearer to a real row than CLOSE of the real rows are to
    each other (or at distance 0), and farther than FAR of them."""
    low, high = np.quantile(among_real, [CLOSE, FAR])
    close = (to_real < low) | (to_real == 0.0)
    return float(close.mean()), float((to_real > high).mean())


def precision_recall(real, synthetic, k=3):
    """Precision and recall of generated rows (Kynkäänniemi et al., 2019, eq. 1 and 2).

    Precision: the share of synthetic rows inside the union of balls around real rows
    that reach to each one's k-th nearest real row; recall the same with the roles
    exchanged. NaN where there are not more than k rows to draw balls with.
    """
    return (
        float(inside_balls(real, synthetic, k).mean()) if _enough(real, k) else np.nan,
        float(inside_balls(synthetic, real, k).mean())
        if _enough(synthetic, k)
        else np.nan,
    )


def inside_balls(centres, rows, k=3):
    """Which of `rows` (m,) lie in a ball around a centre that reaches to that centre's
    k-th nearest other centre."""
    radius = neighbours(centres, k)[1][:, -1]
    inside = np.empty(rows.shape[0], dtype=bool)
    for part, block in Distances(centres, others=rows).blocks():
        inside[part] = (block <= radius).any(axis=1)
    return inside


def real_inside_balls(real, k=3):
    """Share of real rows inside the ball of another real row: the precision of rows
    that are certainly real, though their own ball is not counted."""
    radius = neighbours(real, k)[1][:, -1]
    inside = np.empty(real.shape[0], dtype=bool)
    for part, block in Distances(real).blocks():
        own = np.arange(part.start, part.stop)
        block[np.arange(len(own)), own] = np.inf
        inside[part] = (block <= radius).any(axis=1)
    return float(inside.mean())


def coverage(real, synthetic, k=5):
    """Share of real rows that have a synthetic row as near as their k-th nearest real
    row (Naeem et al., 2020, eq. 10). NaN for k real rows or fewer; 0 without synthetic
    ones."""
    if not _enough(real, k):
        return np.nan
    if not synthetic.shape[0]:
        return 0.0
    radius = neighbours(real, k)[1][:, -1]
    nearest = neighbours(synthetic, 1, others=real)[1][:, 0]
    return float((nearest <= radius).mean())


def label_agreement(real, Y_real, rows=None, Y_rows=None, k=5):
    """Mean Jaccard similarity (m,) of each row's labels with those of its k nearest
    real rows; of the real rows themselves, without their own, where `rows` is None.

    Two rows without labels agree fully. Ours.
    """
    k = min(k, real.shape[0] - (rows is None))
    nearest, _ = neighbours(real, k, others=rows)
    mine = np.asarray(Y_real if rows is None else Y_rows, dtype=bool)[:, None, :]
    theirs = np.asarray(Y_real, dtype=bool)[nearest]
    both = (mine & theirs).sum(axis=2)
    either = (mine | theirs).sum(axis=2)
    return np.where(either > 0, both / np.maximum(either, 1), 1.0).mean(axis=1)


def matched(Y_real, made_for, rng):
    """Distinct real rows, one for each synthetic row where there are enough, that have
    the label it was made for (any row, where that is -1)."""
    free = np.ones(len(Y_real), dtype=bool)
    chosen = []
    labels, wanted = np.unique(made_for, return_counts=True)
    for label, count in sorted(
        zip(labels, wanted, strict=True),
        key=lambda pair: Y_real[:, pair[0]].sum() if pair[0] >= 0 else np.inf,
    ):
        able = free if label < 0 else free & (Y_real[:, label] > 0)
        rows = rng.permutation(np.flatnonzero(able))[:count]
        free[rows] = False
        chosen.append(rows)
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=int)


def two_sample_test(real, synthetic, rng, parents=None, trees=100, folds=5):
    """Can a forest tell real from synthetic rows (Lopez-Paz and Oquab, 2017)?

    Returns the AUC of out-of-fold scores, 0.5 when it cannot, and the mean impurity
    importance (d,) of each feature. As many rows are taken of the larger kind as there
    are of the smaller. NaN and zeros below 2 x `folds` rows of a kind.

    `parents` are, for each synthetic row, positions in `real`: a row is then judged
    with its first parent, by a forest that saw no other child of the rows judged. Ours:
    else a child near its parent would be taken for the parent, and the AUC fall below
    one half.
    """
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.metrics import roc_auc_score

    size = min(real.shape[0], synthetic.shape[0], 2000)
    if size < 2 * folds:
        return np.nan, np.zeros(real.shape[1])
    rows = [rng.permutation(part.shape[0])[:size] for part in (real, synthetic)]
    stack = sparse.vstack if sparse.issparse(real) else np.vstack
    X = stack([real[rows[0]], synthetic[rows[1]]])
    X = sparse.csr_matrix(X) if sparse.issparse(X) else X
    is_synthetic = np.repeat([0, 1], size)
    scores, importance = np.empty(2 * size), np.zeros(real.shape[1])
    seed = int(rng.integers(2**31))
    fold_of_real = rng.permutation(np.arange(real.shape[0]) % folds)
    families = [parents[i] if parents is not None else () for i in rows[1]]
    fold = np.concatenate(
        [fold_of_real[rows[0]], _folds_of_children(families, fold_of_real, folds, rng)]
    )
    for part in range(folds):
        test = np.flatnonzero(fold == part)
        of_test = [any(fold_of_real[p] == part for p in each) for each in families]
        related = np.concatenate([np.zeros(size, dtype=bool), of_test])
        train = np.flatnonzero((fold != part) & ~related)
        forest = ExtraTreesClassifier(
            trees,
            min_samples_leaf=2,
            max_features="sqrt",
            class_weight="balanced",
            random_state=seed,
        ).fit(X[train], is_synthetic[train])
        scores[test] = forest.predict_proba(X[test])[:, 1]
        importance += forest.feature_importances_ / folds
    return float(roc_auc_score(is_synthetic, scores)), importance


def _folds_of_children(families, fold_of_real, folds, rng):
    drawn = rng.permutation(np.arange(len(families)) % folds)
    return np.array(
        [
            fold_of_real[each[0]] if len(each) else other
            for each, other in zip(families, drawn, strict=True)
        ]
    )


def purpose(Y_real, Y_synthetic, made_for):
    """The label (m,) each synthetic row stands for: the one it was made for, else the
    rarest it has among the real rows; -1 for a row without either. Ours."""
    counts = Y_real.sum(axis=0)
    rarity = np.where(Y_synthetic > 0, counts, np.iinfo(np.int64).max)
    rarest = np.where(Y_synthetic.any(axis=1), rarity.argmin(axis=1), -1)
    return np.where(np.asarray(made_for) >= 0, made_for, rarest)


def outside(real, Y_real, synthetic, made_for, k=5):
    """Which synthetic rows (m,) lie outside the region of the label they stand for
    (see `purpose`): in no ball around a real row with it that reaches to the k-th
    nearest such row.

    A label with too few rows uses as many neighbours as it has; a row that stands for
    no label, or for one that a single real row has, is not called outside. Ours.
    """
    strayed = np.zeros(synthetic.shape[0], dtype=bool)
    for label in np.unique(made_for[made_for >= 0]):
        members = np.flatnonzero(Y_real[:, label])
        rows = np.flatnonzero(made_for == label)
        reach = min(k, len(members) - 1)
        if reach >= 1:
            strayed[rows] = ~inside_balls(real[members], synthetic[rows], reach)
    return strayed


def report(
    real,
    Y_real,
    synthetic,
    Y_synthetic,
    made_for,
    rng,
    parents=None,
    on_progress=None,
):
    """All figures as a tidy frame `measure label value reference rows`.

    `label` is a column of Y, or -1 for all rows; labels are those with a synthetic row.
    `reference` is the figure of real rows among themselves, `rows` the number of
    synthetic rows behind it. Of more than MOST_ROWS real rows a random part is used.
    The forest and the distances overall compare with real rows matched by the label
    the synthetic ones stand for (see `purpose`); `parents` (rows of `real`, a tuple for
    each synthetic one) keep families together in the forest's folds. Also returns the
    forest's importances (d,).
    """
    on_progress = on_progress or no_progress
    if real.shape[0] > MOST_ROWS:
        part = np.sort(rng.permutation(real.shape[0])[:MOST_ROWS])
        real, Y_real = real[part], Y_real[part]
        parents = _renumbered(parents, part)
    on_progress(0.0)
    made_for = purpose(Y_real, Y_synthetic, made_for)
    agreement = label_agreement(real, Y_real, synthetic, Y_synthetic)
    own_agreement = label_agreement(real, Y_real)
    to_real, among = nearest_real(real, synthetic)
    strayed = outside(real, Y_real, synthetic, made_for)
    on_progress(0.3)
    alike = matched(Y_real, made_for, rng)
    m, rows = synthetic.shape[0], []

    def add(measure, label, value, reference, size=m):
        rows.append((measure, label, value, reference, size))

    def add_distances(label, far, own, size):
        copied, off = copied_and_off(far, own)
        add("distance", label, float(np.median(far)), float(np.median(own)), size)
        add("copies", label, copied, CLOSE, size)
        add("off the data", label, off, 1 - FAR, size)

    add_distances(-1, to_real, among[alike], m)
    precision, recall = precision_recall(real, synthetic)
    add("precision", -1, precision, real_inside_balls(real))
    add("recall", -1, recall, np.nan)
    add("coverage", -1, coverage(real[alike], synthetic), np.nan)
    add("label agreement", -1, float(agreement.mean()), own_agreement[alike].mean())
    add("outside", -1, float(strayed.mean()), np.nan)
    on_progress(0.5)
    labels = np.flatnonzero(Y_synthetic.sum(axis=0) & Y_real.sum(axis=0))
    for done, label in enumerate(labels):
        made, have = Y_synthetic[:, label] > 0, Y_real[:, label] > 0
        add_distances(label, to_real[made], among[have], int(made.sum()))
        covered = coverage(real[have], synthetic[made])
        add("coverage", label, covered, np.nan, int(made.sum()))
        if _enough(real[have], 3):
            inside = inside_balls(real[have], synthetic[made]).mean()
            reference = real_inside_balls(real[have])
            add("precision", label, float(inside), reference, int(made.sum()))
        mean = float(agreement[made].mean())
        add("label agreement", label, mean, own_agreement[have].mean(), int(made.sum()))
        on_progress(0.5 + 0.2 * (done + 1) / len(labels))
    auc, importance = two_sample_test(
        real[alike], synthetic, rng, _renumbered(parents, alike)
    )
    add("told apart (AUC)", -1, auc, 0.5, min(m, len(alike)))
    on_progress(1.0)
    names = ["measure", "label", "value", "reference", "rows"]
    return pd.DataFrame(rows, columns=names), importance


def _renumbered(parents, rows):
    """The parents that are among `rows`, by their place there."""
    if parents is None:
        return None
    place = {int(row): position for position, row in enumerate(rows)}
    return [tuple(place[p] for p in each if p in place) for each in parents]


def _enough(rows, k):
    return rows.shape[0] > k


MEASURES = (
    Measure(
        "distance",
        "Median distance of a synthetic row to the nearest real one.",
        "near that of real rows with the same labels, in grey",
    ),
    Measure(
        "copies",
        "Share of synthetic rows nearer to a real row than 1 % of the real rows are.",
        "about 1 %: more means that rows are copied",
    ),
    Measure(
        "off the data",
        "Share of synthetic rows farther from any real row than 99 % of real rows are.",
        "about 1 %: more means rows where there are no data",
    ),
    Measure(
        "precision",
        "Share of synthetic rows inside the region of the real ones.",
        "near that of real rows, in grey",
    ),
    Measure(
        "recall",
        "Share of real rows inside the region of the synthetic ones. Rows made for a "
        "few labels cannot reach all others.",
        "higher is more varied; compare samplers",
    ),
    Measure(
        "coverage",
        "Share of real rows with a synthetic row among their 5 nearest.",
        "higher: the label's whole region is strengthened, not one corner",
    ),
    Measure(
        "label agreement",
        "How alike a synthetic row's labels and those of its 5 nearest real rows are "
        "(Jaccard, 0 to 1).",
        "near that of real rows, in grey",
    ),
    Measure(
        "outside",
        "Share of synthetic rows outside the region of the label they were made for "
        "(or of their rarest label, where they were made for none).",
        "near 0",
    ),
    Measure(
        "told apart (AUC)",
        "How well a forest tells synthetic rows from real ones with the same labels.",
        "0.5: it cannot; 1: always; far below 0.5: rows are near-copies",
    ),
)
