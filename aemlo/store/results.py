"""What came of runs: events (curves) and scores (tidy rows)."""

import json

import pandas as pd

from aemlo.store.database import Database

SCORE_COLUMNS = (
    *("dataset", "sampler", "classifier", "repeat", "fold"),
    *("metric", "label", "value"),
)


class Results(Database):
    """Numbers told by runs, by the run's id."""

    def add_events(self, run_id, rows):
        """Add `(step, name, value)` rows; a step told twice keeps the later value."""
        with self.open(write=True) as db:
            db.executemany(
                "INSERT OR REPLACE INTO events (run, step, name, value) "
                "VALUES (?, ?, ?, ?)",
                [(run_id, step, name, value) for step, name, value in rows],
            )

    def events(self, run_id, after=None):
        """Curves of a run: one row a step, one column a name, sorted by step."""
        with self.open() as db:
            rows = db.execute(
                "SELECT step, name, value FROM events WHERE run = ? AND step > ?",
                (run_id, -1.0 if after is None else after),
            ).fetchall()
        if not rows:
            return pd.DataFrame({"step": pd.Series(dtype=float)})
        frame = pd.DataFrame(
            [tuple(r) for r in rows], columns=["step", "name", "value"]
        )
        wide = frame.pivot(index="step", columns="name", values="value")
        return wide.sort_index().reset_index().rename_axis(columns=None)

    def add_scores(self, run_id, frame):
        """Add tidy rows; columns beyond the common ones are kept beside them."""
        more = [c for c in frame.columns if c not in SCORE_COLUMNS]
        extras = frame[more].to_dict("records") if more else [{}] * len(frame)
        common = frame[list(SCORE_COLUMNS)].astype(object)
        common = common.where(common.notna(), None).itertuples(index=False)
        rows = [
            (run_id, *values, json.dumps(extra, default=str))
            for values, extra in zip(common, extras, strict=True)
        ]
        with self.open(write=True) as db:
            db.executemany(
                "INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def clear_scores(self, run_id):
        """Forget a run's scores (before it writes them anew)."""
        with self.open(write=True) as db:
            db.execute("DELETE FROM scores WHERE run = ?", (run_id,))

    def scores(self, run_id):
        """The tidy rows of a run, in the order they were added."""
        with self.open() as db:
            rows = db.execute(
                "SELECT * FROM scores WHERE run = ? ORDER BY rowid", (run_id,)
            ).fetchall()
        frame = pd.DataFrame([dict(r) for r in rows], columns=[*SCORE_COLUMNS, "more"])
        more = pd.DataFrame([json.loads(text) for text in frame.pop("more")])
        frame["value"] = frame["value"].astype(float)
        return pd.concat([frame, more], axis=1) if len(more.columns) else frame
