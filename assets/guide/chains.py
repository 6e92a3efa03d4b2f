"""Chains and communities: labels that help to predict each other."""

import pandas as pd

from aemlo.classifiers import ECC, BinaryRelevance, ClassifierChain, Partition
from aemlo.experiment.folds import plan
from aemlo.formats import read
from aemlo.metrics import evaluate
from aemlo.preparation.preparation import Preparation

yeast = read("yeast")
split = plan(yeast, "hold-out", test_share=0.2, seed=42)[0]
train, test = yeast.take(split.train), yeast.take(split.test)
scale = Preparation().fit(train)
X, X_test = scale.transform(train), scale.transform(test)

shown = ["Hamming loss", "micro average precision", "macro-F1", "subset accuracy"]
rows = {}
for name, classifier in {
    "each label alone": BinaryRelevance("tree", random_state=0),
    "one chain": ClassifierChain("tree", random_state=0),
    "five chains": ECC("tree", chains=5, rows=0.5, random_state=0),
    "label communities": Partition("forest", random_state=0),
}.items():
    labels, scores = classifier.fit(X, train.Y).decide(X_test)
    values = evaluate(test.Y, labels, scores, shown)
    rows[name] = {metric: value for metric, _, value in values}
table = pd.DataFrame(rows).T
