"""A deep MLP whose loss can be told that labels are rare."""

from typing import Annotated, Any

import numpy as np
from scipy import sparse
from scipy.special import expit

from aemlo.classifiers.base import Classifier, new_seed
from aemlo.classifiers.mlp import Batch, Epochs, Hidden, Patience, Rate
from aemlo.params import Between, OneOf


class DeepMLP(Classifier):
    """A multi-layer perceptron trained by AdamW on a loss for imbalanced labels.

    `loss` is the binary cross-entropy or the focal loss (Lin et al., ICCV 2017), which
    weighs a cell down the better it is predicted. `weights` weigh the two values of
    each label, the rarer one more: "balanced" by their numbers of rows, "effective" by
    their effective numbers (Cui et al., CVPR 2019). Features are centred and divided by
    their standard deviation over the training rows, or by a quarter of their range
    where that is more: columns that are nearly always 0 would be blown up otherwise. A
    share of the rows is held out to end training and to keep the best epoch: of the
    real rows, where `fit` is given a provenance, and rows made of them are left out.
    """

    title = "deep MLP"
    reads_provenance = True
    cheap_settings = {"epochs": 4, "hidden": (8,)}
    formulas = (
        (
            "The focal loss of a cell with probability p (the weight is alpha where "
            "the label is present, 1 - alpha where it is absent, 1 if not set):",
            r"-\alpha_t\, (1 - p_t)^{\gamma} \log p_t",
        ),
        (
            "With:",
            r"p_t = p \text{ where the label is present}, \quad p_t = 1 - p \text{ "
            r"where it is absent}",
        ),
        (
            "Balanced and effective weights of a value that c of n cells of a label "
            "have, the latter scaled to mean 1:",
            r"\frac{n}{2 c}, \quad "
            r"\frac{1 - \beta}{1 - \beta^{c}}",
        ),
    )

    def __init__(
        self,
        hidden: Hidden = (128, 64),
        loss: Annotated[
            str, OneOf(("cross-entropy", "focal"), "What training makes small")
        ] = "cross-entropy",
        gamma: Annotated[
            float, Between(0, 10, "Focal loss: how much easy cells are ignored")
        ] = 2.0,
        alpha: Annotated[
            float | None,
            Between(0.01, 0.99, "Focal loss: weight of positives; None: no weight"),
        ] = None,
        weights: Annotated[
            str, OneOf(("none", "balanced", "effective"), "Weights of rare values")
        ] = "none",
        beta: Annotated[
            float, Between(0.9, 0.99999, "Effective weights: near 1 counts all rows")
        ] = 0.999,
        dropout: Annotated[
            float, Between(0, 0.9, "Share of hidden units left out")
        ] = 0.2,
        epochs: Epochs = 200,
        patience: Patience = 15,
        held_out: Annotated[
            float, Between(0, 0.5, "Share of rows that decides when to end", more=True)
        ] = 0.15,
        learning_rate: Rate = 1e-3,
        decay: Annotated[
            float, Between(0, 1, "Weight decay of AdamW", more=True)
        ] = 1e-2,
        batch: Batch = 64,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.loss = loss
        self.gamma = gamma
        self.alpha = alpha
        self.weights = weights
        self.beta = beta
        self.dropout = dropout
        self.epochs = epochs
        self.patience = patience
        self.held_out = held_out
        self.learning_rate = learning_rate
        self.decay = decay
        self.batch = batch
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress, kinship=None):
        from aemlo.classifiers.deep_mlp import network

        on_progress(0.0)
        centre, spread = _standards(X)
        held_out, learned = _divided(len(Y), self.held_out, kinship, rng)
        focal = self.loss == "focal"
        settings = {
            "hidden": tuple(self.hidden),
            "dropout": self.dropout,
            "gamma": self.gamma if focal else 0.0,
            "alpha": self.alpha if focal else None,
            "epochs": self.epochs,
            "patience": self.patience,
            "learning_rate": self.learning_rate,
            "decay": self.decay,
            "batch": self.batch,
        }
        training = network.Training(
            X,
            Y,
            (centre, spread),
            (held_out, learned),
            settings,
            self._cell_weights(Y[learned]),
            new_seed(rng),
        )
        layers = training.run(on_progress)
        # The first layer takes the scaling in, so that sparse rows stay sparse.
        weight, bias = layers[0]
        weight = weight / spread
        self.layers_ = [(weight, bias - weight @ centre), *layers[1:]]

    def _cell_weights(self, Y):
        """Weights (2, q) of cells with value 0 and 1; a value never there weighs 1."""
        n, q = Y.shape
        count = np.array([n - Y.sum(axis=0, dtype=int), Y.sum(axis=0, dtype=int)])
        if self.weights == "none":
            return np.ones((2, q))
        there = np.maximum(count, 1)
        if self.weights == "balanced":
            return np.where(count > 0, n / (2 * there), 1.0)
        weight = (1 - self.beta) / (1 - self.beta**there)
        weight *= n / (weight * count).sum(axis=0)
        return np.where(count > 0, weight, 1.0)

    def _scores(self, X):
        # NumPy, so that a trained model needs no torch.
        x = X
        for weight, bias in self.layers_[:-1]:
            x = np.maximum(x @ weight.T + bias, 0.0)  # (n, hidden)
        weight, bias = self.layers_[-1]
        return expit(x @ weight.T + bias)  # (n, q)


def _divided(n, share, kinship, rng):
    """Which of `n` rows decide when to end, and which are learned from: masks (n,).

    With a kinship the first are `share` of the real rows, families whole, and rows
    related to them are in neither.
    """
    held_out = np.zeros(n, dtype=bool)
    if kinship is None or kinship.synthetic.all():
        held_out[rng.permutation(n)[: int(share * n)]] = True
        return held_out, ~held_out
    real = np.flatnonzero(~kinship.synthetic)
    family = kinship.take(real).families()
    place = rng.permutation(family.max() + 1)[family]
    drawn = np.argsort(place, kind="stable")[: int(share * len(real))]
    # A family that does not fit in whole stays out.
    last = place[np.setdiff1d(np.arange(len(real)), drawn)].min()
    held_out[real[drawn[place[drawn] < last]]] = True
    return held_out, ~kinship.related_to(held_out)


def _standards(X):
    """Mean (d,) and what to divide by (d,): never less than a quarter of the range."""
    low, high = X.min(axis=0), X.max(axis=0)
    if sparse.issparse(X):
        low, high = low.toarray().ravel(), high.toarray().ravel()
        mean = np.asarray(X.mean(axis=0)).ravel()
        square = np.asarray(X.multiply(X).mean(axis=0)).ravel()
        deviation = np.sqrt(np.maximum(square - mean**2, 0))
    else:
        mean, deviation = X.mean(axis=0), X.std(axis=0)
    spread = np.maximum(deviation, (high - low) / 4)
    return mean, np.where(spread > 0, spread, 1.0)
