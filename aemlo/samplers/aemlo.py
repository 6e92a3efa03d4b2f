"""AEMLO: rows decoded from a latent space that features and labels share."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_random_state

from aemlo import params
from aemlo.autoencoder import arguments as a
from aemlo.autoencoder import generation
from aemlo.autoencoder.settings import Settings
from aemlo.errors import RunError
from aemlo.samplers import size
from aemlo.samplers.base import OverSampler, Synthetic, _names_of, no_progress, stacked

PUBLISHED_BUDGET = 0.1  # p of the paper
TRAINING_SHARE = 0.95  # of the progress bar

# Settings of AEMLO to start from. With "as published" it is AEMLO-paper.
PRESETS = {
    "default": {},
    "quick look": {"epochs": 20},
    "as published": {
        "budget": PUBLISHED_BUDGET,
        "target": None,
        "labels": None,
        "epochs": 200,
        "learning_rate": 1e-4,
        "latent_size": 500,
        "width": 200,
        "seeds": "turns",
        "rare_share": 0.0,
        "neighbours": 0,
        "residuals": False,
        "label_rule": "threshold",
        "labels_per_parent": 1.0,
        "threshold": 0.5,
        "keep_binary": False,
        "clip": False,
        "output_activation": "none",
        "batch_size": 128,
        "schedule": "constant",
        "label_width": 100,
        "decoder_layers": 1,
        "alignment_weight": 1.0,
        "orthogonality": 0.1,
        "ranking_weight": 1.0,
        "reconstruction_weight": 1.0,
        "feature_error": "absolute",
        "distance_weight": 1.0,
        "calibration_weight": 0.0,
        "held_out": 0.0,
        "patience": None,
    },
}


class AEMLO(OverSampler):
    """Train an autoencoder on features and labels; decode new rows for rare labels.

    After Zhou, Liu, Wang, Sun, Liu: AEMLO, ECML PKDD 2024 (arXiv 2408.13078).

    **The network.** F_ex and F_ey code features X and labels Y, F_dx and F_dy decode
    features and label scores; features are first brought to [0, 1], each by its range
    over the rows given. With E_x = F_ex(X), E_y = F_ey(Y), S = F_dy(E_y) and
    Xh = F_dx(E_x), a batch of B rows costs, each term divided by B:

    1. latent: ||E_x - E_y||^2 + lambda (||E_x' E_x - I||^2 + ||E_y' E_y - I||^2);
    2. ranking: rows' mean of exp(s_r - s_p) over present labels p, absent labels r;
    3. reconstruction: mean |Xh - X| + the pairs' mean (||x_i - x_j||^2 -
       ||xh_i - xh_j||^2)^2.

    Adam; the weights of the epoch with the lowest loss are kept.

    **Generation, as published.** The rows that have a minority label (IRLbl > MeanIR),
    shuffled, are taken in turn; each gives one row: features F_dx(F_ex(x)), labels
    those with sigmoid(F_dy(F_ex(x))) over one half. A row decoded without labels is
    dropped and not replaced.

    Every argument whose default differs from `AEMLO-paper`'s is a departure of ours.
    """

    title = "AEMLO"
    _use_trained = False

    def __init__(
        self,
        budget: size.Budget = 0.5,
        target: size.Target = None,
        labels: size.Labels = None,
        epochs: a.Epochs = 120,
        learning_rate: a.LearningRate = 1e-3,
        latent_size: a.LatentSize = 64,
        width: a.Width = 200,
        seeds: a.Seeds = "rows",
        rare_share: a.RareShare = 0.0,
        neighbours: a.Neighbours = 5,
        residuals: a.Residuals = True,
        label_rule: a.LabelRule = "parents' count",
        labels_per_parent: a.LabelsPerParent = 1.1,
        threshold: a.Threshold = 0.5,
        keep_binary: a.KeepBinary = True,
        clip: a.Clip = True,
        output_activation: a.OutputActivation = "none",
        batch_size: a.BatchSize = 64,
        schedule: a.Schedule = "one-cycle",
        label_width: a.LabelWidth = 100,
        decoder_layers: a.DecoderLayers = 2,
        alignment_weight: a.AlignmentWeight = 1.0,
        orthogonality: a.Orthogonality = 0.1,
        ranking_weight: a.RankingWeight = 1.0,
        reconstruction_weight: a.ReconstructionWeight = 1.0,
        feature_error: a.FeatureError = "scaled squares",
        distance_weight: a.DistanceWeight = 0.0,
        calibration_weight: a.CalibrationWeight = 1.0,
        held_out: a.HeldOut = 0.0,
        patience: a.Patience = None,
        check_every: a.CheckEvery = 5,
        device: a.Device = "auto",
        random_state=None,
    ):
        self.budget = budget
        self.target = target
        self.labels = labels
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.latent_size = latent_size
        self.width = width
        self.seeds = seeds
        self.rare_share = rare_share
        self.neighbours = neighbours
        self.residuals = residuals
        self.label_rule = label_rule
        self.labels_per_parent = labels_per_parent
        self.threshold = threshold
        self.keep_binary = keep_binary
        self.clip = clip
        self.output_activation = output_activation
        self.batch_size = batch_size
        self.schedule = schedule
        self.label_width = label_width
        self.decoder_layers = decoder_layers
        self.alignment_weight = alignment_weight
        self.orthogonality = orthogonality
        self.ranking_weight = ranking_weight
        self.reconstruction_weight = reconstruction_weight
        self.feature_error = feature_error
        self.distance_weight = distance_weight
        self.calibration_weight = calibration_weight
        self.held_out = held_out
        self.patience = patience
        self.check_every = check_every
        self.device = device
        self.random_state = random_state

    def fit(self, X, Y, *, on_progress=None, checkpoint=None):
        """Train on X (n, d), Y (n, q) and return self; `generate` then makes rows.

        `checkpoint` is a file: the run goes on from it if it is there, and is saved to
        it as it goes. When `on_progress` raises Stopped, that passes through,
        `stopped_` is True and all below holds what was learned until then.

        Sets `model_` (see aemlo.autoencoder.model.TrainedModel), `losses_` (a frame,
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

    def generate(self, X, Y, *, categorical_features=(), on_progress=None):
        """X, Y with rows from the model already trained: `fit_resample` without `fit`.

        Budget, labels, neighbours, label rule and the like may have changed since. X, Y
        are the rows trained on, or others of the same columns. Raises RunError when
        nothing is trained or the columns do not fit.
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

    def save(self, folder):
        """Write weights.pt and spec.json, all that `load` and `generate` need."""
        self.model_.save(
            folder,
            sampler=self.title,
            parameters={
                k: v for k, v in self.get_params().items() if k != "random_state"
            },
            best_epoch=self.best_epoch_,
            losses=self.losses_.to_dict("list"),
        )

    @classmethod
    def load(cls, folder):
        """The sampler saved in `folder`, trained; RunError if it is not one."""
        from aemlo.autoencoder.model import TrainedModel

        model, spec = TrainedModel.load(folder)
        kinds = {kind.title: kind for kind in (AEMLO, *AEMLO.__subclasses__())}
        if spec.get("sampler") not in kinds:
            raise RunError(
                f"{Path(folder).name}: a model of {spec.get('sampler')!r}, not one of "
                f"{', '.join(kinds)}."
            )
        sampler = params.build(kinds[spec["sampler"]], spec["parameters"])
        sampler.model_ = model
        sampler.losses_ = pd.DataFrame(spec["losses"])
        sampler.best_epoch_ = spec["best_epoch"]
        return sampler

    def settings(self):
        """Network and training as aemlo.autoencoder's Settings."""
        return Settings(**{f.name: getattr(self, f.name) for f in fields(Settings)})

    def _rng(self):
        seed = check_random_state(self._seed()).randint(np.iinfo(np.int32).max)
        return np.random.default_rng(seed)

    def _generate(self, X, Y, rng, on_progress):
        training_rng, rng = rng.spawn(2)
        done = 0.0
        if self._use_trained:
            self.model_.check_fits(X.shape[1], Y.shape[1], f"{self.title}'s model")
        else:
            done = TRAINING_SHARE

            def on_training(fraction, **values):
                on_progress(TRAINING_SHARE * fraction, **values)

            self._train(X, Y, training_rng, on_training)
        plan = self._plan(X, Y, rng)
        return self._decode(
            X, Y, plan, rng, lambda share: on_progress(done + (1 - done) * share)
        )

    def _train(self, X, Y, rng, on_progress, checkpoint=None):
        from aemlo.autoencoder.training import (
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

    def _plan(self, X, Y, rng):
        rows, quotas = self._shares(Y)
        eligible = self._default_labels(Y) if self.seeds == "turns" else slice(None)
        plan = generation.in_turn(Y, eligible, rows, rng).followed_by(
            generation.by_label(Y, quotas, rng)
        )
        if not len(plan.seed):
            self.notes_.append(self._nothing_to_do(self._chosen_labels(Y)))
        if self.neighbours and len(plan.seed):
            codes = self.model_.encode(X)
            plan = generation.with_partners(plan, codes, Y, self.neighbours, rng)
        return plan

    def _shares(self, Y):
        """How many rows are taken in turn, and quotas (q,) of those made for a label.

        A target or chosen labels ask for rows by label; a budget alone does not.
        """
        if self.target is not None or self.labels is not None:
            return 0, self._quotas(Y)
        wanted = int(round((self.budget or PUBLISHED_BUDGET) * len(Y)))
        minority = self._default_labels(Y)
        rare = int(round(self.rare_share * wanted)) if len(minority) else 0
        if self.seeds == "turns":
            rare = 0
        return wanted - rare, size.evenly(rare, minority, Y.shape[1])

    def _paper_quotas(self, Y, labels):
        """Rows by label where only `labels` were named: the published share of rows."""
        return size.evenly(round(PUBLISHED_BUDGET * len(Y)), labels, Y.shape[1])

    def preview(self, Y):
        """What is to be expected of the labels, a row per label; see the base class.

        Rows taken in turn bring the labels of their seeds, times `labels_per_parent`.
        """
        params.check(self)
        labels = np.asarray(Y.toarray() if sparse.issparse(Y) else Y)
        trial = clone(self)
        trial.notes_, trial._label_names = [], _names_of(Y)
        rows, quotas = trial._shares(labels)
        eligible = trial._default_labels(labels) if self.seeds == "turns" else ...
        seeds = labels[labels[:, eligible].any(axis=1)]
        after = size.expected_counts(labels, quotas)
        if len(seeds):
            after = after + rows * seeds.mean(axis=0) * self.labels_per_parent
        return size.preview_frame(_names_of(Y), labels, after, quotas)

    def _decode(self, X, Y, plan, rng, on_progress):
        space = generation.FeatureSpace(X, self.categorical_features_)
        features, labels = [], []
        m = len(plan.seed)
        for start in range(0, m, generation.ROWS_AT_ONCE):
            on_progress(start / m)
            part = plan.part(slice(start, start + generation.ROWS_AT_ONCE))
            made = self._features(X, part, space, rng)
            features.append(sparse.csr_matrix(made) if sparse.issparse(X) else made)
            labels.append(self._labels(X, Y, part, rng))
        on_progress(1.0)
        X_new = stacked([X[:0], *features])
        Y_new = np.vstack([*labels, Y[:0]]).astype(np.uint8)
        kept = np.flatnonzero(Y_new.any(axis=1))
        if len(kept) < m:
            self.notes_.append(
                f"{m - len(kept)} of {m} rows were decoded without labels and dropped."
            )
        parents = np.column_stack([plan.seed, plan.partner])
        parents[plan.seed == plan.partner, 1] = -1
        return Synthetic(
            X_new[kept],
            Y_new[kept],
            parents[kept],
            plan.label[kept],
            plan.step[kept],
        )

    def _codes(self, X, plan):
        seed = self.model_.encode(X[plan.seed])
        if (plan.seed == plan.partner).all():
            return seed, seed, seed
        partner = self.model_.encode(X[plan.partner])
        return seed, partner, seed + plan.step[:, None] * (partner - seed)

    def _features(self, X, plan, space, rng):
        seed, partner, between = self._codes(X, plan)
        activation = None
        if self.output_activation == "sigmoid":
            activation = sigmoid
        made = self.model_.decode_features(between, activation)
        if self.residuals:
            step = plan.step[:, None]
            from_partner = space.one_draw_per_group(rng.random(made.shape) < step)
            made = made + np.where(
                from_partner,
                _dense(X[plan.partner])
                - self.model_.decode_features(partner, activation),
                _dense(X[plan.seed]) - self.model_.decode_features(seed, activation),
            )
        if self.keep_binary:
            made = space.binarise(made)
        if self.clip:
            made = space.clip(made)
        return space.one_hot(made, made)

    def _labels(self, X, Y, plan, rng):
        if self.label_rule == "nearer parent":
            nearer = np.where(plan.step > 0.5, plan.partner, plan.seed)
            return Y[nearer]
        scores = self.model_.decode_labels(self._codes(X, plan)[2])
        if self.label_rule == "threshold":
            # sigmoid(s) > t, as round(sigmoid(s)) is for t = 1/2.
            return scores > np.log(self.threshold / (1 - self.threshold))
        counts = Y.sum(axis=1, dtype=float)
        wanted = counts[plan.seed]
        wanted = wanted + plan.step * (counts[plan.partner] - wanted)
        # Rounded at random, so that the mean is kept where rows have one label or two.
        wanted = np.floor(self.labels_per_parent * wanted + rng.random(len(wanted)))
        return generation.rank_labels(scores, wanted, plan.label)


def sigmoid(values):
    """1 / (1 + exp(-v)) of a tensor."""
    return values.sigmoid()


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X
