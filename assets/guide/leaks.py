"""Two leaks: features chosen, or rows copied, before the rows are split."""

import numpy as np
import pandas as pd

from aemlo.classifiers import BRLogistic, BRTree
from aemlo.dataset import Dataset, Feature
from aemlo.experiment import run
from aemlo.formats import read
from aemlo.samplers import LPROS, NoSampling

rng = np.random.default_rng(0)
features = tuple(Feature(f"x{j}") for j in range(2000))
labels = (rng.random((120, 4)) < 0.3).astype(np.uint8)
noise = Dataset("noise", rng.normal(size=(120, 2000)), labels, features, tuple("abcd"))

metrics = ["macro-AUC", "macro-F1"]
on_noise = {
    "samplers": {"none": NoSampling()},
    "classifiers": {"BR-logistic": BRLogistic()},
    "keep_features": 20,
}
on_yeast = {
    "samplers": {"LP-ROS": LPROS(random_state=0)},
    "classifiers": {"BR-tree": BRTree(random_state=0)},
}
rows = {}
for name, dataset, arms, leak in [
    ("noise, features chosen in each training part", noise, on_noise, ""),
    ("noise, features chosen before the split", noise, on_noise, "features"),
    ("yeast, rows copied in each training part", read("yeast"), on_yeast, ""),
    ("yeast, rows copied before the split", read("yeast"), on_yeast, "sampler"),
]:
    scores = run(dataset, metrics=metrics, folds=5, seed=0, leak=leak, **arms)
    whole = scores[scores["label"].fillna("") == ""]
    rows[name] = whole.groupby("metric")["value"].mean()[metrics]
table = pd.DataFrame(rows).T
