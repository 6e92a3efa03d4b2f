"""Cost-sensitive logistic regression: each label weighs its rare class n / (2 c)."""

import pandas as pd

from aemlo.classifiers import BRLogistic, ClassWeighted, Thresholded
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
for name, classifier in {
    "plain": BRLogistic(),
    "class weights": ClassWeighted(BRLogistic()),
    "thresholds": Thresholded(BRLogistic(), random_state=0),
}.items():
    labels, scores = classifier.fit(X, train.Y).decide(X_test)
    values = evaluate(test.Y, labels, scores, shown)
    rows[name] = {metric: value for metric, _, value in values}
table = pd.DataFrame(rows).T
