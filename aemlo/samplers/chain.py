"""A chain of samplers, each working on what the one before it returned."""

from typing import Annotated, Any

import numpy as np
import pandas as pd

from aemlo.notes import as_note
from aemlo.params import Registered
from aemlo.registry import Family
from aemlo.samplers.base import Sampler, provenance


def registry() -> dict[str, type[Sampler]]:
    """SAMPLERS; asked for late, since the scan that fills it imports this module."""
    from aemlo.samplers import SAMPLERS

    return SAMPLERS


SAMPLER = Family("sampler", Sampler, registry)
build = SAMPLER.build


class Chain(Sampler):
    """Several samplers in a row: each is given the rows that the one before returned.

    `steps` are titles (`("REMEDIAL", "MLSMOTE")`), specs with settings of their own
    (`{"name": "MLSMOTE", "params": {"budget": 0.5}}`), or sampler objects. Each step
    draws from a seed of its own, made from `random_state`, unless it has one.

    `provenance_` speaks of the rows first given: a row that a later step kept is what
    the earlier step said of it; a row made from synthetic parents has those parents'
    parents (and no step between them, `weight` NaN).

    REMEDIAL before an over-sampler is the hybrid of Charte et al., Neurocomputing 326,
    2019; an over-sampler before MLTL the one of Pereira et al., Neurocomputing 383,
    2020. Other combinations are yours. Ours in form.
    """

    title = "chain"
    colour = "#332288"
    marker = "hexagram"
    kind = "several in a row"
    idea = (
        "Part what should not be together, then add, then clean: samplers one after "
        "another, each on what the one before returned."
    )
    helps = "High SCUMBLE (REMEDIAL first), or overlap after over-sampling (MLTL last)."
    harms = "Each step sees the faults of the one before as if they were data."
    source = (
        "Hybrids: Charte et al., Neurocomputing 326, 2019 (REMEDIAL first); Pereira et "
        "al., Neurocomputing 383, 2020 (MLTL last)."
    )
    keeps = "What every one of its steps keeps."
    differs = (
        "Counts and neighbourhoods of a later step are those of the rows it is given, "
        "synthetic ones included, not of the original rows."
    )

    def __init__(
        self,
        steps: Annotated[
            tuple, Registered(SAMPLER, "In the order in which they work", several=True)
        ] = (
            "REMEDIAL",
            "MLSMOTE",
        ),
        random_state: Any = None,
    ) -> None:
        self.steps = steps
        self.random_state = random_state

    @property
    # It depends on the steps.
    def reads_features(self) -> bool:  # ty: ignore[incompatible-property-override]
        """Whether any step does."""
        return any(build(step).reads_features for step in self.steps)

    @property
    # It depends on the steps.
    def selects_rows(self) -> bool:  # ty: ignore[incompatible-property-override]
        """Whether every step does."""
        return all(build(step).selects_rows for step in self.steps)

    def _resample(self, X, Y, rng, on_progress):
        frame = provenance(len(Y))
        self.samplers_ = [build(step) for step in self.steps]
        for place, sampler in enumerate(self.samplers_):
            seed = int(rng.integers(2**31))
            if getattr(sampler, "random_state", 0) is None:
                sampler.set_params(random_state=seed)
            X, Y = sampler.fit_resample(
                X,
                self._named(Y),
                categorical_features=self.categorical_features_,
                on_progress=self._part(on_progress, place),
            )
            Y = np.asarray(Y)
            frame = composed(frame, sampler.provenance_)
            self.notes_ += [
                as_note(note).after(f"{sampler.title}: ") for note in sampler.notes_
            ]
        return X, Y, frame

    def _named(self, Y):
        """Y with its column names, if it came with any: steps may ask for them."""
        if isinstance(self._label_names, range):
            return Y
        return pd.DataFrame(Y, columns=list(self._label_names))

    def _part(self, on_progress, place):
        steps = len(self.samplers_)
        return lambda fraction, **values: on_progress(
            (place + fraction) / steps, **values
        )


def composed(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Provenance of `second`'s rows in terms of the rows that `first` speaks of.

    Both are frames as `provenance_`; `second`'s numbers are positions in `first`.
    """
    origin = second["origin"].to_numpy()
    kept = origin >= 0
    result = first.iloc[np.where(kept, origin, 0)].reset_index(drop=True)
    synthetic = np.flatnonzero(~kept)
    if not len(synthetic):
        return result
    sources, grand = first["origin"].tolist(), first["parents"].tolist()
    parents, weights = result["parents"].tolist(), result["weight"].to_numpy().copy()
    of_second, steps = second["parents"].tolist(), second["weight"].to_numpy()
    for row in synthetic:
        direct = all(sources[p] >= 0 for p in of_second[row])
        ancestors = [
            ancestor
            for p in of_second[row]
            for ancestor in ((sources[p],) if sources[p] >= 0 else grand[p])
        ]
        parents[row] = tuple(ancestors) if direct else tuple(dict.fromkeys(ancestors))
        weights[row] = steps[row] if direct else np.nan
    return result.assign(
        origin=np.where(kept, result["origin"], -1),
        parents=pd.Series(parents, dtype=object),
        label=np.where(kept, result["label"], second["label"]),
        weight=weights,
    )
