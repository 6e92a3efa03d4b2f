"""Resampling as work of the app, and its page as a visitor uses it."""

import numpy as np
import pandas as pd
import pytest
from visits import WORKSPACE, fine, finished_run, store, texts, visit

from aemlo.charts import resample as charts
from aemlo.dataset import Dataset, Feature
from aemlo.jobs import resampling_results
from aemlo.samplers import SAMPLERS
from aemlo.store import Store
from aemlo.ui import methods

__all__ = ["store"]  # a fixture

VIEWS = ("Labels", "Where rows lie", "A row", "Quality", "Side by side")


def dataset():
    """80 rows, 16 and 8 of them with rare labels; a nominal feature among three."""
    rng = np.random.default_rng(0)
    Y = np.zeros((80, 3), dtype=np.uint8)
    Y[:70, 0], Y[:16, 1], Y[40:48, 2] = 1, 1, 1
    X = np.column_stack([rng.normal(size=(80, 2)), rng.integers(3, size=80)])
    features = (
        Feature("width"),
        Feature("height"),
        Feature("kind", "nominal", ("a", "b", "c")),
    )
    return Dataset("small", X, Y, features, ("common", "rare", "rarest"))


def resample(store, sampler, **settings):
    """A finished run of `sampler`, done by the job itself."""
    data = dataset()
    store.use_dataset(WORKSPACE, store.add_dataset(data))
    spec = {"sampler": sampler, "settings": settings, "seed": 0}
    return finished_run(store, "resample", sampler, spec, data)


@pytest.mark.parametrize(
    "sampler, settings",
    [
        ("MLSMOTE", {"labels": ["rare"], "budget": 0.2}),
        ("chain", {"steps": ["REMEDIAL", "ML-ROS"]}),
        ("MLTL", {}),
        ("AutoSMOTE-cohort", {"epochs": 1}),
    ],
)
def test_the_job_keeps_rows_their_parents_and_the_card(store, sampler, settings):
    run = resample(store, sampler, **settings)
    folder = store.folder(run.id)
    resampled, provenance = resampling_results.load(folder)
    synthetic = (provenance["origin"] < 0).to_numpy()
    assert resampled.n == len(provenance) == run.summary["rows_after"]
    assert resampled.features == dataset().features
    kept = provenance["origin"].to_numpy()[~synthetic]
    assert np.allclose(resampled.X[~synthetic], dataset().X[kept])
    rows = pd.read_parquet(folder / "rows.parquet")
    assert rows.index.tolist() == np.flatnonzero(synthetic).tolist()
    assert len(pd.read_parquet(folder / "map.parquet")) == resampled.n
    assert (folder / "decisions.parquet").exists() == sampler.startswith("AutoSMOTE")


def test_labels_by_name_reach_the_sampler(store):
    run = resample(store, "MLSMOTE", labels=["rare"], budget=0.2)
    provenance = resampling_results.load(store.folder(run.id))[1]
    assert provenance["label"].value_counts().to_dict() == {-1: 80, 1: 16}


def test_before_any_run_the_page_says_what_to_do(store):
    page = visit("resample")
    assert "**No resampling run on yeast yet.**" in texts(page)
    assert "212 rows are made for a label" in texts(page)  # yeast, as published


def test_the_preview_is_of_the_data_set_in_use(store):
    page = visit("resample")
    assert "of 14 labels change" in texts(page)
    store.use_dataset(WORKSPACE, store.add_dataset(dataset()))
    text = texts(fine(page.run()))
    assert "of 3 labels change" in text
    assert "of 14 labels change" not in text


def test_every_sampler_can_be_set_and_started(store):
    page = visit("resample")
    for title in page.selectbox(key="resample.sampler").options:
        page.selectbox(key="resample.sampler").select(title).run()
        assert not page.exception and not page.error, title
        assert [b.label for b in page.button].count("Resample") == 1, title
    page.selectbox(key="resample.sampler").select("AutoSMOTE-cohort").run()
    page.button[[b.label for b in page.button].index("Resample")].click().run()
    assert not page.exception and not page.error
    (run,) = Store(store.home).runs(WORKSPACE, "resample")
    assert run.spec["sampler"] == "AutoSMOTE-cohort"
    assert run.spec["settings"]["frozen"] is None


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_a_run_draws(store, view):
    resample(store, "ML-ROS")
    resample(store, "MLSMOTE")
    page = visit("resample", **{"resample.view": view})
    assert not page.error


def test_a_sampler_without_new_rows_has_every_view_too(store):
    resample(store, "MLTL")
    page = visit("resample")
    for view in (*VIEWS, "Keep and download"):
        page.session_state["resample.view"] = view
        page.run()
        assert not page.exception and not page.error


def test_rules_turn_new_rows_away(store):
    run = resample(store, "ML-ROS")
    new = run.summary["rows_made"]
    page = visit("resample", **{"resample.view": "Keep and download"})
    assert f"0 of {new} new rows are rejected; {80 + new} rows are left." in texts(page)
    page.checkbox(key="resample.rule.copies").check().run()
    assert f"{new} of {new} new rows are rejected; 80 rows are left." in texts(page)


def test_decisions_of_autosmote_are_a_view(store):
    resample(store, "AutoSMOTE-cohort", epochs=1)
    page = visit("resample", **{"resample.view": "Decisions"})
    assert "A reading of the paper" in texts(page)


def test_the_methods_page_tells_every_sampler(store):
    page = visit("methods")
    for title in SAMPLERS:
        page.selectbox(key="methods.sampler").select(title).run()
        text = texts(fine(page))
        for part in ("Helps:", "Harms:", "Keeps:", "Source:"):
            assert part in text, f"{title} does not say {part}"


def test_settings_are_read_from_the_constructor():
    table = methods.settings(SAMPLERS["MLSMOTE"]).set_index("setting")
    assert table.at["k_neighbors", "allowed"] == "1 to 50"
    assert table.at["k_neighbors", "default"] == "5"
    assert table.at["budget", "default"] == "automatic"
    assert table.at["labelset_strategy", "allowed"] == "ranking, union, intersection"


def test_lines_go_to_the_parents_and_names_are_safe():
    points = pd.DataFrame(
        {
            "x": [0.0, 2.0, 1.0],
            "y": [0.0, 0.0, 0.5],
            "is_synthetic": [False, False, True],
            "position": [0, 1, 2],
            "name": ["<b>", "b", "c"],
            "parents": [(), (), (0, 1)],
        }
    )
    fig = charts.where(points, "MLSMOTE")
    lines = next(trace for trace in fig.data if trace.mode == "lines")
    assert list(lines.x) == [1.0, 0.0, None, 1.0, 2.0, None]
    assert fig.data[0].text[0] == "&lt;b&gt;"
    assert fig.layout.title.text == "1 synthetic row of MLSMOTE among 2 real rows"
