"""Pieces of the pages that need no browser."""

import io

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from aemlo import safe_tables, wording
from aemlo.charts import theme, training
from aemlo.ui import layout, runs_list


def test_a_csv_to_take_along_holds_no_formula():
    frame = pd.DataFrame({"=1+1": ["@x", "-2", "plain"], "n": [-1.5, 2.0, 3.0]})
    text = safe_tables.csv_bytes(frame).decode("utf-8")
    back = pd.read_csv(io.StringIO(text))
    assert list(back.columns) == ["'=1+1", "n"]
    assert back.iloc[:, 0].tolist() == ["'@x", "'-2", "plain"]
    assert back["n"].tolist() == [-1.5, 2.0, 3.0]


def test_names_are_shown_as_they_are_written():
    assert layout.plain("a*b_[c](d) :red[x] <i>") == (
        r"a\*b\_\[c\]\(d\) \:red\[x\] \<i\>"
    )
    assert layout.plain(":material/home:") == r"&#58;material/home\:"


@pytest.mark.parametrize(
    "value, words",
    [(0.44, "0.4 s"), (12.4, "12 s"), (80, "1 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations_are_written_for_people(value, words):
    assert wording.seconds(value) == words


def test_every_sampler_keeps_its_own_colour():
    names = ["none", "MLSMOTE", "AEMLO", "ML-ROS", "ML-RUS", "LP-ROS", "LP-RUS"]
    names += ["MLSOL", "REMEDIAL", "MLTL", "MLeNN", "AutoSMOTE-self"]
    colours = [theme.sampler_colour(name) for name in names]
    assert len(set(colours)) == len(names)
    assert theme.sampler_colour("MLSMOTE 25 %") == theme.sampler_colour("MLSMOTE")


def test_a_long_curve_is_thinned_but_keeps_its_ends():
    events = pd.DataFrame({"step": range(1, 5001), "total": range(5000)})
    rows = training.curve_rows(events, ["total"])
    assert len(rows) <= training.MOST_POINTS
    assert rows["epoch"].iloc[0] == 1 and rows["epoch"].iloc[-1] == 5000


def test_weighted_curves_are_multiplied_and_held_out_ones_told_apart():
    events = pd.DataFrame(
        {"step": [1, 2], "latent": [4.0, 2.0], "held_out_latent": [6.0, 5.0]}
    )
    rows = training.curve_rows(events, ["latent"], weights={"latent": 0.5})
    values = rows.groupby("part")["value"].apply(list).to_dict()
    assert values == {"training rows": [2.0, 1.0], "held-out rows": [3.0, 2.5]}


def test_only_what_differs_between_two_specs_is_listed():
    one = runs_list.flat({"sampler": "AEMLO", "settings": {"epochs": 3, "width": 8}})
    assert one == {"sampler": "AEMLO", "settings.epochs": "3", "settings.width": "8"}


FORM = """
from aemlo.samplers import AEMLO
from aemlo.ui import forms
import streamlit as st
st.session_state["chosen"] = forms.param_form(AEMLO, key="f", skip=("random_state",))
"""


def test_the_form_of_a_class_gives_its_defaults_back():
    app = AppTest.from_string(FORM, default_timeout=30).run()
    assert not app.exception
    from aemlo.samplers import AEMLO

    chosen = app.session_state["chosen"]
    defaults = AEMLO().get_params()
    assert set(chosen) == set(defaults) - {"random_state"}
    assert {k: v for k, v in chosen.items() if v != defaults[k]} == {}


def test_a_changed_widget_changes_the_setting():
    app = AppTest.from_string(FORM, default_timeout=30).run()
    app.number_input(key="f.AEMLO.epochs").set_value(7).run()
    assert app.session_state["chosen"]["epochs"] == 7


NESTED = """
from aemlo.classifiers import CLASSIFIERS
from aemlo.samplers import SAMPLERS
from aemlo.ui import forms
import streamlit as st
cls = {**SAMPLERS, **CLASSIFIERS}[st.session_state["title"]]
values = st.session_state["values"]
st.session_state["chosen"] = forms.param_form(cls, key="f", values=values)
"""


def nested(title, values=None):
    app = AppTest.from_string(NESTED, default_timeout=30)
    app.session_state["title"], app.session_state["values"] = title, values
    return app.run()


def test_the_steps_of_a_chain_have_settings_of_their_own():
    app = nested("chain")
    assert not app.exception
    assert app.session_state["chosen"] == {"steps": ("REMEDIAL", "MLSMOTE")}
    app.number_input(key="f.chain.steps.in.MLSMOTE.k_neighbors").set_value(9).run()
    app.multiselect(key="f.chain.steps").set_value(["MLSMOTE", "MLTL"]).run()
    app.number_input(key="f.chain.steps.in.MLTL.threshold").set_value(0.25).run()
    assert app.session_state["chosen"] == {
        "steps": (
            {"name": "MLSMOTE", "params": {"k_neighbors": 9}},
            {"name": "MLTL", "params": {"threshold": 0.25}},
        )
    }


def test_a_wrapped_classifier_has_settings_of_its_own_all_the_way_down():
    app = nested("thresholds")
    assert app.session_state["chosen"]["classifier"] == "BR-logistic"
    app.selectbox(key="f.thresholds.classifier").set_value("balanced bagging").run()
    within = "f.thresholds.classifier.in.balanced bagging.classifier"
    app.selectbox(key=within).set_value("ML-kNN").run()
    app.number_input(key=f"{within}.in.ML-kNN.k").set_value(7).run()
    assert not app.exception
    assert app.session_state["chosen"]["classifier"] == {
        "name": "balanced bagging",
        "params": {"classifier": {"name": "ML-kNN", "params": {"k": 7}}},
    }


def test_a_nested_form_starts_from_the_spec_it_is_given():
    steps = ["REMEDIAL", {"name": "mlsmote", "params": {"k_neighbors": 3}}]
    app = nested("chain", {"steps": steps})
    assert app.number_input(key="f.chain.steps.in.MLSMOTE.k_neighbors").value == 3
    expected = {"name": "MLSMOTE", "params": {"k_neighbors": 3}}
    assert app.session_state["chosen"] == {"steps": ("REMEDIAL", expected)}


def test_an_empty_chain_is_refused_where_it_is_set():
    app = nested("chain")
    app.multiselect(key="f.chain.steps").set_value([]).run()
    assert [e.value for e in app.error] == ["Steps: choose at least one sampler."]
