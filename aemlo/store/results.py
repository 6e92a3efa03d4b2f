"""Events and scores of runs: from rows of the database to frames, and back."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

SCORE_COLUMNS = (
    "dataset",
    "sampler",
    "classifier",
    "repeat",
    "fold",
    "metric",
    "label",
    "value",
)


def curves(rows: Sequence[Iterable[Any]]) -> pd.DataFrame:
    """One row a step, one column a name, sorted by step, of `(step, name, value)`."""
    if not rows:
        return pd.DataFrame({"step": pd.Series(dtype=float)})
    frame = pd.DataFrame(
        [tuple(row) for row in rows], columns=pd.Index(["step", "name", "value"])
    )
    wide = frame.pivot(index="step", columns="name", values="value")
    return wide.sort_index().reset_index().rename_axis(columns=None)


def score_rows(run_id: str, frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Rows of the table `scores`; columns beyond SCORE_COLUMNS go into one as JSON."""
    more = [column for column in frame.columns if column not in SCORE_COLUMNS]
    extras = frame[more].to_dict("records") if more else [{}] * len(frame)
    common = frame[list(SCORE_COLUMNS)].astype(object)
    common = common.where(common.notna(), None).itertuples(index=False)
    return [
        (run_id, *values, json.dumps(extra, default=str))
        for values, extra in zip(common, extras, strict=True)
    ]


def tidy(rows: Iterable[sqlite3.Row]) -> pd.DataFrame:
    """The frame that `score_rows` made the rows of."""
    frame = pd.DataFrame(
        [dict(row) for row in rows], columns=pd.Index([*SCORE_COLUMNS, "more"])
    )
    more = pd.DataFrame([json.loads(text) for text in frame.pop("more")])
    frame["value"] = frame["value"].astype(float)
    return pd.concat([frame, more], axis=1) if len(more.columns) else frame
