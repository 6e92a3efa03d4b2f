"""Per-label thresholds, tuned out of fold on the training rows."""

from dataclasses import replace
from typing import Annotated, Any

import numpy as np

from aemlo.arrays import Features, LabelMatrix, Rows
from aemlo.classifiers import tuning
from aemlo.classifiers.base import Classifier, new_seed, part_of
from aemlo.classifiers.kinship import Kinship
from aemlo.classifiers.nested import CLASSIFIER, build, seeded
from aemlo.notes import Note
from aemlo.params import Between, OneOf, Registered
from aemlo.stratification import divided

RULES = ("F-max", "cardinality", "label cardinality", "fixed")


class Thresholded(Classifier):
    """A classifier with thresholds other than one half; its scores stay as they are.

    The training rows are divided into stratified folds; each fold's scores come from
    the classifier fitted on the others, and on these scores the thresholds are tuned:
    "F-max", each label's best F1; "cardinality", one threshold that gives as many
    labels as the training rows have; "label cardinality", each label as often as in
    training; "fixed", `threshold` for all. Rows equal in every feature stay in one
    fold. A label with fewer than `min_positives` rows has too few for F-max and gets
    the threshold with the best micro-F1 of all labels, with a note. Then the
    classifier is fitted on all rows. No row that is not given to `fit` is ever seen.

    Where `fit` is given a provenance, thresholds are tuned on real rows only. A
    synthetic row helps to score a fold if none of its parents is in that fold, and real
    rows with the same source stay in one fold. Without a provenance synthetic rows
    cannot be told from real ones.

    After `fit`: `thresholds_` (q,), `tuned_rows_`, the positions of the rows that were
    tuned on, and `out_of_fold_`, the scores (n, q) of the labels learned, NaN in rows
    that were not tuned on. Ours, of usual parts.
    """

    reads_provenance = True

    title = "thresholds"
    is_remedy = True
    cheap_settings = {"folds": 3}
    formulas = (
        (
            "The threshold of label j by the rule F-max, over the out-of-fold scores:",
            r"t_j = \arg\max_t \frac{2\, TP_j(t)}{2\, TP_j(t) + FP_j(t) + FN_j(t)}",
        ),
    )

    def __init__(
        self,
        classifier: Annotated[
            str, Registered(CLASSIFIER, "The classifier whose scores are cut")
        ] = "BR-logistic",
        rule: Annotated[str, OneOf(RULES, "How thresholds are chosen")] = "F-max",
        threshold: Annotated[float, Between(0, 1, "For the rule fixed: the cut")] = 0.5,
        folds: Annotated[
            int, Between(2, 20, "Parts of the training rows to tune on", more=True)
        ] = 5,
        min_positives: Annotated[
            int, Between(1, 100, "Fewest rows of a label to tune it by itself")
        ] = 4,
        random_state: Any = None,
    ) -> None:
        self.classifier = classifier
        self.rule = rule
        self.threshold = threshold
        self.folds = folds
        self.min_positives = min_positives
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress, kinship=None):
        cuts = np.full(self.n_labels_, 0.5)
        if self.rule == "fixed":
            self.inner_ = seeded(self.classifier, rng).fit(
                X, Y, provenance=kinship, on_progress=on_progress
            )
            cuts[self.learned_labels_] = self.threshold
        else:
            seed, fold_seed = new_seed(rng), new_seed(rng)
            share = self._score_out_of_fold(X, Y, kinship, seed, fold_seed, on_progress)
            rows = self.tuned_rows_
            if len(rows):
                tuned = self._tuned(Y[rows], self.out_of_fold_[rows])
                cuts[self.learned_labels_] = tuned
            self.inner_ = build(self.classifier, random_state=seed).fit(
                X,
                Y,
                provenance=kinship,
                on_progress=part_of(on_progress, 1.0 - share, 1.0),
            )
        self.thresholds_ = cuts
        self.notes_ += self._notes_of(self.inner_)

    def _score_out_of_fold(self, X, Y, kinship, seed, fold_seed, on_progress):
        """Fill `out_of_fold_` and `tuned_rows_`; the share of the work for one fit."""
        kin = kinship or Kinship.unknown(len(Y))
        if kin.synthetic.all():
            self.notes_.append(
                "Every training row is synthetic: thresholds were tuned on them."
            )
            kin = replace(kin, synthetic=np.zeros(len(Y), dtype=bool))
        real = np.flatnonzero(~kin.synthetic)
        kin = kin.with_equal_rows(X)
        folds = fold_numbers(X[real], Y[real], self.folds, fold_seed, kin.take(real))
        self.tuned_rows_, self.out_of_fold_ = real, np.full(Y.shape, np.nan)
        if folds.max() == 0:
            self.tuned_rows_ = real[:0]
            self.notes_.append(
                "All training rows are equal or related, so none can be held out: "
                "thresholds stay at 0.5."
            )
            return 1.0
        share = 1.0 / (folds.max() + 2)
        for fold in range(folds.max() + 1):
            held_out = np.zeros(len(Y), dtype=bool)
            held_out[real[folds == fold]] = True
            rest = np.flatnonzero(~kin.related_to(held_out))
            inner = build(self.classifier, random_state=seed).fit(
                X[rest],
                Y[rest],
                provenance=kinship and kinship.take(rest),
                on_progress=part_of(on_progress, fold * share, (fold + 1) * share),
            )
            self.out_of_fold_[held_out] = inner.predict_proba(X[held_out])
        return share

    def _tuned(self, Y, scores):
        if self.rule == "cardinality":
            cut = tuning.cardinality_cut(scores, Y.sum(axis=1).mean())
            return np.full(Y.shape[1], cut)
        if self.rule == "label cardinality":
            return tuning.label_cardinality_cut(scores, Y.mean(axis=0))
        cuts, _ = tuning.f_max(Y, scores)
        few = Y.sum(axis=0, dtype=int) < self.min_positives
        if few.any():
            cuts[few] = tuning.f_max_of_all(Y, scores)
            self.notes_.append(
                Note(
                    f"Labels {{labels}}: fewer than {self.min_positives} training rows "
                    "each, so they share one threshold, tuned on all labels together.",
                    self.learned_labels_[few],
                )
            )
        return cuts

    def _scores(self, X):
        return self.inner_.predict_proba(X)

    def _decide(self, X):
        scores = self._scores(X)
        return tuning.apply(scores, self.thresholds_[self.learned_labels_]), scores


def fold_numbers(
    X: Features,
    Y: LabelMatrix,
    folds: int,
    seed: int,
    kinship: Kinship | None = None,
) -> Rows:
    """The fold (n,) of each row: stratified by labels, equal rows of X together.

    So are rows that `kinship` says are related.
    """
    kinship = kinship or Kinship.unknown(len(Y)).with_equal_rows(X)
    group = kinship.families()
    positives = np.zeros((group.max() + 1, Y.shape[1]), dtype=np.int64)
    np.add.at(positives, group, Y)
    folds = min(folds, len(positives))
    if folds < 2:
        return np.zeros(len(Y), dtype=int)
    rng = np.random.default_rng(seed)
    shares = np.full(folds, 1 / folds)
    part = divided(positives, np.bincount(group), shares, rng)
    return np.unique(part, return_inverse=True)[1][group]
