"""Judging what is left of a run's rows: the job, and the page that asks for it."""

import numpy as np
import pandas as pd
import pytest
from latent_visits import drawn, source
from visits import WORKSPACE, charts, fine, store, texts, visit

from aemlo import quality
from aemlo.errors import DataError
from aemlo.jobs import quality_reports
from aemlo.jobs.base import Job
from aemlo.jobs.kinds import embed, judge
from aemlo.latent import trained
from aemlo.quality.settings import defaults
from aemlo.specs import versions

__all__ = ["source", "store"]  # fixtures


def judged(store, source, without):
    spec = {"run": source.id, "without": without}
    store.enqueue(WORKSPACE, "judge", "What is left", spec, source.dataset, "small")
    job = Job(store.claim("worker"), store)
    judge.run(job)
    return job


def test_what_is_left_is_judged_as_if_the_rest_had_never_been(store, source):
    without = [0, 5, 59, 60, 61]
    job = judged(store, source, without)
    frame = trained.frame(job.folder, "quality")
    assert set(frame["sampler"]) == {"AEMLO, 5 rows left out"}
    known = trained.read(store.folder(source.id), job.dataset())
    # The scale is that of the run's rows, as it was when they were first judged.
    scaled = quality_reports.scaled(known)
    real = np.setdiff1d(np.arange(60), without)
    # Rows 62 to 69 were made from 2 to 9 and the one after each; 0 and 5 are gone.
    place = {int(row): k for k, row in enumerate(real)}
    families = [tuple(place[p] for p in (j, j + 1) if p in place) for j in range(2, 10)]
    plain, importances = quality.report(
        *(scaled[real], known.dataset.Y[real]),
        *(scaled[62:], known.dataset.Y[62:], np.ones(8, dtype=int)),
        np.random.default_rng(0),
        families,
    )
    names = {-1: "", 0: "all", 1: "rare"}
    plain["label"] = plain["label"].map(names)
    pd.testing.assert_frame_equal(frame.drop(columns="sampler"), plain)
    telling = trained.frame(job.folder, "telling")
    assert set(telling["label"]) == {names[j] for j in importances}
    assert job.summary == {"run": source.id, "real": 57, "synthetic": 8}


def test_rows_that_are_not_there_and_nothing_left_are_said(store, source):
    with pytest.raises(DataError, match="rows run from 0 to 69, got 70"):
        judged(store, source, [3, 70])
    store.finish(store.runs(WORKSPACE, "judge")[0].id, "failed")
    with pytest.raises(DataError, match="All synthetic rows are left out"):
        judged(store, source, list(range(60, 70)))


def test_the_page_judges_what_is_left_beside_all_rows(store, source):
    map_run = drawn(store, source)
    job = Job(store.run(map_run.id), store)
    known = trained.read(job.folder.with_name(source.id), job.dataset())
    embed._write_quality(job, known, quality_reports.scaled(known), source)
    page = visit("latent")
    page.text_input(key="latent.search").set_value("67-69")
    fine(page.run())
    fine(page.button(key="latent.leave").click().run())
    page.segmented_control(key="latent.section").set_value("Is it any good")
    fine(page.run())
    assert "3 rows were left out on the map" in texts(page)
    first = charts(page)[0]
    assert {t["name"] for t in first["data"]} == {"AEMLO", "MLSMOTE"}
    fine(page.button(key="latent.judge").click().run())
    (asked,) = store.runs(WORKSPACE, "judge")
    assert asked.spec == {
        "run": source.id,
        "without": [67, 68, 69],
        "settings": defaults(),
        "spec_version": versions.VERSION,
    }
    judge.run(Job(store.claim("worker"), store))
    store.finish(asked.id, "done")
    fine(page.run())
    assert "Of the 7 kept rows" in texts(page)
    names = {t["name"] for t in charts(page)[0]["data"]}
    assert names == {"AEMLO", "MLSMOTE", "AEMLO, 3 rows left out"}
    # By other settings all of it is judged, MLSMOTE's rows too.
    region = page.slider if page.slider else page.number_input
    next(w for w in region if w.label == "Region").set_value(9)
    fine(page.run())
    assert "1 setting changed. The figures below are of all rows" in texts(page)
    fine(page.button(key="latent.judge").click().run())
    asked = store.runs(WORKSPACE, "judge")[0]
    assert asked.spec["settings"] == defaults() | {"region": 9}
    judge.run(Job(store.claim("worker"), store))
    store.finish(asked.id, "done")
    fine(page.run())
    assert "Of the 7 kept rows" in texts(page)
    assert {t["name"] for t in charts(page)[0]["data"]} == names
    # Label by label, each figure there is; the address of a judgement is its run's.
    for title in ("recall", "outside", "precision"):
        page.selectbox(key="latent.quality.measure").set_value(title)
        fine(page.run())
    page = visit("latent", asked.id)
    assert page.selectbox[0].value == source.id
