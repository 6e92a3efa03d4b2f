"""Features and labels of planned rows, decoded as AEMLO's settings say. NumPy."""

import numpy as np
from scipy import sparse, special

from aemlo.autoencoder import generation


def features(sampler, X, plan, coded, space, rng):
    """Features (m, d) of the `plan`'s rows of X, from the sampler's trained model.

    `coded` is what `codes` gives, `space` the FeatureSpace of X. Residuals and range
    are ours; see AEMLO.
    """
    seed, partner, between = coded
    activation = _sigmoid if sampler.output_activation == "sigmoid" else None

    def decoded(codes):
        return sampler.model_.decode_features(codes, activation)

    made = decoded(between)
    if sampler.residuals:
        one, other = _dense(X[plan.seed]), _dense(X[plan.partner])
        step = plan.step[:, None]
        drawn = space.one_draw_per_group(rng.random(made.shape) < step)
        share = drawn.astype(made.dtype)
        share[:, space.rare] = step
        made = made + share * (other - decoded(partner))
        made = made + (1 - share) * (one - decoded(seed))
        made = space.agreed(made, one, other)
    made = space.binarise(made)
    if sampler.clip:
        made = space.clip(made)
    return space.one_hot(made, made)


def labels(sampler, Y, plan, coded, rng):
    """Labels (m, q) of the `plan`'s rows, `coded`, by the sampler's label rule."""
    if sampler.label_rule == "nearer parent":
        return Y[np.where(plan.step > 0.5, plan.partner, plan.seed)]
    scores = sampler.model_.decode_labels(coded[2])
    if sampler.label_rule == "threshold":
        # sigmoid(s) > t, as round(sigmoid(s)) is for t = 1/2.
        return scores > np.log(sampler.threshold / (1 - sampler.threshold))
    if sampler.parents_weight:
        own = Y[plan.seed] + plan.step[:, None] * (
            Y[plan.partner].astype(float) - Y[plan.seed]
        )
        scores = special.expit(scores.astype(float)) + sampler.parents_weight * own
    counts = Y.sum(axis=1, dtype=float)
    wanted = counts[plan.seed]
    wanted = wanted + plan.step * (counts[plan.partner] - wanted)
    # Rounded at random, so that the mean is kept where rows have one label or two.
    wanted = np.floor(sampler.labels_per_parent * wanted + rng.random(len(wanted)))
    return generation.rank_labels(scores, wanted, plan.label)


def codes(model, X, plan):
    """Codes of seeds, partners and the points between them, (m, l) each."""
    seed = model.encode(X[plan.seed])
    if (plan.seed == plan.partner).all():
        return seed, seed, seed
    partner = model.encode(X[plan.partner])
    return seed, partner, seed + plan.step[:, None] * (partner - seed)


def _sigmoid(values):
    return values.sigmoid()


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X
