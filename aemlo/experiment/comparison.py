"""`run`: from data sets and arms to tidy rows, one cell at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd

from aemlo.dataset import Dataset
from aemlo.errors import ParameterError
from aemlo.experiment.cell_keys import Arm, cell_key
from aemlo.experiment.engine import Engine, finished
from aemlo.experiment.folds import Split, Splits
from aemlo.experiment.unit import Cell, Unit
from aemlo.experiment.whole_progress import WholeProgress
from aemlo.metrics import METRICS
from aemlo.registry import find

COLUMNS = ("dataset", "sampler", "classifier", "repeat", "fold")
COLUMNS += ("metric", "label", "value")
# The rest describes the cell a row is from, or the direction of its metric.
FACTS = ("better", "train_rows", "test_rows", "sampled_rows", "prepare_seconds")
FACTS += ("sample_seconds", "fit_seconds", "predict_seconds", "peak_mb")
FACTS += ("test_rows_used", "duplicate_rows", "leaks", "error")


@dataclass(frozen=True, eq=False)
class Grid:
    """All that a run will do: data sets with their splits, and its units of work."""

    datasets: tuple[Dataset, ...]
    splits: tuple[tuple[Split, ...], ...]
    units: tuple[Unit, ...]

    @property
    def cells(self) -> int:
        """Number of (split, sampler, classifier) there are."""
        return sum(len(unit.classifiers) for unit in self.units)


def run(
    dataset: Dataset | Sequence[Dataset],
    samplers: Mapping[str, Any],
    classifiers: Mapping[str, Any],
    *,
    splits: Splits | None = None,
    seed: int = 0,
    scale: str = "min-max",
    leak: str = "",
    metrics: Iterable[str] | None = None,
    cells: Any = None,
    engine: Engine | None = None,
    on_progress: Callable[..., None] | None = None,
    on_scores: Callable[[pd.DataFrame], None] | None = None,
    on_cell: Callable[[Cell], None] | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Tidy rows of every sampler with every classifier on the same splits.

    `dataset` is a Dataset or several; `samplers` and `classifiers` map names to
    objects, which are cloned and seeded per cell from `seed` and their own name, so
    that one more arm changes no other. `splits` says how rows are divided, `engine`
    where the work is done; `settings` are fields of either by their own names, such as
    `folds=10` or `jobs=2`. `metrics` are titles (None: all). `cells`, with `get(key)`
    and `put(cell)`, keeps finished cells, so that none is computed twice. `leak` plants
    a mistake on purpose: "scaler" or "sampler" fitted before the split.

    Columns: COLUMNS, then FACTS; rows in the order of the arguments. A cell that failed
    has NaN for every metric and its `error`. `on_scores(frame)` gets each unit's rows
    as they come, `on_cell(cell)` each Cell with its predictions,
    `on_progress(fraction, message=...)` is called at least every half second. Raises
    DataError for a split that cannot be made, ParameterError for unknown names.
    """
    splits, rest = _with(splits or Splits(), settings)
    engine, rest = _with(engine or Engine(), rest)
    _refuse(rest)
    plan = grid(
        dataset,
        samplers,
        classifiers,
        splits=splits,
        seed=seed,
        scale=scale,
        leak=leak,
    )
    titles = [find(METRICS, title, "metric").title for title in metrics or METRICS]
    results = _Results(plan, titles, cells, on_progress, on_scores, on_cell)
    for unit, ended, error in finished(
        results.take_known(),
        plan.datasets,
        results.progress.report,
        keep=results.remember,
        engine=engine,
    ):
        results.add(unit, ended or _lost(unit, error))
    return in_order(results.rows(), plan, classifiers)


def grid(
    dataset: Dataset | Sequence[Dataset],
    samplers: Mapping[str, Any],
    classifiers: Mapping[str, Any],
    *,
    splits: Splits | None = None,
    seed: int = 0,
    scale: str = "min-max",
    leak: str = "",
    **settings: Any,
) -> Grid:
    """The Grid that `run` would work through with these arguments."""
    splits, rest = _with(splits or Splits(), settings)
    _refuse(rest)
    datasets = _several(dataset)
    _check_arms(samplers, "sampler")
    _check_arms(classifiers, "classifier")
    divisions = tuple(splits.of(one, seed) for one in datasets)
    arms = (
        {name: Arm.of(name, one) for name, one in samplers.items()},
        {name: Arm.of(name, one) for name, one in classifiers.items()},
    )
    options = {"seed": seed, "scale": scale, "leak": leak}
    units = []
    for number, name, split in _places(divisions, samplers):
        keyed = {
            classifier: (
                classifiers[classifier],
                cell_key(datasets[number], split, arms[0][name], arm, **options),
            )
            for classifier, arm in arms[1].items()
        }
        units.append(
            Unit(
                dataset=number,
                split=split,
                sampler_name=name,
                sampler=samplers[name],
                classifiers=keyed,
                **options,
            )
        )
    return Grid(datasets, divisions, tuple(units))


def _places(
    divisions: tuple[tuple[Split, ...], ...], samplers: Mapping[str, Any]
) -> Iterator[tuple[int, str, Split]]:
    """(number of the data set, sampler, split) of each unit, in order."""
    for number, its_splits in enumerate(divisions):
        for split in its_splits:
            for name in samplers:
                yield number, name, split


def _with(group: Any, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A dataclass with its fields taken from `settings`, and what is left of these."""
    names = {field.name for field in fields(group)}
    own = {name: value for name, value in settings.items() if name in names}
    rest = {name: value for name, value in settings.items() if name not in names}
    return replace(group, **own), rest


def _refuse(settings: Mapping[str, Any]) -> None:
    if settings:
        raise TypeError(f"A comparison has no setting {next(iter(settings))!r}.")


class _Results:
    """The cells of a run as they come: kept, handed on, and put into tidy rows."""

    def __init__(
        self,
        plan: Grid,
        titles: list[str],
        cells: Any,
        on_progress: Callable[..., None] | None,
        on_scores: Callable[[pd.DataFrame], None] | None,
        on_cell: Callable[[Cell], None] | None,
    ):
        self.plan = plan
        self.titles = titles
        self.cells = cells
        self.on_scores = on_scores
        self.on_cell = on_cell
        self.progress = WholeProgress(plan.units, on_progress)
        self.frames: dict[tuple, list[pd.DataFrame]] = {}

    def take_known(self) -> list[Unit]:
        """Add the cells that are kept; the units of those that are not."""
        missing = []
        for unit in self.plan.units:
            known, rest = _known(unit, self.cells)
            if known:
                self.add(unit, known)
            if rest.classifiers:
                # Cells that are kept serve whoever asks for other metrics later.
                rest.metrics = tuple(self.titles) if self.cells is None else None
                missing.append(rest)
        return missing

    def add(self, unit: Unit, cells: list[Cell]) -> None:
        """Take in cells of `unit`, and hand them on."""
        frame = tidy(cells, self.plan.datasets, self.titles)
        self.frames.setdefault(_place(unit), []).append(frame)
        for cell in cells:
            if self.on_cell:
                self.on_cell(cell)
        if self.on_scores:
            self.on_scores(frame)
        self.progress.done(unit, cells)

    def remember(self, cell: Cell) -> None:
        """Keep a cell that came out well."""
        if self.cells is not None and not cell.error:
            self.cells.put(cell)

    def rows(self) -> pd.DataFrame:
        """The tidy rows of all that came, unit by unit."""
        rows = [frame for place in sorted(self.frames) for frame in self.frames[place]]
        return pd.concat(rows, ignore_index=True)


def tidy(
    cells: Iterable[Cell], datasets: Sequence[Dataset], titles: Sequence[str]
) -> pd.DataFrame:
    """The rows of `cells` for the metrics `titles`, in COLUMNS and FACTS."""
    rows = []
    for cell in cells:
        place = (datasets[cell.dataset].name, cell.sampler, cell.classifier)
        place += (cell.repeat, cell.fold)
        facts = [cell.facts.get(name) for name in FACTS[1:-1]]
        scores = cell.scores
        if cell.error:
            whole = [title for title in titles if not METRICS[title].per_label]
            scores = [(title, "", float("nan")) for title in whole]
        for metric, label, value in scores:
            if metric in titles:
                score = (metric, label, float(value), METRICS[metric].better)
                rows.append((*place, *score, *facts, cell.error))
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *FACTS])
    frame["leaks"] = frame["leaks"].fillna("")
    return frame


def in_order(
    frame: pd.DataFrame, plan: Grid, classifiers: Iterable[str]
) -> pd.DataFrame:
    """Rows by data set, sampler, classifier, repeat and fold, in the order asked."""
    orders = {
        "dataset": list(dict.fromkeys(d.name for d in plan.datasets)),
        "sampler": list(dict.fromkeys(u.sampler_name for u in plan.units)),
        "classifier": list(classifiers),
    }
    keys = pd.DataFrame(
        {
            name: frame[name].map({entry: i for i, entry in enumerate(order)})
            for name, order in orders.items()
        }
        | {"repeat": frame["repeat"], "fold": frame["fold"]}
    )
    order = keys.sort_values(list(keys.columns), kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _several(dataset: Dataset | Sequence[Dataset]) -> tuple[Dataset, ...]:
    datasets = (dataset,) if isinstance(dataset, Dataset) else tuple(dataset)
    if not datasets:
        raise ParameterError("A comparison needs at least one data set, got none.")
    names = [one.name for one in datasets]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ParameterError(
            f"Two data sets are both called {twice!r}. Give one another name."
        )
    return datasets


def _check_arms(arms: Any, what: str) -> None:
    if not isinstance(arms, Mapping) or isinstance(arms, str | Sequence) or not arms:
        raise ParameterError(
            f"A comparison needs a dict of at least one {what}, name to object, "
            f"got {arms!r}."
        )


def _place(unit: Unit) -> tuple[int, int, int, str]:
    return (unit.dataset, unit.split.repeat, unit.split.fold, unit.sampler_name)


def _known(unit: Unit, cells: Any) -> tuple[list[Cell], Unit]:
    """The cells of `unit` computed before, and the unit of the others."""
    if cells is None:
        return [], unit
    known, missing = [], {}
    for name, (classifier, key) in unit.classifiers.items():
        cell = cells.get(key)
        if cell is None:
            missing[name] = (classifier, key)
        else:
            cell.dataset = unit.dataset
            known.append(cell)
    return known, replace(unit, classifiers=missing)


def _lost(unit: Unit, error: str) -> list[Cell]:
    """A Cell with `error` for every classifier of a unit that never came back."""
    cells = unit.cells().values()
    for cell in cells:
        cell.error = error
    return list(cells)
