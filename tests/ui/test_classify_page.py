"""The classify and guide pages, run without a browser: every view and guard."""

import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from visits import WORKSPACE, fine, finished_run, opened_store, pressed, texts, visit

from aemlo.classifiers.nested import build
from aemlo.dataset import Dataset, Feature
from aemlo.exports import model
from aemlo.jobs import run_job
from aemlo.jobs.base import Job
from aemlo.ui import state
from aemlo.ui.classify import form, result


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A store that the app uses, with a small data set in use."""
    for store in opened_store(tmp_path, monkeypatch):
        store.use_dataset(WORKSPACE, store.add_dataset(small()))
        yield store


def small(text=None):
    rng = np.random.default_rng(0)
    X = rng.random((120, 4))
    Y = np.column_stack([X[:, 0] > 0.5, X[:, 1] > 0.85, X[:, 2] > 0.7, X[:, 3] > 2])
    return Dataset(
        "a <small> set",
        X,
        Y,
        tuple(Feature(f"f{i}") for i in range(4)),
        ("frequent", "rare & <b>odd</b>", "middle", "never"),
        text=text,
    )


def finished(store, remedies=("thresholds", "class weights")):
    arms = form.arms("BR-logistic", {}, ["MLSMOTE"], remedies)
    spec = {"arms": arms, "split": {"how": "hold-out", "test_share": 0.3}}
    return finished_run(store, "classify", "Test", spec, small())


def test_the_curves_of_a_finished_run_stay_in_sight(home):
    run = finished(home, remedies=())
    losses = ("as it is: loss", "as it is: held out loss")
    rows = [(step, name, 1 / step) for step in (1, 2, 3) for name in losses]
    home.add_events(run.id, rows)
    page = visit("classify")
    assert any(box.label.startswith("Loss by epoch") for box in page.expander)


def test_an_empty_page_says_what_to_press_and_the_button_queues_it(home):
    page = visit("classify")
    assert r"**No classification on a \<small\> set yet.**" in texts(page)
    fine(page.button(key="classify.start").click().run())
    (run,) = home.runs(WORKSPACE, "classify")
    names = [arm["name"] for arm in run.spec["arms"]]
    assert names == [
        "as it is",
        "thresholds",
        "class weights",
        "weights and thresholds",
        "MLSMOTE",
    ]
    json.dumps(run.spec)
    for arm in run.spec["arms"]:
        model.check_arm(arm)


@pytest.mark.parametrize(
    "view",
    [
        *("Labels", "Right and wrong", "Thresholds", "Curves"),
        *("Calibration", "Single rows", "Use it"),
    ],
)
def test_every_view_of_a_finished_run(home, view):
    run = finished(home)
    assert run.state == "done"
    page = visit("classify", **{"classify.view": view})
    assert "With **thresholds**, macro\\-F1" in texts(page) or (
        "With **thresholds**, macro-F1" in texts(page)
    )
    assert not page.error


def test_the_slider_counts_right_and_wrong(home):
    run = finished(home)
    page = visit("classify", **{"classify.view": "Thresholds"})
    classified = result.of_run(state.Workspace(WORKSPACE), home.run(run.id))
    Y, arm = small().Y[classified.test], classified.arms["as it is"]
    key = f"classify.cut.{run.id}.as it is.All labels"
    page.slider(key=key).set_value(0.1).run()
    predicted = arm.scores >= 0.1
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["true positives"] == f"{(predicted & (Y == 1)).sum():,}"
    assert shown["false positives"] == f"{(predicted & (Y == 0)).sum():,}"
    page.selectbox(key="classify.cut.label").select("middle").run()
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["true positives"] == f"{(predicted & (Y == 1))[:, 2].sum():,}"
    # What was set for all labels stays set when one is looked at.
    assert page.slider(key=f"classify.cut.{run.id}.as it is.middle").value == 0.1


def test_labels_with_problems_are_named(home):
    finished(home)
    text = texts(visit("classify", **{"classify.view": "Labels"}))
    assert "Labels with one class in the test rows, hence without AUC: 1." in text


def test_train_on_all_rows_and_show_the_model(home):
    finished(home)
    page = visit("classify", **{"classify.view": "Use it"})
    pressed(page, "Train on all rows")
    (run,) = home.runs(WORKSPACE, "predict")
    assert run.title == "Model: BR-logistic, as it is"
    claimed = home.claim("nobody")
    job = Job(claimed, home)
    run_job(job)
    home.finish(run.id, "done", summary=job.summary)
    page = visit("classify", **{"classify.view": "Use it"})
    assert page.get("download_button")


def test_a_failed_arm_is_shown_with_its_reason(home):
    arms = form.arms("ML-kNN", {}, [], [])
    arms.append(
        {
            "name": "class weights",
            "sampler": None,
            "classifier": {"name": "class weights", "params": {"classifier": "ML-kNN"}},
        }
    )
    finished_run(home, "classify", "Test", {"arms": arms}, small())
    assert any("has no class weights" in w.value for w in visit("classify").warning)


def test_text_columns_are_sent_to_the_data_page(home):
    dataset = small(pd.DataFrame({"words": ["a"] * 120}))
    home.use_dataset(WORKSPACE, home.add_dataset(dataset))
    assert "Turn the text columns into numbers first." in texts(visit("classify"))


def test_the_guide_opens_and_shows_its_tables(home):
    page = visit("guide")
    assert len(page.dataframe) == 4
    assert len(page.code) == 4


def test_every_classifier_has_a_form_whose_settings_build_it():
    def script():
        import streamlit as st

        from aemlo.classifiers import CLASSIFIERS
        from aemlo.ui import forms

        st.session_state["forms"] = {
            title: forms.param_form(cls, key=title)
            for title, cls in CLASSIFIERS.items()
        }

    page = fine(AppTest.from_function(script, default_timeout=60).run())
    forms = page.session_state["forms"]
    assert len(forms) >= 20
    for title, settings in forms.items():
        written = json.loads(json.dumps({"name": title, "params": settings}))
        build(written)
