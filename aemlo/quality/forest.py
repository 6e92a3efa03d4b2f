"""The classifier two-sample test: can a forest tell synthetic rows from real ones?"""

import numpy as np
from scipy import sparse

from aemlo.arrays import Features, PerFeature, Rows
from aemlo.quality.base import LOPEZ_PAZ, Parents, measure

FOLDS = 5
FEWEST = 2 * FOLDS  # rows of a kind, so that each fold has two


@measure(
    "told apart (AUC)",
    formula=r"P(f(s) > f(x)) + \tfrac{1}{2} P(f(s) = f(x)) \quad"
    r" f \text{ a forest that saw neither } s \text{ nor } x",
    meaning="How well a forest tells synthetic rows from real ones with the same "
    f"labels. Label by label: the {{forests}} rarest with {FEWEST} of each kind.",
    good="0.5: it cannot; 1: always; far below 0.5: rows are near-copies",
    source=LOPEZ_PAZ,
    by_forest=True,
)
def two_sample_test(
    real: Features,
    synthetic: Features,
    rng: np.random.Generator,
    parents: Parents | None = None,
    trees: int = 100,
    folds: int = FOLDS,
) -> tuple[float, PerFeature]:
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
    X = _stacked(real[rows[0]], synthetic[rows[1]])
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


def _stacked(real: Features, synthetic: Features) -> Features:
    if isinstance(real, np.ndarray) and isinstance(synthetic, np.ndarray):
        return np.vstack([real, synthetic])
    return sparse.csr_matrix(sparse.vstack([real, synthetic]))


def _folds_of_children(
    families: Parents, fold_of_real: Rows, folds: int, rng: np.random.Generator
) -> Rows:
    """The fold of each synthetic row: that of its first parent, or any."""
    drawn = rng.permutation(np.arange(len(families)) % folds)
    return np.array(
        [
            fold_of_real[each[0]] if len(each) else other
            for each, other in zip(families, drawn, strict=True)
        ]
    )
