"""`run`: from data sets and arms to tidy rows, one cell at a time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from aemlo.dataset import Dataset
from aemlo.errors import ParameterError
from aemlo.experiment import engine
from aemlo.experiment import folds as folding
from aemlo.experiment.recipe import cell_key
from aemlo.experiment.unit import Cell, Unit
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

    datasets: tuple
    splits: tuple
    units: tuple

    @property
    def cells(self):
        """Number of (split, sampler, classifier) there are."""
        return sum(len(unit.classifiers) for unit in self.units)


def run(
    dataset,
    samplers,
    classifiers,
    *,
    folds=5,
    repeats=1,
    seed=0,
    metrics=None,
    split="folds",
    test_share=0.2,
    duplicates="together",
    scale="min-max",
    leak="",
    most_splits=None,
    cells=None,
    jobs=1,
    backend="loky",
    scheduler=None,
    on_progress=None,
    on_scores=None,
    on_cell=None,
):
    """Tidy rows of every sampler with every classifier on the same splits.

    `dataset` is a Dataset or several; `samplers` and `classifiers` map names to
    objects, which are cloned and seeded per cell from `seed` and their own name, so
    that one more arm changes no other. `split` is "folds", "hold-out" (`test_share`)
    or "declared"; see `aemlo.experiment.folds.plan` for it and for `duplicates`.
    `metrics` are titles (None: all). `cells`, with `get(key)` and `put(cell)`, keeps
    finished cells, so that none is computed twice. `backend` is "loky" (`jobs`
    processes here) or "dask" (`scheduler`, its address or a `schedulers.Scheduler`:
    only one you trust, it can run code here). `leak` plants a mistake on purpose:
    "scaler" or "sampler" fitted before the split. `most_splits` does only the first
    splits of each data set: a pilot, whose cells count later.

    Columns: COLUMNS, then FACTS; rows in the order of the arguments. A cell that failed
    has NaN for every metric and its `error`. `on_scores(frame)` gets each unit's rows
    as they come, `on_cell(cell)` each Cell with its predictions,
    `on_progress(fraction, message=...)` is called at least every half second. Raises
    DataError for a split that cannot be made, ParameterError for unknown names.
    """
    plan = grid(
        dataset,
        samplers,
        classifiers,
        folds=folds,
        repeats=repeats,
        seed=seed,
        split=split,
        test_share=test_share,
        duplicates=duplicates,
        scale=scale,
        leak=leak,
        most_splits=most_splits,
    )
    titles = [find(METRICS, title, "metric").title for title in metrics or METRICS]
    progress = _Progress(plan, on_progress)
    frames = {}

    def keep(unit, found):
        frame = tidy(found, plan.datasets, titles)
        frames.setdefault(_place(unit), []).append(frame)
        for cell in found:
            if on_cell:
                on_cell(cell)
        if on_scores:
            on_scores(frame)

    def remember(cell):
        if cells is not None and not cell.error:
            cells.put(cell)

    missing = []
    for unit in plan.units:
        known, rest = _known(unit, cells)
        if known:
            keep(unit, known)
            progress.done(unit, known)
        if rest.classifiers:
            # Cells that are kept serve whoever asks for other metrics later.
            rest.metrics = tuple(titles) if cells is None else None
            missing.append(rest)
    ends = engine.finished(
        missing,
        plan.datasets,
        progress.tell,
        keep=remember,
        jobs=jobs,
        backend=backend,
        scheduler=scheduler,
    )
    for unit, found, error in ends:
        found = found or _lost(unit, error)
        keep(unit, found)
        progress.done(unit, found)
    rows = [frame for place in sorted(frames) for frame in frames[place]]
    return in_order(pd.concat(rows, ignore_index=True), plan, classifiers)


def grid(
    dataset,
    samplers,
    classifiers,
    *,
    folds=5,
    repeats=1,
    seed=0,
    split="folds",
    test_share=0.2,
    duplicates="together",
    scale="min-max",
    leak="",
    most_splits=None,
):
    """The Grid that `run` would work through with these arguments."""
    datasets = _several(dataset)
    _check_arms(samplers, "sampler")
    _check_arms(classifiers, "classifier")
    splits = tuple(
        folding.plan(
            one,
            split,
            folds=folds,
            repeats=repeats,
            test_share=test_share,
            seed=seed,
            duplicates=duplicates,
        )[:most_splits]
        for one in datasets
    )
    units = []
    for number, (one, its_splits) in enumerate(zip(datasets, splits, strict=True)):
        for division in its_splits:
            for name in samplers:
                keys = {
                    classifier: cell_key(
                        one,
                        division,
                        samplers,
                        classifiers,
                        (name, classifier),
                        seed,
                        scale,
                        leak,
                    )
                    for classifier in classifiers
                }
                arms = {c: (classifiers[c], keys[c]) for c in classifiers}
                units.append(
                    Unit(
                        dataset=number,
                        split=division,
                        sampler_name=name,
                        sampler=samplers[name],
                        classifiers=arms,
                        seed=seed,
                        scale=scale,
                        leak=leak,
                    )
                )
    return Grid(datasets, splits, tuple(units))


def tidy(cells, datasets, titles):
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
                score = (metric, label, float(value), _better(METRICS[metric]))
                rows.append((*place, *score, *facts, cell.error))
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *FACTS])
    frame["leaks"] = frame["leaks"].fillna("")
    return frame


def in_order(frame, plan, classifiers):
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


def _several(dataset):
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


def _check_arms(arms, what):
    if not isinstance(arms, Mapping) or isinstance(arms, str | Sequence) or not arms:
        raise ParameterError(
            f"A comparison needs a dict of at least one {what}, name to object, "
            f"got {arms!r}."
        )


def _better(metric):
    return {True: "higher", False: "lower", None: ""}[metric.greater_is_better]


def _place(unit):
    return (unit.dataset, unit.split.repeat, unit.split.fold, unit.sampler_name)


def _known(unit, cells):
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
    fields = vars(unit) | {"classifiers": missing}
    return known, Unit(**fields)


def _lost(unit, error):
    place = (unit.dataset, unit.sampler_name)
    where = (unit.split.repeat, unit.split.fold)
    return [
        Cell(key, *place, name, *where, error=error)
        for name, (_, key) in unit.classifiers.items()
    ]


class _Progress:
    """Turns ended units and fractions of running ones into one fraction of the whole.

    Units of a sampler are taken to last as long as those of it that have ended.
    """

    def __init__(self, plan, on_progress):
        self.on_progress = on_progress or (lambda fraction, **values: None)
        self.total = plan.cells
        self.ended = 0
        self.shown = 0.0
        self.left = {}
        for unit in plan.units:
            name = unit.sampler_name
            self.left[name] = self.left.get(name, 0) + len(unit.classifiers)
        self.spent = dict.fromkeys(self.left, 0.0)
        self.counted = dict.fromkeys(self.left, 0)
        self.message = ""
        self.started = time.monotonic()

    def done(self, unit, cells):
        name = unit.sampler_name
        self.ended += len(cells)
        self.left[name] -= len(cells)
        self.counted[name] += len(cells)
        self.spent[name] += seconds_of(cells)
        self.tell(None, 0.0, "")

    def tell(self, unit, fraction, message):
        self.message = message or self.message
        whole = sum(self.spent.values())
        counted = max(1, sum(self.counted.values()))
        usual = whole / counted or 1.0
        each = {
            name: self.spent[name] / self.counted[name] if self.counted[name] else usual
            for name in self.left
        }
        rest = sum(each[name] * left for name, left in self.left.items())
        running = 0.0
        if unit is not None:
            running = each[unit.sampler_name] * fraction * len(unit.classifiers)
        reached = (whole + running) / (whole + rest) if whole + rest else 1.0
        if self.ended < self.total:
            reached = min(reached, 0.999)
        self.shown = max(self.shown, reached)
        told = f"{self.ended} of {self.total} cells"
        told += f" · {self.message}" if self.message else ""
        self.on_progress(self.shown, message=told)


def seconds_of(cells):
    """Seconds that cells of one unit took; what they share is counted once."""
    if not cells:
        return 0.0
    shared = cells[0].facts
    total = (shared.get("prepare_seconds") or 0) + (shared.get("sample_seconds") or 0)
    for cell in cells:
        total += (cell.facts.get("fit_seconds") or 0.0) + (
            cell.facts.get("predict_seconds") or 0.0
        )
    return total
