"""What it takes to judge rows: one scale for their features, and the report as files.

`quality.parquet` has the lines of `plausibility.report` with the sampler's name;
`telling.parquet` the features by which the forests tell, for all rows (label "") and
label by label.
"""

import numpy as np
import pandas as pd

from aemlo import plausibility
from aemlo.prepare import Preparation
from aemlo.store import written_at_once

TELLING = 20  # features kept of each forest


def scaled(known):
    """Features of all rows on the scale of the original ones, one-hot where nominal."""
    original = known.dataset.take(~known.synthetic)
    return Preparation().fit(original).transform(known.dataset)


class Reports:
    """The reports of one job, by the sampler's name."""

    def __init__(self, job, known):
        self.job = job
        self.labels = known.dataset.label_names
        self.features = Preparation().fit(known.dataset).feature_names_
        self.frames, self.telling = [], []

    def judge(self, title, original, made, low, high):
        """Judge `made` (X, Y, made for, parents) beside `original` (X, Y); progress
        goes from `low` to `high`. No rows are no report."""
        X_new, Y_new, made_for, parents = made
        if not X_new.shape[0]:
            return
        frame, importances = plausibility.report(
            *(*original, X_new, Y_new, made_for),
            np.random.default_rng(self.job.seed),
            parents,
            on_progress=lambda fraction: self.job.on_progress(
                low + (high - low) * fraction, message=f"how plausible: {title}"
            ),
        )
        frame["label"] = [self._name(j) for j in frame["label"]]
        self.frames.append(frame.assign(sampler=title))
        for label, importance in importances.items():
            self.telling.append(self._telling(title, label, importance))

    def write(self):
        """Write what was judged, if anything was."""
        if self.frames:
            for name, frames in (("quality", self.frames), ("telling", self.telling)):
                frame = pd.concat(frames, ignore_index=True)
                write(frame, self.job.folder / f"{name}.parquet")

    def _name(self, label):
        return "" if label < 0 else self.labels[label]

    def _telling(self, title, label, importance):
        order = np.argsort(-importance, kind="stable")[:TELLING]
        return pd.DataFrame(
            {
                "sampler": title,
                "label": self._name(label),
                "feature": [self.features[j] for j in order],
                "importance": importance[order],
            }
        )


def write(frame, path):
    """Write a frame that is there whole or not at all."""
    with written_at_once(path) as half_made:
        frame.to_parquet(half_made, index=False)
