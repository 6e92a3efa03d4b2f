"""Focal loss: a network that does not spend itself on what is easy."""

import pandas as pd

from aemlo.classifiers import DeepMLP
from aemlo.experiment.folds import plan
from aemlo.formats import read
from aemlo.metrics import evaluate
from aemlo.preparation.preparation import Preparation

yeast = read("yeast")
split = plan(yeast, "hold-out", test_share=0.2, seed=42)[0]
train, test = yeast.take(split.train), yeast.take(split.test)
scale = Preparation().fit(train)
X, X_test = scale.transform(train), scale.transform(test)

shown = [
    "Hamming loss",
    "micro average precision",
    "macro-F1",
    "labels never predicted",
]
rows = {}
for name, settings in {
    "cross-entropy": {"loss": "cross-entropy"},
    "focal, gamma 2": {"loss": "focal", "gamma": 2.0},
    "focal, balanced": {"loss": "focal", "gamma": 2.0, "weights": "balanced"},
}.items():
    network = DeepMLP(hidden=(128,), epochs=40, random_state=0, **settings)
    labels, scores = network.fit(X, train.Y).decide(X_test)
    values = evaluate(test.Y, labels, scores, shown)
    rows[name] = {metric: value for metric, _, value in values}
table = pd.DataFrame(rows).T
