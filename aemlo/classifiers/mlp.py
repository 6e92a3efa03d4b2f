"""scikit-learn's multi-layer perceptron, one output a label."""

from typing import Annotated, Any

import numpy as np

from aemlo.classifiers.base import Classifier, new_seed
from aemlo.params import Between, Several

Hidden = Annotated[tuple, Several("Units of each hidden layer", low=1, high=4096)]
Epochs = Annotated[int, Between(1, 5000, "Most passes over the training rows")]
Patience = Annotated[
    int, Between(1, 500, "Epochs without a better loss before the end")
]
Rate = Annotated[float, Between(1e-6, 1.0, "Step of the optimiser", log=True)]
Batch = Annotated[int, Between(1, 4096, "Rows in a step", more=True)]


class MLP(Classifier):
    """A multi-layer perceptron with a sigmoid per label (scikit-learn, Adam).

    Ends early when the training loss has not fallen by 0.0001 for `patience` epochs.
    """

    title = "MLP"
    cheap_settings = {"epochs": 4, "hidden": (8,)}

    def __init__(
        self,
        hidden: Hidden = (100,),
        epochs: Epochs = 200,
        patience: Patience = 10,
        learning_rate: Rate = 1e-3,
        batch: Batch = 200,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.patience = patience
        self.learning_rate = learning_rate
        self.batch = batch
        self.random_state = random_state

    def _fit(self, X, Y, rng, on_progress):
        from sklearn.neural_network import MLPClassifier

        self.model_ = MLPClassifier(
            tuple(self.hidden),
            batch_size=min(self.batch, len(Y)),
            learning_rate_init=self.learning_rate,
            random_state=new_seed(rng),
        )
        q = Y.shape[1]
        y, classes = (Y, np.arange(q)) if q > 1 else (Y.ravel(), np.arange(2))
        best, best_epoch = np.inf, 0
        on_progress(0.0)
        for epoch in range(1, self.epochs + 1):
            self.model_.partial_fit(X, y, classes=classes)
            loss = float(self.model_.loss_)
            on_progress(epoch / self.epochs, epoch=epoch, loss=loss)
            if loss < best - 1e-4:
                best, best_epoch = loss, epoch
            elif epoch - best_epoch >= self.patience:
                break

    def _scores(self, X):
        chances = self.model_.predict_proba(X)
        return chances if len(self.learned_labels_) > 1 else chances[:, 1:]
