"""What a measure of plausibility is, and how one is registered.

A measure carries its own words: its formula, what it tells, what good looks like and
where it comes from. It compares a Group, synthetic rows beside real ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

from aemlo import params
from aemlo.arrays import Features, LabelMatrix, Rows
from aemlo.quality import figures
from aemlo.quality.settings import Judging

KYNKAANNIEMI = "Kynkäänniemi et al., NeurIPS 2019"
NAEEM = "Naeem et al., ICML 2020"
LOPEZ_PAZ = "Lopez-Paz, Oquab, ICLR 2017"
OURS = "ours"

Parents: TypeAlias = Sequence[Sequence[int]]
"""Of each synthetic row (m,), the positions of its parents among the real rows."""


class Figure(NamedTuple):
    """A measure's value, that of real rows among themselves (NaN for none), and the
    number of synthetic rows behind it."""

    value: float
    reference: float
    rows: int


class Compared:
    """Synthetic rows X (m, d), Y (m, q) beside real ones X (n, d), Y (n, q).

    `stands_for` (m,) is the label each synthetic row stands for (see
    `figures.purpose`), `judging` says what the measures look at. What several measures
    need of each row is computed once: `agreement` (m,) and `own_agreement` (n,) of
    labels, the distances `to_real` (m,) of synthetic rows and `among` (n,) real ones,
    and which synthetic rows have `strayed` (m,) from the region of their label.
    """

    def __init__(
        self,
        real: Features,
        Y_real: LabelMatrix,
        synthetic: Features,
        Y_synthetic: LabelMatrix,
        made_for: Rows,
        judging: Judging,
    ) -> None:
        self.real, self.Y_real = real, np.asarray(Y_real)
        self.synthetic, self.Y_synthetic = synthetic, np.asarray(Y_synthetic)
        self.judging = judging
        self.stands_for = figures.purpose(self.Y_real, self.Y_synthetic, made_for)
        k = judging.agreement
        self.agreement = figures.label_agreement(
            real, self.Y_real, synthetic, self.Y_synthetic, k
        )
        self.own_agreement = figures.label_agreement(real, self.Y_real, k=k)
        self.to_real, self.among = figures.nearest_real(real, synthetic)
        self.strayed = figures.outside(
            real, self.Y_real, synthetic, self.stands_for, judging.region
        )

    @property
    def labels(self) -> Rows:
        """Labels that both a real and a synthetic row have."""
        return np.flatnonzero(self.Y_synthetic.any(axis=0) & self.Y_real.any(axis=0))

    def of_all(self, alike: Rows) -> "Group":
        """All rows; `alike` are real rows with the labels the synthetic stand for."""
        m, n = self.synthetic.shape[0], self.real.shape[0]
        everything = np.arange(m)
        return Group(self, -1, everything, np.arange(n), alike, everything)

    def of_label(self, label: int) -> "Group":
        """The rows with one label."""
        have = np.flatnonzero(self.Y_real[:, label])
        return Group(
            self,
            label,
            np.flatnonzero(self.Y_synthetic[:, label]),
            have,
            have,
            np.flatnonzero(self.stands_for == label),
        )


@dataclass(frozen=True)
class Group:
    """The part of what is Compared that one line of the report is about.

    Positions of rows: `new` synthetic ones, `have` the real ones they are held against,
    `alike` the real ones whose own figures are the reference, `meant` the synthetic
    ones that stand for one of the group's labels. `label` is -1 for all rows.
    """

    whole: Compared
    label: int
    new: Rows
    have: Rows
    alike: Rows
    meant: Rows

    @cached_property
    def real(self) -> Features:
        """Features of the real rows held against."""
        return self.whole.real[self.have]

    @cached_property
    def synthetic(self) -> Features:
        """Features of the synthetic rows."""
        return self.whole.synthetic[self.new]

    @property
    def judging(self) -> Judging:
        """What the measures look at."""
        return self.whole.judging


Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Measure:
    """One figure of the report.

    `function` takes a Group and returns a Figure, or None where a label has too few
    rows for it. With `by_forest` it is a two-sample test, which the report asks for as
    many labels as a Judging allows. `formula` is LaTeX; `meaning` and `good` say what
    it tells and what good looks like, in words for one Judging.
    """

    title: str
    function: Callable[..., Any]
    formula: str
    meaning: str
    good: str
    source: str
    by_forest: bool = False

    def in_words_of(self, judging: Judging) -> "Measure":
        """The measure with the settings of `judging` in its meaning."""
        settings = {name: getattr(judging, name) for name in params.parameters(Judging)}
        return replace(self, meaning=self.meaning.format(**settings))


_registered: list[Measure] = []


def measure(
    title: str,
    *,
    formula: str,
    meaning: str,
    good: str,
    source: str,
    by_forest: bool = False,
) -> Callable[[Function], Function]:
    """Register the function below as a measure; see Measure for what is said of it.

    `meaning` may name settings of a Judging in braces: "its nearest {coverage} rows".
    """

    def register(function: Function) -> Function:
        if any(known.title == title for known in _registered):
            raise ValueError(f"There is a measure {title!r} already.")
        entry = Measure(title, function, formula, meaning, good, source, by_forest)
        _registered.append(entry)
        return function

    return register


def registered(*modules: str) -> tuple[Measure, ...]:
    """Measures of the modules (names), module by module, in their order there."""
    return tuple(
        entry
        for name in modules
        for entry in _registered
        if entry.function.__module__ == name
    )
