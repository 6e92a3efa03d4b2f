"""Pages on a data set with synthetic rows: what they say of them, and the way back."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from latent_visits import drawn, source, trained_network
from visits import WORKSPACE, charts, fine, store, texts, visit

from aemlo.latent import walk

__all__ = ["source", "store"]  # fixtures


@pytest.fixture
def grown(store, source):
    """The page after three synthetic rows were left out; the rest goes on."""
    drawn(store, source)
    page = visit("latent")
    page.text_input(key="latent.search").set_value("67-69")
    fine(page.run())
    fine(page.button(key="latent.leave").click().run())
    return fine(page.button(key="latent.use_rest").click().run())


def in_use(store):
    return store.dataset(store.workspace_dataset(WORKSPACE))


def test_the_rest_that_goes_on_knows_its_synthetic_rows(store, source, grown):
    known = in_use(store).provenance
    assert known["synthetic"].tolist() == [False] * 60 + [True] * 7
    assert known["row"].tolist() == [*range(60), *([-1] * 7)]
    assert known["parents"].tolist()[60:] == [f"{j} {j + 1}" for j in range(7)]
    assert set(known["made for"][60:]) == {"rare"}
    assert set(known["how"][60:]) == {f"AEMLO, run {source.id}"}


@pytest.mark.parametrize(
    "out, name",
    [
        ("60-69", "small"),
        ("0-2, 60-68", "small with 1 synthetic row, 3 real rows left out"),
    ],
)
def test_the_rest_is_called_by_what_is_in_it(store, source, out, name):
    drawn(store, source)
    page = visit("latent")
    page.text_input(key="latent.search").set_value(out)
    fine(page.run())
    fine(page.button(key="latent.leave").click().run())
    fine(page.button(key="latent.use_rest").click().run())
    assert in_use(store).name == name


@pytest.mark.parametrize(
    "rows, name",
    [
        ("1-4", "small, 4 rows selected"),
        ("1, 61, 62", "small, 3 rows selected, 2 of them synthetic"),
    ],
)
def test_a_selection_is_called_by_what_is_in_it(store, source, rows, name):
    drawn(store, source)
    page = visit("latent")
    page.text_input(key="latent.search").set_value(rows)
    fine(page.run())
    fine(page.button(key="latent.use").click().run())
    assert in_use(store).name == name


@pytest.mark.parametrize("name", ["compare", "classify"])
def test_pages_that_test_say_so_and_lead_back_to_the_original(
    store, source, grown, name
):
    page = fine(grown.switch_page(f"pages/{name}.py").run())
    warning = page.warning[0].value.replace("\\", "")
    assert warning.startswith(
        "**7 of the 67 rows of small with 7 synthetic rows are synthetic"
    )
    fine(page.button(key=f"{name}.real_rows").click().run())
    assert store.workspace_dataset(WORKSPACE) == source.dataset
    assert not any("are synthetic" in warning.value for warning in page.warning)


@pytest.mark.parametrize("name", ["train", "resample", "dataset", "imbalance"])
def test_pages_that_make_rows_say_what_they_learn_from(store, source, grown, name):
    page = fine(grown.switch_page(f"pages/{name}.py").run())
    notes = [info.value.replace("\\", "") for info in page.info]
    assert any(
        "7 of the 67 rows of small with 7 synthetic rows are" in note for note in notes
    )
    fine(page.button(key=f"{name}.real_rows").click().run())
    assert store.workspace_dataset(WORKSPACE) == source.dataset
    assert not any("are synthetic" in info.value for info in page.info)


def test_the_map_says_which_of_its_real_rows_were_made_before(store, source, grown):
    folder = store.folder(source.id)
    again = store.enqueue(
        *(WORKSPACE, "train", "again", {"seed": 0}, in_use(store).content_hash, "more")
    )
    shutil.copytree(folder, store.folder(again), dirs_exist_ok=True)
    # As if the run had been given the 67 rows and had made three more.
    provenance = pd.read_parquet(folder / "provenance.parquet")
    provenance["origin"] = [*range(67), -1, -1, -1]
    provenance.to_parquet(store.folder(again) / "provenance.parquet")
    store.claim("nobody")
    store.finish(again, "done", summary={}, error=None)
    page = visit("latent", again)
    assert "Of the rows drawn as real, 7 were made before this run" in texts(page)


def test_without_some_real_rows_the_way_back_is_to_those_there_are(
    store, source, grown
):
    store.use_dataset(
        WORKSPACE, store.add_dataset(in_use(store).take(np.arange(3, 67)))
    )
    page = fine(grown.switch_page("pages/classify.py").run())
    fine(page.button(key="classify.real_rows").click().run())
    real = in_use(store)
    assert (real.n, real.provenance) == (57, None)
    assert real.name == "small, real rows only"
    assert not any("synthetic" in warning for warning in real.warnings)


def test_a_declared_split_that_tests_real_rows_only_is_said_to_be_fine(
    store, source, grown
):
    for split, fine_so in ((np.arange(67) < 50, False), (np.arange(67) >= 10, True)):
        dataset = replace(in_use(store), split=split)
        store.use_dataset(WORKSPACE, store.add_dataset(dataset))
        page = fine(grown.switch_page("pages/compare.py").run())
        sentence = "The files' own split tests real rows only: dividing by it is fine."
        assert (sentence in page.warning[0].value) == fine_so


def test_the_data_page_hands_out_the_provenance(store, source, grown):
    page = fine(grown.switch_page("pages/dataset.py").run())
    assert "7 of 67 rows are synthetic. The column is_synthetic marks them" in (
        texts(page).replace("\\", "")
    )
    (button,) = [
        b for b in page.get("download_button") if "provenance" in b.proto.label
    ]
    assert button.proto.label == "Download provenance (CSV)"
    page.selectbox(key="save.format").set_value("Extreme classification")
    fine(page.run())
    assert "Extreme classification has no place to say which" in texts(page)


@pytest.fixture
def walking(store, source):
    """The section of walks on a run with a trained network."""
    drawn(store, source)
    trained_network(store, source)
    page = visit("latent")
    page.segmented_control(key="latent.section").set_value("What if")
    return fine(page.run())


def test_rows_made_here_are_added_with_their_parents(store, source, walking):
    page = walking
    page.number_input(key="latent.make.count").set_value(5)
    fine(page.button(key="latent.make").click().run())
    (table,) = [f.value for f in page.dataframe if "how" in f.value.columns]
    assert table["parents"].str.startswith("from row ").all()
    assert table["how"].str.startswith("decoded in the latent space: From row 0").all()
    fine(page.button(key="latent.made.add").click().run())
    fine(page.button(key="latent.make").click().run())
    fine(page.button(key="latent.made.add").click().run())
    dataset = in_use(store)
    provenance = dataset.provenance
    assert provenance["synthetic"].tolist() == [False] * 60 + [True] * 10
    first, second = dataset.source["made"]
    assert provenance["parents"].tolist()[60:] == [
        str(parent) for parent in first["parents"] + second["parents"]
    ]
    assert provenance["how"].iloc[60] == (
        "decoded in the latent space: From row 0 towards rare, 50 % of the way, seed 0"
    )
    assert provenance["how"].iloc[69].endswith("seed 1")
    assert dataset.source["real rows"] == source.dataset


def test_where_a_label_is_not_decoded_it_is_said_before_rows_are_made_for_it(
    walking, monkeypatch
):
    assert "rare scores 0." in texts(walking)
    assert not walking.warning
    low = walk.Standing(0.03, 14, 5, 0.62, 0.004)
    monkeypatch.setattr(walk, "standing", lambda *given, **more: low)
    page = fine(walking.run())
    warning = page.warning[0].value.replace("\\", "")
    assert warning.startswith(
        "**rare is not decoded here.** It scores 0.030, number 14 of 2 labels, and "
        "rows made here get the best 5: they would have it only because you ask for "
        "it. Real rows with rare score 0.620 (median), those without it 0.004. "
    )
    page.selectbox(key="latent.make.label.1").select_index(0)
    assert not fine(page.run()).warning


def test_the_chart_has_the_scale_of_the_slider_and_the_map_the_rows_just_made(walking):
    walking.slider(key="latent.at").set_value(80)
    page = fine(walking.run())
    scores, _, over = charts(page)
    assert scores["layout"]["shapes"][0]["x0"] == 80
    assert scores["layout"]["xaxis"]["range"] == [0, 100]
    names = [trace["name"] for trace in over["data"]]
    assert {"the way", "start", "end", "here"} <= set(names)
    fine(page.button(key="latent.make").click().run())
    over = charts(page)[2]
    new_rows = next(t for t in over["data"] if t["name"] == "just made (20)")
    assert len(new_rows["x"]) == 20
    page.toggle(key="latent.walk.drawn").set_value(False)
    assert len(charts(fine(page.run()))) == 2


def test_a_run_with_one_row_says_why_there_is_nothing_to_walk(walking, monkeypatch):
    def alone(codes, k=5):
        return usual_step(codes[:1], k)

    usual_step = walk.usual_step
    monkeypatch.setattr(walk, "usual_step", alone)
    st.cache_data.clear()
    page = fine(walking.run())
    assert page.error[0].value.replace("\\", "").startswith("This run has 1 row: ")
