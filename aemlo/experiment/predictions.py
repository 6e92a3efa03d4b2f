"""Empty `aemlo.compare.predictions.Predictions` for a run that will begin. Ours."""

from aemlo.compare.predictions import MOST_BYTES, Predictions
from aemlo.experiment.comparison import Grid
from aemlo.experiment.unit import groups_of


def predictions_of(plan: Grid) -> Predictions:
    """What the cells of `plan` will be collected in: `run(..., on_cell=it.add)`.

    Scores are left out where all of them would take more than 400 MB.
    """
    tests = {
        (number, split.repeat, split.fold): split.test
        for number, splits in enumerate(plan.splits)
        for split in splits
    }
    repeats = 1 + max(repeat for _, repeat, _ in tests)
    arms = {(u.sampler_name, name) for u in plan.units for name in u.classifiers}
    size = 4 * len(arms) * repeats * sum(one.Y.size for one in plan.datasets)
    return Predictions(
        [one.Y for one in plan.datasets],
        [groups_of(one) for one in plan.datasets],
        [one.name for one in plan.datasets],
        tests,
        keeps_scores=size <= MOST_BYTES,
    )
