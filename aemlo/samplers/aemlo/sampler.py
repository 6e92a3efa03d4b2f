"""AEMLO: rows decoded from a latent space that features and labels share.

The file is long because the description of the method is: one class, from its fit to
its rows. Its settings are declared in `settings`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special
from sklearn.utils import check_random_state

from aemlo import params
from aemlo.arrays import Features, LabelMatrix, Rows
from aemlo.errors import RunError
from aemlo.neighbours.stretch import distance_space
from aemlo.notes import Note
from aemlo.progress import no_progress
from aemlo.samplers import size
from aemlo.samplers.aemlo import generation, trust
from aemlo.samplers.aemlo.amounts import Fall
from aemlo.samplers.aemlo.settings import (
    ADDED_LATER,
    PRESETS,
    PUBLISHED_BUDGET,
    Arguments,
    Settings,
    from_columns,
    in_columns,
)
from aemlo.samplers.base import OverSampler, Synthetic, dense, names_of, stacked

__all__ = ["AEMLO", "PRESETS"]

TRAINING_SHARE = 0.95  # of the progress bar
LEAST_PAIR_SHARE = 0.5  # where pair_share is left to the features
JUDGED_QUANTILE = 0.05  # of label_support_ where no row is refused
ORDER_OF_SCORES = ("probability", "gain")  # tried with label_scores "as needed"
TOP_UPS = 3  # rounds of more rows where MeanIR has not fallen yet


class AEMLO(Arguments, OverSampler):
    """Train an autoencoder on features and labels; decode new, relabelled rows from it.

    After Zhou, Liu, Wang, Sun, Liu: AEMLO, ECML PKDD 2024 (arXiv 2408.13078), changed
    where its published form did not help classifiers. The title `AEMLO-paper` is the
    published form; each departure below is an argument, and PRESETS has them all set
    back.

    **The network (the paper's).** F_ex and F_ey code features X and labels Y, F_dx and
    F_dy decode features and label scores; features are first brought to [0, 1], each
    by its range over the rows given. A batch costs three terms, each divided by its
    rows: the latent term draws the codes of features and labels together, the ranking
    term orders each row's labels, the reconstruction term decodes the features. Adam;
    the weights of the epoch with the lowest loss are kept. `formulas` has all of it,
    those of `AEMLO-paper` in the published form.

    **Generation (the paper's).** The rows that have a minority label (IRLbl > MeanIR),
    shuffled, are taken in turn; each is coded and decoded as one new row, with the
    labels whose score is over one half. A row decoded without labels is dropped and not
    replaced.

    **What is ours, and why.**

    - *Calibrated labels* (`calibration_weight`): the ranking term orders a row's scores
      and leaves their level open, so that a threshold means nothing. A cross-entropy of
      the labels decoded from both codes is added.
    - *Rows for rare labels* (`seeds`, `mean_ir_fall`, `least_positives`): each minority
      label gets a row for each row it has, and every label the rows it lacks of a
      level, the lowest at which MeanIR has fallen by a quarter (data with a MeanIR up
      to 1.5 count as balanced). `budget` is the most rows. Labels with fewer than three
      rows get none and do not count in that mean, unless `labels` or `target` name
      them. With seeds "rows" all labelled rows are seeds in turn: frequencies are kept
      and labels smoothed.
    - *Partners* (`neighbours`, `partners`, `pair_share`): a row lies between its seed
      and one of the seed's nearest rows in the features that share the label; its code
      is a random step u of the way between their codes.
    - *As many labels as the parents* (`label_rule`, `labels_per_parent`): the k best
      scores, k the parents' label counts interpolated by u, times `labels_per_parent`,
      rounded at random. A little more than 1 lets labels in that the network holds
      likely but the row lacks.
    - *The parents' own labels first* (`parents_weight`): the parents' labels, each
      weighed by how near the parent is, are added to the decoded scores. Where the
      network has not learned a label yet, it would take true labels away.
    - *Gain rather than probability* (`label_scores`): frequent labels are probable
      everywhere and can push rare ones out where rows have many labels. Where MeanIR
      would not fall, labels are ranked by the gain of their odds on their frequency.
    - *Rows one can trust* (`copies`, `support`, `tries`): no new row is equal to a real
      row or to another new one. A label that fewer of the five nearest real rows have
      than the label's own rows see (their 5 % quantile) is taken away; where the row
      was made for it, the row is refused and made again, at most 20 times.
      `label_support_` has the counts.
    - *Residuals given back* (`residuals`): decoded rows are blurred. What a parent
      loses when it is coded and decoded is added again, shared between the parents by a
      step drawn for each feature (`steps`); `clip` keeps to the range of the data.
    - *Words* (`rare_features`): two-valued features stay two-valued. Those whose rarer
      value at most a tenth of the rows have are interpolated instead: dozens of coin
      tosses would make a text that is like no other. A word that both parents have or
      lack is kept, so that sparse rows stay sparse.
    - *Terms that can be compared* (`feature_error`, `distance_weight`,
      `alignment_weight`): squared error over the features' mean variance; no distance
      term, which drowns the others where there are many features; and alignment at a
      tenth, for at full weight the codes hold labels and little else.
    - *Shorter training* (`epochs`, `schedule`, `learning_rate`, `batch_size`,
      `held_out`, `patience`, `decoder_layers`, `latent_size`): one-cycle up to 4e-3 in
      batches of an eighth of the rows fits in 30 epochs, fewer where the loss of the
      tenth that is held out falls no more. Held-out rows are seeds all the same.

    **Limits.** Classifiers that are told that rare labels are frequent order a row's
    labels a little worse. Where features all but determine the labels, added labels are
    noise: set `labels_per_parent` to 1. A row alone with its label has no partner, and
    rows of few two-valued features are often copies: fewer come back. Labels that
    features say nothing about are decoded by frequency. Groups of one-hot columns come
    out one-hot in every form.
    """

    title = "AEMLO"
    colour = "#E69F00"
    marker = "diamond"
    formulas = (
        (
            "Codes and decoded values of a batch of B rows:",
            r"E_x = F_{ex}(X), \quad E_y = F_{ey}(Y), \quad "
            r"S = F_{dy}(E_y), \quad \hat X = F_{dx}(E_x)",
        ),
        (
            "The latent term:",
            r"\mathcal{L}_1 = \lVert E_x - E_y \rVert_F^2 + \lambda \left( "
            r"\lVert E_x^\top E_x - I \rVert_F^2 + \lVert E_y^\top E_y - I \rVert_F^2 "
            r"\right)",
        ),
        (
            "The ranking term, with P the labels that a row has and N those that it "
            "lacks:",
            r"\mathcal{L}_2 = \sum_i \frac{1}{|P_i| |N_i| + 10^{-4}} "
            r"\sum_{p \in P_i} \sum_{r \in N_i} e^{-(s_{ip} - s_{ir})}",
        ),
        (
            "The reconstruction term, with v the mean variance of the features and d "
            "features (feature_error and distance_weight change it):",
            r"\mathcal{L}_3 = \frac{1}{v\, d} \sum_{i, f} (\hat x_{if} - x_{if})^2",
        ),
        (
            "The objective, with the cross-entropy of the labels decoded from both "
            "codes, each label's mean:",
            r"\frac{1}{B} \left( w_1 \mathcal{L}_1 + w_2 \mathcal{L}_2 + w_3 "
            r"\mathcal{L}_3 + \frac{w_4}{2} \left( "
            r"\mathrm{CE}(F_{dy}(E_y), Y) + \mathrm{CE}(F_{dy}(E_x), Y) \right) "
            r"\right)",
        ),
        (
            "The code of a new row, a step u from the seed s to its partner p:",
            r"z = F_{ex}(x_s) + u \left( F_{ex}(x_p) - F_{ex}(x_s) \right), \quad u "
            r"\sim U(0, 1)",
        ),
        (
            "Its features, with r the residual that each parent loses when it is coded "
            "and decoded, and a step drawn for each feature f:",
            r"x_f = F_{dx}(z)_f + (1 - u_f)\, r_{sf} + u_f\, r_{pf}, \quad "
            r"r_a = x_a - F_{dx}(F_{ex}(x_a)), \quad u_f \sim U(0, 1)",
        ),
        (
            "Scores of its labels, of which the k best are taken:",
            r"\sigma(F_{dy}(z)) + w \left( (1 - u)\, y_s + u\, y_p \right)",
        ),
        (
            "Their number, with c the labels per parent, rounded at random so that "
            "the mean is kept:",
            r"k \approx c \left( (1 - u)\, |y_s| + u\, |y_p| \right)",
        ),
    )
    cheap_settings = {"epochs": 3, "latent_size": 8, "width": 16, "label_width": 8}
    idea = (
        "One latent space for features and labels is learned. Between a row with a "
        "rare label and a near one that has it too, a row is decoded, with labels that "
        "the network finds likely, until MeanIR has fallen by a quarter."
    )
    helps = (
        "Rare labels that classifiers miss at fixed thresholds: MeanIR falls, and F1 "
        "of the rarest third of the labels rises in most of our sets."
    )
    harms = (
        "The order of a row's labels: ranking loss rises a little. Very few rows, from "
        "which no network learns."
    )
    source = (
        "Zhou, Liu, Wang, Sun, Liu: AEMLO: AutoEncoder-Guided Multi-Label "
        "Oversampling. ECML PKDD 2024, arXiv 2408.13078; changed as described."
    )
    keeps = (
        "All original rows; each feature's range; one-hot and two-valued columns, but "
        "for rare words; words that both parents have or lack."
    )
    differs = (
        "The published form is AEMLO-paper. Here labels are calibrated, the parents' "
        "come first, rows lie between two rows, and those are refused that are copies "
        "or whose label the nearest real rows do not bear out."
    )
    _use_trained = False
    _scores = "probability"

    def fit(
        self,
        X: "Features | pd.DataFrame",
        Y: "LabelMatrix | pd.DataFrame",
        *,
        on_progress: Callable | None = None,
        checkpoint: str | PathLike[str] | None = None,
    ) -> "AEMLO":
        """Train on X (n, d), Y (n, q) and return self; `generate` then makes rows.

        `checkpoint` is a file: the run goes on from it if it is there, and is saved to
        it as it goes. When `on_progress` raises Stopped, that passes through,
        `stopped_` is True and all below holds what was learned until then.

        Sets `model_` (see aemlo.samplers.aemlo.model.TrainedModel), `losses_` (a frame,
        one row per epoch), `checks_` (a frame, one row per look at the decoders),
        `feature_errors_` (d,) at the latest of them, `best_epoch_` and `stopped_`.
        Raises ParameterError, DataError, and RunError for a checkpoint of another run.
        """
        params.check(self)
        matrix, labels = self._checked(X, Y)
        self.notes_ = []
        rng, _ = self._rng().spawn(2)
        self._train(matrix, labels, rng, on_progress or no_progress, checkpoint)
        return self

    def generate(
        self,
        X: "Features | pd.DataFrame",
        Y: "LabelMatrix | pd.DataFrame",
        *,
        categorical_features: Sequence[Rows] = (),
        on_progress: Callable | None = None,
    ) -> tuple:
        """X, Y with rows from the model already trained: `fit_resample` without `fit`.

        Budget, labels, neighbours, label rule and the like may have changed since. X, Y
        are the rows trained on, or others of the same columns. As after `fit_resample`,
        `label_support_` has a row per label: what the nearest real rows say about it,
        and which rows were refused (see `aemlo.samplers.aemlo.trust.label_support`).
        Raises RunError when nothing is trained or the columns do not fit.
        """
        if not hasattr(self, "model_"):
            raise RunError(f"{self.title}: nothing is trained yet. Call fit first.")
        self._use_trained = True
        try:
            return self.fit_resample(
                X, Y, categorical_features=categorical_features, on_progress=on_progress
            )
        finally:
            self._use_trained = False

    def save(self, folder: str | PathLike[str]) -> None:
        """Write weights.pt and spec.json, all that `load` and `generate` need."""
        self.model_.save(
            folder,
            sampler=self.title,
            parameters={
                k: v for k, v in self.get_params().items() if k != "random_state"
            },
            best_epoch=self.best_epoch_,
            losses=in_columns(self.losses_),
            checks=in_columns(self.checks_),
        )

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> "AEMLO":
        """The sampler saved in `folder`, trained; RunError if it is not one."""
        from aemlo.samplers.aemlo.model import TrainedModel

        model, spec = TrainedModel.load(folder)
        kinds = {kind.title: kind for kind in (AEMLO, *AEMLO.__subclasses__())}
        if spec.get("sampler") not in kinds:
            raise RunError(
                f"{Path(folder).name}: a model of {spec.get('sampler')!r}, not one of "
                f"{', '.join(kinds)}."
            )
        kind = kinds[spec["sampler"]]
        known = params.parameters(kind)
        later = {name: value for name, value in ADDED_LATER.items() if name in known}
        sampler = params.build(kind, later | spec["parameters"])
        sampler.model_ = model
        sampler.losses_ = from_columns(spec["losses"])
        sampler.checks_ = from_columns(spec["checks"])
        sampler.best_epoch_, sampler.stopped_ = spec["best_epoch"], False
        return sampler

    def settings(self) -> Settings:
        """Network and training as aemlo.samplers.aemlo's Settings."""
        return Settings(**{f.name: getattr(self, f.name) for f in fields(Settings)})

    def _rng(self):
        seed = check_random_state(self._seed()).randint(np.iinfo(np.int32).max)
        return np.random.default_rng(seed)

    def _checked(self, X, Y):
        if isinstance(X, pd.DataFrame):
            self._whole = np.array([kind.kind in "iub" for kind in X.dtypes])
        else:
            whole = getattr(X, "dtype", None) or np.asarray(X).dtype
            self._whole = np.full(np.shape(X)[1:2] or 0, whole.kind in "iub")
        return super()._checked(X, Y)

    def _generate(self, X, Y, rng, on_progress):
        training_rng, rng = rng.spawn(2)
        self._scores = self.label_scores
        done = 0.0
        if self._use_trained:
            self.model_.check_fits(X.shape[1], Y.shape[1], f"{self.title}'s model")
        else:
            done = TRAINING_SHARE

            def on_training(fraction, **values):
                on_progress(TRAINING_SHARE * fraction, **values)

            self._train(X, Y, training_rng, on_training)
        space = generation.FeatureSpace(
            X, self.categorical_features_, self.rare_features
        )

        def on_rows(share):
            on_progress(done + (1 - done) * share)

        real = trust.RealRows(X, Y, self.categorical_features_, self._quantile())
        if self.copies < 1 or self.support > 0:
            made, refused = self._trusted(X, Y, space, real, rng, on_rows)
        else:
            plan = self._plan(Y, rng)
            plan = self._paired(X, Y, plan, space, rng)
            made = self._decode(X, Y, plan, space, rng, on_rows)
            made, refused = self._without_empty(made), None
        on_progress(1.0)
        self.label_support_ = trust.label_support(
            real, made.X, made.Y, made.label, self._label_names, refused
        )
        return made

    def _train(self, X, Y, rng, on_progress, checkpoint=None):
        from aemlo.samplers.aemlo.training import (
            Training,
            load_checkpoint,
            save_checkpoint,
        )

        training = Training(X, Y, self.settings(), rng.integers(2**31))
        save = None
        if checkpoint is not None:
            if Path(checkpoint).exists():
                training.load_state_dict(load_checkpoint(checkpoint))

            def save(state):
                save_checkpoint(state, checkpoint)

        try:
            training.run(on_progress, save)
        finally:
            self.model_ = training.model()
            self.losses_ = pd.DataFrame(training.history)
            self.checks_ = pd.DataFrame(training.checks)
            self.feature_errors_ = np.array(training.feature_errors)
            self.best_epoch_, self.stopped_ = training.best_epoch, training.stopped
            self.notes_.extend(training.notes)

    def _quantile(self) -> float:
        """The quantile of real rows' support that counts as too little."""
        return self.support or JUDGED_QUANTILE

    def _plan(self, Y, rng):
        rows, quotas = self._shares(Y)
        eligible = self._default_labels(Y) if self.seeds == "turns" else slice(None)
        plan = generation.in_turn(Y, eligible, rows, rng).followed_by(
            generation.by_label(Y, quotas, rng)
        )
        if not len(plan.seed):
            self.notes_.append(self._nothing_to_do(self._chosen_labels(Y), Y))
        self._note_too_few(Y)
        return plan

    def _paired(self, X, Y, plan, space, rng):
        """The plan with partners for its rows, as the settings ask."""
        if not self.neighbours or not len(plan.seed):
            return plan
        if self.partners == "features":
            codes = distance_space(X, self.categorical_features_)
        else:
            codes = self.model_.encode(X)
        share = self.pair_share
        if share is None:
            share = max(LEAST_PAIR_SHARE, len(space.rare) / X.shape[1])
        return generation.with_partners(plan, codes, Y, self.neighbours, share, rng)

    def _trusted(self, X, Y, space, real, rng, on_progress):
        """Rows that pass the gate, as the Synthetic, and what was refused.

        With label_scores "as needed" labels go by their probability; where MeanIR does
        not fall so, because new rows take frequent labels along, by its gain.
        """
        notes = list(self.notes_)
        draws = rng.spawn(len(ORDER_OF_SCORES))
        for scores, draw in zip(ORDER_OF_SCORES, draws, strict=True):
            free = self.label_scores == "as needed"
            self.notes_ = list(notes)
            self._scores = scores if free else self.label_scores
            made, refused = self._let_through(X, Y, space, real, draw, on_progress)
            fallen = self._fall(Y).reached(np.vstack([Y, made.Y]))
            if fallen or not free or not self._makes_rare_rows():
                break
        self._note_refused(refused)
        if self._makes_rare_rows() and not fallen and len(made.Y):
            self._note_not_fallen(Y, made.Y)
        return made, refused

    def _let_through(self, X, Y, space, real, rng, on_progress):
        plan = self._plan(Y, rng)
        gate = trust.Gate(real, int(self.copies * len(plan.seed)), self.support > 0)
        made: list[Synthetic] = []

        def decoded(part):
            part = self._paired(X, Y, part, space, rng)
            return self._decode(X, Y, part, space, rng, on_progress)

        def fill(part):
            made.extend(
                gate.filled(part, decoded, self._drawn_again(Y, rng), self.tries)
            )

        fill(plan)
        for quotas in self._top_ups(Y, made):
            fill(generation.by_label(Y, quotas, rng))
        return trust.joined(made, X, Y), gate.refused

    def _drawn_again(self, Y, rng):
        """A function from a plan to one for the same labels, seeds drawn anew."""

        def again(plan):
            made_for = plan.label >= 0
            quotas = np.bincount(plan.label[made_for], minlength=Y.shape[1])
            return plan.part(~made_for).followed_by(generation.by_label(Y, quotas, rng))

        return again

    def _top_ups(self, Y, made):
        """Quotas of more rows (q,), as long as MeanIR has not fallen as was asked."""
        if not self._makes_rare_rows():
            return
        fall = self._fall(Y)
        for _ in range(TOP_UPS):
            Y_all = np.vstack([Y, *(part.Y for part in made)])
            left = self._most(Y) - (len(Y_all) - len(Y))
            if fall.reached(Y_all) or left < 1:
                return
            quotas = fall.rows(Y_all, np.zeros(Y.shape[1]), left)
            if not quotas.any():
                return
            yield quotas

    def _makes_rare_rows(self) -> bool:
        """Whether rows are made for rare labels, so that MeanIR falls."""
        return self.seeds == "labels" and self.target is None and self.labels is None

    def _fall(self, Y: LabelMatrix) -> Fall:
        return Fall.of(Y, self.mean_ir_fall, self.least_positives)

    def _most(self, Y: LabelMatrix) -> int:
        return int(round((self.budget or PUBLISHED_BUDGET) * len(Y)))

    def _shares(self, Y: LabelMatrix) -> tuple[int, np.ndarray]:
        """How many rows are taken in turn, and quotas (q,) of those made for a label.

        A target or chosen labels ask for rows by label; so does seeds "labels", within
        the budget. Else a budget alone does not.
        """
        if self.target is not None or self.labels is not None:
            quotas = self._quotas(Y)
            if not isinstance(self.target, Mapping) and self.labels is None:
                quotas[self._too_few(Y)] = 0
            return 0, quotas
        if self._makes_rare_rows():
            fall = self._fall(Y)
            own = np.where(fall.minority(Y), Y.sum(axis=0, dtype=int), 0)
            return 0, fall.rows(Y, own, self._most(Y))
        wanted = self._most(Y)
        minority = self._default_labels(Y)
        rare = int(round(self.rare_share * wanted)) if len(minority) else 0
        if self.seeds == "turns":
            rare = 0
        return wanted - rare, size.evenly(rare, minority, Y.shape[1])

    def _too_few(self, Y: LabelMatrix) -> Rows:
        """Labels that have rows, but fewer than `least_positives`."""
        counts = Y.sum(axis=0, dtype=int)
        return np.flatnonzero((counts > 0) & (counts < self.least_positives))

    def _note_too_few(self, Y):
        few = self._too_few(Y)
        asked = isinstance(self.target, Mapping) or self.labels is not None
        by_label = self.seeds == "labels" or self.target is not None
        if len(few) and by_label and not asked:
            self.notes_.append(
                Note(
                    f"Made no rows for labels with fewer than {self.least_positives} "
                    "rows: {labels}. Name them in labels to make rows for them.",
                    few,
                    self._label_names,
                )
            )

    def _note_not_fallen(self, Y, Y_new):
        fall = self._fall(Y)
        after = fall.of_labels(np.vstack([Y, Y_new]))
        self.notes_.append(
            f"MeanIR fell from {fall.before:.2f} to {after:.2f} (labels with at least "
            f"{self.least_positives} rows), not to {fall.wanted:.2f} as asked: "
            f"{len(Y_new)} new rows were made, of the {self._most(Y)} that the budget "
            "allows."
        )

    def _note_refused(self, refused):
        """Say per label which rows are missing, and why."""
        for j in np.flatnonzero(refused.missing):
            reasons = refused.reasons(j)
            start = "Label {labels}: " if j < len(refused.missing) - 1 else ""
            self.notes_.append(
                Note(
                    f"{start}{refused.missing[j]} rows fewer than asked for, after "
                    f"{self.tries} tries each. Refused: {reasons}.",
                    [j] if start else [],
                    self._label_names,
                )
            )

    def _paper_quotas(self, Y, labels):
        """Rows by label where only `labels` were named: the published share of rows."""
        return size.evenly(round(PUBLISHED_BUDGET * len(Y)), labels, Y.shape[1])

    def _planned(self, Y: Any) -> pd.DataFrame:
        """The preview: what is to be expected of the labels.

        Rows taken in turn bring the labels of their seeds, times `labels_per_parent`.
        """
        known, labels = size.known_and_dense(Y)
        rows, quotas = self._shares(labels)
        eligible = self._default_labels(labels) if self.seeds == "turns" else ...
        seeds = labels[labels[:, eligible].any(axis=1)]
        after = size.expected_counts(known, quotas)
        if len(seeds):
            after = after + rows * seeds.mean(axis=0) * self.labels_per_parent
        return size.preview_frame(names_of(Y), known, after, quotas)

    def _decode(self, X, Y, plan, space, rng, on_progress):
        """The rows of the plan, features and labels, as a Synthetic."""
        features, labels = [], []
        for start in range(0, len(plan.seed), generation.ROWS_AT_ONCE):
            on_progress(start / len(plan.seed))
            part = plan.part(slice(start, start + generation.ROWS_AT_ONCE))
            codes = self._codes(X, part)
            decoded = self._decoded_features(X, part, codes, space, rng)
            features.append(
                sparse.csr_matrix(decoded) if sparse.issparse(X) else decoded
            )
            labels.append(self._decoded_labels(Y, part, codes.between, rng))
        parents = np.column_stack([plan.seed, plan.partner])
        parents[plan.seed == plan.partner, 1] = -1
        return Synthetic(
            stacked([X[:0], *features]),
            np.vstack([*labels, Y[:0]]).astype(np.uint8),
            parents,
            plan.label,
            plan.step,
        )

    def _without_empty(self, made):
        """The rows that have labels; says in `notes_` if some have none."""
        m = len(made.label)
        kept = np.flatnonzero(made.Y.any(axis=1))
        if len(kept) < m:
            self.notes_.append(
                f"{m - len(kept)} of {m} rows were decoded without labels and dropped."
            )
        return trust.part_of(made, kept)

    def _codes(self, X: Features, plan: generation.Plan) -> generation.Codes:
        """The codes of seeds, partners and the points between them."""
        seed = self.model_.encode(X[plan.seed])
        if (plan.seed == plan.partner).all():
            return generation.Codes(seed, seed, seed)
        partner = self.model_.encode(X[plan.partner])
        between = seed + plan.step[:, None] * (partner - seed)
        return generation.Codes(seed, partner, between)

    def _decoded_features(
        self,
        X: Features,
        plan: generation.Plan,
        codes: generation.Codes,
        space: generation.FeatureSpace,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Features (m, d) of the `plan`'s rows; `space` is the FeatureSpace of X.

        Residuals and range are ours.
        """
        decode = partial(self.model_.decode_features, activation=self._activation())
        decoded = decode(codes.between)
        if self.residuals:
            one, other = dense(X[plan.seed]), dense(X[plan.partner])
            share = self._share_of_partner(plan, decoded.shape, space, rng)
            decoded = decoded + share * (other - decode(codes.partner))
            decoded = decoded + (1 - share) * (one - decode(codes.seed))
            decoded = space.agreed(decoded, one, other)
        decoded = space.binarise(decoded)
        if self.clip:
            decoded = space.clip(decoded)
        decoded = space.one_hot(decoded, decoded)
        decoded[:, self._whole] = np.rint(decoded[:, self._whole])
        return decoded

    def _share_of_partner(self, plan, shape, space, rng):
        """How much of the partner's residual each feature (m, d) gets: 0 to 1."""
        if self.steps == "one a feature":
            share = space.one_draw_per_group(rng.random(shape))
            return np.where((plan.seed == plan.partner)[:, None], 0.0, share)
        step = plan.step[:, None]
        drawn = space.one_draw_per_group(rng.random(shape) < step)
        share = drawn.astype(float)
        share[:, space.rare] = step
        return share

    def _activation(self) -> Callable | None:
        """What is applied to the network's scaled output (a torch tensor)."""
        if self.output_activation == "none":
            return None
        return lambda scaled: scaled.sigmoid()

    def _decoded_labels(
        self,
        Y: LabelMatrix,
        plan: generation.Plan,
        codes: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Labels (m, q) of the `plan`'s rows with `codes` (m, l), by `label_rule`."""
        if self.label_rule == "nearer parent":
            return Y[np.where(plan.step > 0.5, plan.partner, plan.seed)]
        scores = self.model_.decode_labels(codes)
        if self.label_rule == "threshold":
            # sigmoid(s) > t, as round(sigmoid(s)) is for t = 1/2.
            return scores > np.log(self.threshold / (1 - self.threshold))
        if self.parents_weight:
            own = Y[plan.seed] + plan.step[:, None] * (
                Y[plan.partner].astype(float) - Y[plan.seed]
            )
            scores = special.expit(scores.astype(float))
            if self._scores == "gain":
                scores = generation.gain(scores, Y.mean(axis=0))
            scores = scores + self.parents_weight * own
        counts = Y.sum(axis=1, dtype=float)
        wanted = counts[plan.seed]
        wanted = wanted + plan.step * (counts[plan.partner] - wanted)
        # Rounded at random, so that the mean is kept where rows have one label or two.
        wanted = np.floor(self.labels_per_parent * wanted + rng.random(len(wanted)))
        return generation.rank_labels(scores, wanted, plan.label)
