"""What it takes to judge rows: one scale for their features, and the report as files.

`quality.parquet` has the lines of `aemlo.quality.report` with the sampler's name;
`telling.parquet` the features by which the forests tell, for all rows (label "") and
label by label.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from aemlo import params, quality
from aemlo.arrays import Features, LabelMatrix, PerFeature, Rows
from aemlo.errors import AemloError
from aemlo.jobs.base import Job
from aemlo.latent.trained import Trained
from aemlo.preparation.preparation import Preparation
from aemlo.samplers import SAMPLERS
from aemlo.store import written_at_once

BESIDE = "MLSMOTE"
TELLING = 20  # features kept of each forest


class Synthetic(NamedTuple):
    """Rows to judge: X, Y, the label each was made for, its parents by position."""

    X: Features
    Y: LabelMatrix
    made_for: Rows
    parents: Sequence[Any]


def scaled(known: Trained) -> Features:
    """Features of all rows on the scale of the original ones, one-hot where nominal."""
    original = known.dataset.take(~known.synthetic)
    return Preparation().fit(original).transform(known.dataset)


class Reports:
    """The reports of one job, by the sampler's name."""

    def __init__(
        self, job: Job, known: Trained, settings: dict[str, Any] | None = None
    ) -> None:
        self.job = job
        self.settings = quality.Judging(**(settings or {}))
        self.known = known
        self.labels = known.dataset.label_names
        self.features = Preparation().fit(known.dataset).feature_names_
        self.frames: list[pd.DataFrame] = []
        self.telling: list[pd.DataFrame] = []

    def judge_all(
        self, scaled: Features, sampler: str, low: float, high: float
    ) -> None:
        """Judge the run's rows, then those of BESIDE on the same original rows."""
        known, Y = self.known, self.known.dataset.Y
        real, new = ~known.synthetic, known.synthetic
        synthetic = Synthetic(
            scaled[new],
            Y[new],
            known.provenance["label"].to_numpy()[new],
            known.provenance["parents"].to_numpy()[new],
        )
        original, middle = (scaled[real], Y[real]), (low + high) / 2
        self.judge(sampler, original, synthetic, low, middle)
        if new.any() and sampler != BESIDE:
            self.job.on_progress(middle, message=f"rows by {BESIDE} to compare with")
            later = middle + 0.1 * (high - low)
            beside = _rows_beside(self.job, known, *original, (middle, later))
            self.judge(BESIDE, original, beside, later, high)

    def judge(
        self,
        title: str,
        original: tuple[Features, LabelMatrix],
        synthetic: Synthetic,
        low: float,
        high: float,
    ) -> None:
        """Judge `synthetic` beside the `original` X and Y; progress goes from `low` to
        `high`. Where there are no rows there is no report.
        """
        if not synthetic.X.shape[0]:
            return
        frame, importances = quality.report(
            *original,
            synthetic.X,
            synthetic.Y,
            synthetic.made_for,
            np.random.default_rng(self.job.seed),
            synthetic.parents,
            on_progress=lambda fraction: self.job.on_progress(
                low + (high - low) * fraction, message=f"how plausible: {title}"
            ),
            judging=self.settings,
        )
        frame["label"] = [self._name(j) for j in frame["label"]]
        self.frames.append(frame.assign(sampler=title))
        for label, importance in importances.items():
            self.telling.append(self._telling(title, label, importance))

    def write(self) -> None:
        """Write what was judged, if anything was."""
        if self.frames:
            for name, frames in (("quality", self.frames), ("telling", self.telling)):
                frame = pd.concat(frames, ignore_index=True)
                write(frame, self.job.folder / f"{name}.parquet")

    def _name(self, label: int) -> str:
        return "" if label < 0 else self.labels[label]

    def _telling(self, title: str, label: int, importance: PerFeature) -> pd.DataFrame:
        order = np.argsort(-importance, kind="stable")[:TELLING]
        return pd.DataFrame(
            {
                "sampler": title,
                "label": self._name(label),
                "feature": [self.features[j] for j in order],
                "importance": importance[order],
            }
        )


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame that is there whole or not at all."""
    with written_at_once(path) as half_made:
        frame.to_parquet(half_made, index=False)


def _rows_beside(
    job: Job,
    known: Trained,
    X: Features,
    Y: LabelMatrix,
    part: tuple[float, float],
) -> Synthetic:
    """Rows of BESIDE: as many as the run made, for the same minority labels."""
    share = float(np.clip(known.synthetic.sum() / len(Y), 0.001, 10.0))
    sampler = params.build(SAMPLERS[BESIDE], {"budget": share}, random_state=job.seed)
    try:
        X_new, Y_new = sampler.fit_resample(
            X,
            Y,
            categorical_features=known.preparation.categorical_features_,
            on_progress=lambda fraction, **_: job.on_progress(
                part[0] + (part[1] - part[0]) * fraction
            ),
        )
    except AemloError:
        # This data set gives it nothing to work with: then there is nothing beside.
        return Synthetic(X[:0], Y[:0], np.empty(0, dtype=int), [])
    provenance = sampler.provenance_
    added = provenance["origin"].to_numpy() < 0
    return Synthetic(
        X_new[added],
        Y_new[added],
        provenance["label"].to_numpy()[added],
        provenance["parents"].to_numpy()[added],
    )
