"""The classifier two-sample test: can a forest tell synthetic rows from real ones?"""

import numpy as np
from scipy import sparse

FOLDS = 5
FEWEST = 2 * FOLDS  # rows of a kind, so that each fold has two


def two_sample_test(real, synthetic, rng, parents=None, trees=100, folds=FOLDS):
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
