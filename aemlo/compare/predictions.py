"""What every arm gave for every test row: the evidence of verdicts over rows. Ours.

Collected from the cells of a run as they come, kept in a folder, and read again.
Predictions are int8, -1 where a row was never tested; scores float32, NaN there.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from aemlo.arrays import LabelMatrix, Mask, Rows
from aemlo.compare import over_labels, over_rows
from aemlo.compare.equal_arms import Learner, cell_of
from aemlo.compare.over_rows import Given
from aemlo.compare.paired import OverRows, RowEvidence
from aemlo.metrics.rare import Group

MOST_BYTES = 400 * 1024**2
"""Scores of a whole run beyond this size are not kept; predictions always are."""
PREDICTIONS, INDEX = "predictions.npz", "predictions.json"


class Predicted(Protocol):
    """A cell of a run, as far as it is needed here."""

    dataset: int
    sampler: str
    classifier: str
    repeat: int
    fold: int
    predicted: Mask | None
    test_scores: NDArray[np.float32] | None


class Place(NamedTuple):
    """Which predictions: number of the data set, arm of the run, and repeat."""

    dataset: int
    sampler: str
    classifier: str
    repeat: int


@dataclass
class Predictions:
    """Predictions and scores (n, q) of a run by Place, with the truth.

    `truth` (n, q), `groups` (masks of the rare labels) and `names` are one a data set;
    `tests` are the rows of each (data set, repeat, fold);
    `fold_of` the fold (n,) that tested each row, by data set and repeat, -1 where none.
    """

    truth: Sequence[LabelMatrix]
    groups: Sequence[Mapping[Group, Mask]]
    names: Sequence[str]
    tests: Mapping[tuple[int, int, int], Rows] = field(default_factory=dict)
    keeps_scores: bool = True
    predicted: dict[Place, NDArray[np.int8]] = field(default_factory=dict)
    scores: dict[Place, NDArray[np.float32]] = field(default_factory=dict)
    fold_of: dict[tuple[int, int], NDArray[np.int16]] = field(default_factory=dict)

    def add(self, cell: Predicted) -> None:
        """Take in a cell; one that failed has nothing to give."""
        if cell.predicted is None:
            return
        place = Place(cell.dataset, cell.sampler, cell.classifier, cell.repeat)
        rows = self.tests[cell.dataset, cell.repeat, cell.fold]
        shape = self.truth[cell.dataset].shape
        if place not in self.predicted:
            self.predicted[place] = np.full(shape, -1, dtype=np.int8)
        self.predicted[place][rows] = cell.predicted
        untested = np.full(shape[0], -1, dtype=np.int16)
        fold_of = self.fold_of.setdefault((cell.dataset, cell.repeat), untested)
        fold_of[rows] = cell.fold
        if not self.keeps_scores or cell.test_scores is None:
            return
        if place not in self.scores:
            self.scores[place] = np.full(shape, np.nan, dtype=np.float32)
        self.scores[place][rows] = cell.test_scores

    def save(
        self,
        folder: Path,
        written: Callable[[Path], AbstractContextManager[Path]] = nullcontext,
    ) -> None:
        """Write predictions and scores to `folder`, for `load`.

        `written(path)` gives the path to write to, such as `store.written_at_once`.
        """
        index = [list(place) for place in self.predicted]
        arrays: dict[str, NDArray] = {
            str(i): array for i, array in enumerate(self.predicted.values())
        }
        arrays |= {
            f"fold_{dataset}_{repeat}": fold
            for (dataset, repeat), fold in self.fold_of.items()
        }
        with written(folder / PREDICTIONS) as path, path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        for i, place in enumerate(self.predicted):
            if place not in self.scores:
                continue
            with written(_of_scores(folder, i)) as path, path.open("wb") as file:
                np.save(file, self.scores[place], allow_pickle=False)
        with written(folder / INDEX) as path:
            path.write_text(json.dumps(index), encoding="utf-8")

    @classmethod
    def load(
        cls,
        folder: Path,
        truth: Sequence[LabelMatrix],
        groups: Sequence[Mapping[Group, Mask]],
        names: Sequence[str],
    ) -> "Predictions | None":
        """What `save` wrote; None where a run has no predictions.

        Scores stay on the disk until they are used.
        """
        if not (folder / INDEX).exists():
            return None
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        places = [Place(*entry) for entry in index]
        with np.load(folder / PREDICTIONS, allow_pickle=False) as arrays:
            predictions = {place: arrays[str(i)] for i, place in enumerate(places)}
            # Runs of an earlier version do not say in which fold a row was tested.
            fold_of = {
                (place.dataset, place.repeat): arrays[_of_fold(place)]
                for place in places
                if _of_fold(place) in arrays
            }
        scores = {
            place: np.load(_of_scores(folder, i), mmap_mode="r", allow_pickle=False)
            for i, place in enumerate(places)
            if _of_scores(folder, i).exists()
        }
        return cls(
            truth,
            groups,
            names,
            predicted=predictions,
            scores=scores,
            fold_of=fold_of,
        )

    def given(
        self,
        dataset: int,
        sampler: str,
        classifier: str,
        rows: Rows,
        repeats: Sequence[int],
    ) -> Given:
        """What an arm gave for `rows` in each of `repeats`."""
        places = [Place(dataset, sampler, classifier, repeat) for repeat in repeats]
        kept = all(place in self.scores for place in places)
        return Given(
            [self.predicted[place][rows] for place in places],
            [np.asarray(self.scores[place][rows], dtype=float) for place in places]
            if kept
            else (),
        )

    def tested_rows(self, dataset: int) -> Rows:
        """The rows of a data set that every arm was tested on in every repeat."""
        tested = np.ones(len(self.truth[dataset]), dtype=bool)
        for place, predicted in self.predicted.items():
            if place.dataset == dataset:
                tested &= predicted[:, 0] >= 0
        return np.flatnonzero(tested)

    def repeats(self, dataset: int, sampler: str, classifier: str) -> set[int]:
        """The repeats in which an arm of the run gave predictions."""
        arm = (dataset, sampler, classifier)
        return {place.repeat for place in self.predicted if place[:3] == arm}

    def folds(self, dataset: int, repeats: Sequence[int]) -> list[NDArray[np.int16]]:
        """The fold (n,) of each row in each of `repeats`; empty where not known."""
        if not all((dataset, repeat) in self.fold_of for repeat in repeats):
            return []
        return [self.fold_of[dataset, repeat] for repeat in repeats]

    def of_label(
        self,
        dataset: int,
        arm: str,
        learner: str,
        learners: Mapping[str, Learner],
        column: int,
    ) -> dict[int, NDArray[np.int8]]:
        """Predictions (n,) of one label by an arm, by repeat; -1 where untested."""
        cell = self._cell(arm, learner, learners)
        return {
            place.repeat: predicted[:, column]
            for place, predicted in self.predicted.items()
            if place.dataset == dataset and place[1:3] == cell
        }

    def _cell(
        self, arm: str, learner: str, learners: Mapping[str, Learner]
    ) -> tuple[str, str] | None:
        """(sampler, classifier) of the run that an arm with a learner stands for."""
        samplers = list(dict.fromkeys(place.sampler for place in self.predicted))
        classifiers = dict.fromkeys(place.classifier for place in self.predicted)
        known = {name: learners.get(name, Learner(name)) for name in classifiers}
        return cell_of(arm, learner, samplers, known)

    def over_rows(self, learners: Mapping[str, Learner], seed: int = 0) -> OverRows:
        """The judge of `before_after` for one set of test rows.

        `learners` says what each classifier is (see `aemlo.compare.equal_arms`).
        """

        def judge(
            dataset: str,
            metric: str,
            classifier: str,
            sampler: str,
            baseline: str,
            level: float,
        ) -> RowEvidence:
            number = list(self.names).index(dataset)
            pair = self._pair(number, classifier, sampler, baseline, learners)
            if pair is None:
                return RowEvidence(reason="one test set")
            rng = np.random.default_rng([seed, _number_of(metric)])
            return over_rows.of_metric(
                metric,
                self.truth[number][pair.rows],
                pair.arm,
                pair.baseline,
                self.groups[number],
                rng,
                level,
            )

        return judge

    def per_label(
        self,
        dataset: str,
        learner: str,
        arm: str,
        baseline: str,
        learners: Mapping[str, Learner],
        *,
        level: float = 0.95,
        seed: int = 0,
        comparisons: int | None = None,
    ) -> pd.DataFrame | None:
        """`over_labels.of_labels` of an arm against the baseline; None without them.

        `comparisons` is how many Holm's correction will be over (None: the labels).
        """
        number = list(self.names).index(dataset)
        pair = self._pair(number, learner, arm, baseline, learners)
        if pair is None:
            return None
        return over_labels.of_labels(
            self.truth[number][pair.rows],
            pair.arm,
            pair.baseline,
            np.random.default_rng([seed, len(pair.rows)]),
            folds=pair.folds,
            level=level,
            comparisons=comparisons,
        )

    def _pair(
        self,
        number: int,
        learner: str,
        arm: str,
        baseline: str,
        learners: Mapping[str, Learner],
    ) -> "_Pair | None":
        """The two arms on the rows that all were tested on, in the repeats of both."""
        cells = [self._cell(name, learner, learners) for name in (arm, baseline)]
        first, second = cells
        if first is None or second is None:
            return None
        repeats = sorted(self.repeats(number, *first) & self.repeats(number, *second))
        rows = self.tested_rows(number)
        if not repeats or not len(rows):
            return None
        return _Pair(
            rows,
            self.given(number, *first, rows, repeats),
            self.given(number, *second, rows, repeats),
            [fold[rows] for fold in self.folds(number, repeats)],
        )


class _Pair(NamedTuple):
    """Two arms on the same rows; `folds` (n,) of each repeat, where they are known."""

    rows: Rows
    arm: Given
    baseline: Given
    folds: Sequence[Rows]


def _of_scores(folder: Path, number: int) -> Path:
    return folder / f"test_scores_{number}.npy"


def _of_fold(place: Place) -> str:
    return f"fold_{place.dataset}_{place.repeat}"


def _number_of(text: str) -> int:
    return zlib.crc32(text.encode())
