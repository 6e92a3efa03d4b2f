"""One fraction of a whole comparison, from ended units and fractions of running ones.

Units of a sampler are taken to last as long as those of it that have ended. Ours.
"""

from collections.abc import Callable, Iterable, Sequence

from aemlo.experiment.unit import Cell, Unit


class WholeProgress:
    """Calls `on_progress(fraction, message=...)` as units go on and end."""

    def __init__(
        self, units: Iterable[Unit], on_progress: Callable[..., None] | None = None
    ):
        self.on_progress = on_progress or (lambda fraction, **values: None)
        self.ended = 0
        self.shown = 0.0
        self.left: dict[str, int] = {}
        for unit in units:
            name = unit.sampler_name
            self.left[name] = self.left.get(name, 0) + len(unit.classifiers)
        self.total = sum(self.left.values())
        self.spent = dict.fromkeys(self.left, 0.0)
        self.counted = dict.fromkeys(self.left, 0)
        self.message = ""

    def done(self, unit: Unit, cells: Sequence[Cell]) -> None:
        """Take in the cells of `unit`, which has ended."""
        name = unit.sampler_name
        self.ended += len(cells)
        self.left[name] -= len(cells)
        self.counted[name] += len(cells)
        self.spent[name] += seconds_of(cells)
        self.report(None, 0.0, "")

    def report(self, unit: Unit | None, fraction: float, message: str) -> None:
        """Tell how far the whole is, with `fraction` of `unit` done."""
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
        text = f"{self.ended} of {self.total} cells"
        text += f" · {self.message}" if self.message else ""
        self.on_progress(self.shown, message=text)


def seconds_of(cells: Sequence[Cell]) -> float:
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
