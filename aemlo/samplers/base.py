"""What all samplers share: checks, seed, provenance, the kind of the input."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import validate_data

from aemlo import params
from aemlo.arrays import Features, LabelMatrix, Rows
from aemlo.errors import DataError, ParameterError
from aemlo.progress import no_progress
from aemlo.provenance import OF_RETURNED_ROWS, framed
from aemlo.samplers import size
from aemlo.wording import counted


@dataclass
class Synthetic:
    """New rows: X (m, d), Y (m, q), parents (m, p) original rows (-1 for none), label
    (m,) made for (-1 for none), weight (m,) step from the first parent (NaN if drawn
    per feature)."""

    X: np.ndarray | sparse.csr_matrix
    Y: np.ndarray
    parents: np.ndarray
    label: np.ndarray
    weight: np.ndarray | None = None


class Sampler(BaseEstimator, ABC):
    """Takes X, Y and returns X, Y with rows added, removed or split.

    Subclasses write `_resample` only. `title` is the name in the registry;
    `deterministic` says that nothing is drawn; `reads_features` is False where the
    choice of rows needs Y only; `selects_rows` that every returned row is a given one.
    `kind` says what it does to rows, in a word or two; `colour` ("#RRGGBB") and
    `marker` (a Plotly symbol) are its own in charts, None where any free one will do
    (literals: see aemlo.sampler_styles). `cheap_settings` make a sampler that trains
    quickly, for tests; `leaves_balanced` says that data without a minority label come
    back as they were, with a note. For the methods page: `formulas`, pairs of words and
    LaTeX, and `idea`, `helps`, `harms`, `source`, `keeps`, `differs`, a sentence or two
    each.

    After `fit_resample`: `provenance_`, a frame with one row per returned row, its
    columns `aemlo.provenance.OF_RETURNED_ROWS`, and `notes_`, sentences about what
    could not be done as asked (`aemlo.notes.Note` where they are about labels). As in
    imbalanced-learn: `n_features_in_`, `feature_names_in_` where X was a frame, and,
    where rows are only selected, `sample_indices_`: X[sample_indices_] and
    Y[sample_indices_] are what was returned.
    """

    _estimator_type: ClassVar[str] = "sampler"  # how imbalanced-learn knows one

    title: str
    n_features_in_: int
    notes_: list[str]
    provenance_: pd.DataFrame
    kind: str = "changes nothing"
    colour: str | None = None
    marker: str | None = None
    cheap_settings: Mapping[str, Any] = {}
    deterministic: bool = False
    reads_features: bool = True
    selects_rows: bool = False
    leaves_balanced: bool = True
    formulas: tuple[tuple[str, str], ...] = ()
    idea = helps = harms = source = keeps = differs = ""

    @classmethod
    def own(cls, name: str) -> Any:
        """The class attribute `name` if the class itself has it, not a parent."""
        return vars(cls).get(name)

    def fit_resample(
        self,
        X: Any,
        Y: Any,
        *,
        categorical_features: Sequence[Rows] = (),
        on_progress: Callable[..., object] | None = None,
    ) -> tuple[Any, Any]:
        """X (n, d) and Y (n, q) of 0 and 1, resampled; the same kind comes back.

        NumPy, SciPy sparse and pandas are taken, and lists, for which arrays come back;
        `categorical_features` are groups of one-hot
        columns; `on_progress(fraction, **values)` is called as the work goes and may
        raise to end it. Raises ParameterError for a setting out of range, DataError
        for X or Y that cannot be used.
        """
        params.check(self)
        matrix, labels = self._checked(X, Y)
        self.notes_ = []
        self._label_names = names_of(Y)
        self.categorical_features_ = tuple(
            np.asarray(group, dtype=int) for group in categorical_features
        )
        rng = self._rng()
        vars(self).pop("sample_indices_", None)
        X_new, Y_new, self.provenance_ = self._resample(
            matrix, labels, rng, on_progress or no_progress
        )
        if self.selects_rows:
            self.sample_indices_ = _selected(self.provenance_)
        return _as_given(X_new, X), _as_given(Y_new, Y)

    def preview(self, Y: Any) -> pd.DataFrame | None:
        """What `fit_resample` will do to the labels, as a frame with a row per label.

        Columns: `label`, `positives`, `IRLbl`, `rows_for_label` (to be made for it),
        `positives_after` and `IRLbl_after`. Exact, for the same `random_state`, where
        the sampler reads labels only; None where it depends on the features.
        """
        return clone(self).plan_labels(Y)

    def plan_labels(self, Y: Any) -> pd.DataFrame | None:
        """`preview` without the copy: `notes_` become those of the plan."""
        params.check(self)
        Y = _array_of(Y)
        self.notes_, self._label_names = [], names_of(Y)
        if self.reads_features:
            return self._planned(Y)
        labels = np.asarray(Y.toarray() if sparse.issparse(Y) else Y)
        # Settings may name labels, so the names go along.
        named = Y if isinstance(Y, pd.DataFrame) else labels
        after = np.asarray(self.fit_resample(np.zeros((len(labels), 1)), named)[1])
        del self.n_features_in_  # that column is ours
        label = self.provenance_["label"].to_numpy()
        return size.preview_frame(
            names_of(Y),
            labels,
            after.sum(axis=0, dtype=int),
            np.bincount(label[label >= 0], minlength=labels.shape[1]),
        )

    def _planned(self, Y: Any) -> pd.DataFrame | None:
        """The preview of a sampler that reads features; None where there is none."""
        return None

    @abstractmethod
    def _resample(
        self,
        X: Features,
        Y: LabelMatrix,
        rng: np.random.Generator,
        on_progress: Callable[..., object],
    ) -> tuple[Features, LabelMatrix, pd.DataFrame]:
        """X (n, d) float, NumPy or CSR, Y (n, q) uint8 -> X, Y, provenance frame."""

    def _rng(self):
        """A generator from `random_state`: a number, a RandomState or None."""
        seed = self._seed()
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        return np.random.default_rng(seed)

    def _seed(self):
        # Who draws nothing has no seed, and must not take one from NumPy's generator.
        return getattr(self, "random_state", 0)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.target_tags.one_d_labels = False
        tags.target_tags.two_d_labels = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags

    def _checked(self, X, Y):
        given = X
        if isinstance(X, pd.DataFrame):
            try:
                X = X.to_numpy(dtype=float)
            except (TypeError, ValueError):
                words = X.select_dtypes(exclude=["number", "bool"]).columns
                raise DataError(
                    f"{self.title}: X must hold numbers; columns "
                    f"{', '.join(map(repr, words[:5]))} do not. Code them first."
                ) from None
        matrix = _canonical(X) if sparse.issparse(X) else np.asarray(X)
        labels = Y.toarray() if sparse.issparse(Y) else np.asarray(Y)
        if matrix.ndim != 2 or labels.ndim != 2:
            raise DataError(
                f"{self.title}: X and Y must have two dimensions, got {matrix.ndim} "
                f"and {labels.ndim}. One label is a column: Y[:, None]."
            )
        if len(labels) != matrix.shape[0] or not len(labels):
            raise DataError(
                f"{self.title}: X has {matrix.shape[0]} rows and Y {len(labels)}; both "
                "must have the same number, at least 1."
            )
        if not matrix.shape[1] or not labels.shape[1]:
            raise DataError(
                f"{self.title}: X has {counted(matrix.shape[1], 'column')} and Y "
                f"{counted(labels.shape[1], 'column')}; both must have at least 1."
            )
        if not _zeros_and_ones(labels):
            raise DataError(f"{self.title}: Y must hold only 0 and 1.")
        if matrix.dtype.kind not in "fiub":
            raise DataError(f"{self.title}: X must hold numbers, got {matrix.dtype}.")
        if not np.isfinite(matrix.data if sparse.issparse(matrix) else matrix).all():
            raise DataError(
                f"{self.title}: X has missing or infinite values. Impute them first."
            )
        if matrix.dtype.kind != "f":
            matrix = matrix.astype(float)
        self._keep_names(given)
        return matrix, labels.astype(np.uint8)

    def _keep_names(self, X):
        """`n_features_in_` and `feature_names_in_`, as scikit-learn has them."""
        try:
            validate_data(self, X, reset=True, skip_check_array=True)
        except TypeError as problem:  # names that are texts and numbers
            words = " ".join(str(problem).split())
            raise DataError(f"{self.title}: {words}") from None


class OverSampler(Sampler):
    """A sampler that adds rows after the old ones; subclasses write `_generate`.

    Sized by `budget`, `target` and `labels` (see aemlo.samplers.size): `_quotas(Y)`
    gives the rows to make for each label. `_paper_quotas` is the published rule,
    `_default_labels` the labels that it is for.
    """

    kind = "adds rows"
    budget = target = labels = None

    def _planned(self, Y: Any) -> pd.DataFrame | None:
        """The preview where features are read: what is to be expected of the labels.

        See aemlo.samplers.size.expected_counts for how.
        """
        known, labels = size.known_and_dense(Y)
        rows = self._quotas(labels)
        after = size.expected_counts(known, rows, self._value_made(labels))
        return size.preview_frame(names_of(Y), known, after, rows)

    def _quotas(self, Y: LabelMatrix) -> Rows:
        """Rows to make for each label, whole numbers (q,); says in `notes_` if none."""
        labels = self._chosen_labels(Y)
        rows = size.quotas(
            Y,
            labels,
            self.budget,
            self._target_by_column(),
            lambda: self._paper_quotas(Y, labels),
        )
        if rows.sum() > size.MOST_TIMES * len(Y):
            raise ParameterError(
                f"{self.title}: the target asks for {rows.sum():,} rows more, over "
                f"{size.MOST_TIMES} times the {len(Y):,} given. Ask for fewer, or set "
                "a budget."
            )
        if not rows.sum():
            self.notes_.append(self._nothing_to_do(labels, Y))
        return rows

    def _target_by_column(self):
        """`target` with label names turned into columns."""
        if not isinstance(self.target, Mapping):
            return self.target
        return {
            size.column_of(label, self._label_names, self.title): count
            for label, count in self.target.items()
        }

    def _nothing_to_do(self, labels, Y):
        if len(labels):
            return "Every label has the rows asked for already: nothing was added."
        return (
            f"{size.evenness(Y)}: no label has IRLbl above MeanIR, so nothing was "
            "added. Name the labels, with a budget or target, to add rows anyway."
        )

    def _chosen_labels(self, Y):
        if self.labels is None:
            return self._default_labels(Y)
        names = self._label_names
        positions = [size.column_of(j, names, self.title) for j in self.labels]
        return np.unique(np.array(positions, dtype=int))

    def _value_made(self, Y: LabelMatrix) -> Any:
        """What a row made for a label has there: 1, or (q,) of 0 and 1."""
        return 1

    def _default_labels(self, Y: LabelMatrix) -> Rows:
        """Positions of the labels to make rows for: the minority labels."""
        return size.minority(Y)

    def _paper_quotas(self, Y: LabelMatrix, labels: Rows) -> Rows:
        """Rows to make for each label (q,) by the published rule: one per positive."""
        rows = np.zeros(Y.shape[1], dtype=int)
        rows[labels] = Y[:, labels].sum(axis=0)
        return rows

    def _resample(
        self,
        X: Features,
        Y: LabelMatrix,
        rng: np.random.Generator,
        on_progress: Callable[..., object],
    ) -> tuple[Features, LabelMatrix, pd.DataFrame]:
        new = self._generate(X, Y, rng, on_progress)
        Y_all = np.vstack([Y, new.Y.astype(Y.dtype)])
        return stacked([X, new.X]), Y_all, provenance(len(Y), new)

    @abstractmethod
    def _generate(
        self,
        X: Features,
        Y: LabelMatrix,
        rng: np.random.Generator,
        on_progress: Callable[..., object],
    ) -> Synthetic:
        """The Synthetic rows made from X (n, d) and Y (n, q)."""


def stacked(parts: Sequence[Any]) -> Any:
    """Matrices one below another, NumPy or CSR as the first is, in its dtype."""
    first = parts[0]
    if sparse.issparse(first):
        rest = [sparse.csr_matrix(part, dtype=first.dtype) for part in parts[1:]]
        return sparse.csr_matrix(sparse.vstack([first, *rest]))
    return np.vstack([first, *(part.astype(first.dtype) for part in parts[1:])])


def no_rows(X: Features, Y: LabelMatrix) -> Synthetic:
    """A Synthetic of no rows, for data X (n, d), Y (n, q)."""
    nothing = np.zeros(0, dtype=int)
    return Synthetic(X[:0], Y[:0], nothing[:, None], nothing)


def clones(X: Features, Y: LabelMatrix, rows: Rows, label: Rows) -> Synthetic:
    """Synthetic copies of `rows` of X, Y, made for `label` (m,)."""
    return Synthetic(X[rows], Y[rows], rows[:, None], label, np.zeros(len(rows)))


def kept_provenance(rows: Rows) -> pd.DataFrame:
    """The frame for original `rows` only, in the order given."""
    frame = provenance(len(rows))
    return frame.assign(origin=np.asarray(rows, dtype=int))


def provenance(n: int, new: Synthetic | None = None) -> pd.DataFrame:
    """The frame for `n` original rows followed by the rows of `new` (Synthetic)."""
    m = len(new.label) if new is not None else 0
    origin, label = np.full(n + m, -1), np.full(n + m, -1)
    origin[:n] = np.arange(n)
    parents, weight = np.empty(n + m, dtype=object), np.full(n + m, np.nan)
    parents.fill(())
    if new is not None and m:
        parents[n:] = _tuples(np.asarray(new.parents))
        label[n:] = new.label
        if new.weight is not None:
            weight[n:] = new.weight
    return framed(
        OF_RETURNED_ROWS,
        {"origin": origin, "parents": parents, "label": label, "weight": weight},
        n + m,
        "sampler",
    )


def _array_of(Y: Any) -> Any:
    """Y, a list as an array."""
    return np.array(Y) if isinstance(Y, list | tuple) else Y


def _selected(frame):
    """Positions (m,) of the given rows that are returned, from `provenance_`."""
    origin = frame["origin"].to_numpy(copy=True)
    clones = np.flatnonzero(origin < 0)
    origin[clones] = [parents[0] for parents in frame["parents"].iloc[clones]]
    return origin


def _tuples(parents):
    """Rows of `parents` (m, p) as tuples, without their -1, in an array (m,)."""
    rows = map(tuple, parents.tolist())
    if (parents < 0).any():
        rows = (tuple(p for p in row if p >= 0) for row in rows)
    positions = np.empty(len(parents), dtype=object)
    for place, row in enumerate(rows):
        positions[place] = row
    return positions


def _canonical(X):
    """X as CSR with each entry stored once, columns in order; X itself if it is so."""
    X = X.tocsr()
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def dense(X: Features) -> np.ndarray:
    """X (n, d) as a NumPy array."""
    return X if isinstance(X, np.ndarray) else X.toarray()


def _zeros_and_ones(labels):
    if labels.dtype.kind in "ub":
        return labels.max(initial=0) <= 1
    return np.isin(labels, (0, 1)).all()


def names_of(Y: Any) -> Sequence[Any]:
    """Names of the labels of Y (n, q): its columns', else the numbers 0 to q - 1."""
    return tuple(Y.columns) if isinstance(Y, pd.DataFrame) else range(np.shape(Y)[1])


def _as_given(new, given):
    """`new` in the kind and dtype of `given`: pandas, SciPy sparse or NumPy."""
    if isinstance(given, pd.DataFrame):
        frame = pd.DataFrame(
            new.toarray() if sparse.issparse(new) else new, columns=given.columns
        )
        for k, kind in enumerate(given.dtypes):
            if kind != frame.dtypes.iloc[k]:
                column = frame.iloc[:, k]
                column = column.round() if kind.kind in "iu" else column
                frame.isetitem(k, column.astype(kind))
        return frame
    if not sparse.issparse(given):
        given = np.asarray(given)
    if given.dtype.kind in "iu" and new.dtype.kind == "f":
        new = new.rint() if sparse.issparse(new) else np.rint(new)
    if sparse.issparse(given):
        return type(given)(new).astype(given.dtype)
    return new.astype(given.dtype, copy=False)
