"""The latent page as a visitor uses it, without a browser and without a worker."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from latent_visits import copy_of, drawn, ids, source, trained_network
from visits import WORKSPACE, charts, fine, store, texts, visit

from aemlo.dataset import Dataset
from aemlo.latent import trained
from aemlo.specs import versions

__all__ = ["source", "store"]  # fixtures


def test_pca_is_there_at_once_and_umap_is_queued_once(store, source):
    page = visit("latent")
    assert "PCA is shown until UMAP is ready." in texts(page)
    queued = store.runs(WORKSPACE, "embed")
    wanted = {"run": source.id, **trained.PICTURE, "spec_version": versions.VERSION}
    assert [run.spec for run in queued] == [wanted]
    first = charts(page)[0]
    assert (
        "12 of 60 real rows have it, and 10 of 10 synthetic"
        in (first["layout"]["title"]["text"])
    )
    assert sorted(ids(first, "real, has it")) == list(range(12))
    assert sorted(ids(first, "synthetic, has it")) == list(range(60, 70))
    fine(page.run())
    assert len(store.runs(WORKSPACE, "embed")) == 1


def test_rows_are_found_by_number_with_their_parents_and_neighbours(store, source):
    drawn(store, source)
    page = visit("latent")
    assert "Trustworthiness 0.900" in texts(page)
    page.text_input(key="latent.search").set_value("63")
    fine(page.run())
    assert "1 row selected: 0 real, 1 synthetic" in texts(page)
    assert page.dataframe[0].value["parents"].tolist() == ["from rows 3 and 4"]
    rings = ids(charts(page)[0], "selected")
    assert rings == [63]
    fine(page.button(key="latent.family").click().run())
    assert sorted(ids(charts(page)[0], "selected")) == [3, 4, 63]
    assert any(t.get("name") == "to its parents" for t in charts(page)[0]["data"])
    page.text_input(key="latent.search").set_value("99")
    fine(page.run())
    assert page.error[0].value.replace("\\", "") == ("Row '99': rows run from 0 to 69.")


def test_rows_outside_their_region_are_left_out_and_the_rest_goes_on(store, source):
    drawn(store, source)
    page = visit("latent")
    which = page.selectbox(key="latent.which")
    assert which.value == "outside"
    assert page.button(key="latent.take").label == "Select 3 rows"
    fine(page.button(key="latent.take").click().run())
    assert "3 rows selected: 0 real, 3 synthetic" in texts(page)
    fine(page.button(key="latent.leave").click().run())
    assert "60 real and 7 synthetic rows" in texts(page)
    assert sorted(ids(charts(page)[0], "synthetic")) == list(range(60, 67))
    fine(page.button(key="latent.use_rest").click().run())
    kept = store.dataset(store.workspace_dataset(WORKSPACE))
    assert kept.n == 67
    assert kept.name == "small with 7 synthetic rows"
    assert "is now the data set in use" in page.success[0].value
    assert "60 real and 7 synthetic rows" in texts(page)
    # Another data set of the same name is not that one.
    twin = replace(kept, source=kept.source | {"file": "another"})
    store.use_dataset(WORKSPACE, store.add_dataset(twin))
    assert twin.name == kept.name and not fine(page.run()).success


def test_rows_of_one_label_are_selected_by_kind(store, source):
    drawn(store, source)
    page = visit("latent")
    # The map is coloured by the rarest label: its rows are offered first.
    whose = next(s for s in page.selectbox if s.label == "or rows of")
    assert whose.value == 1

    def offered(kind, label):
        next(s for s in page.selectbox if s.label == "or rows of").set_value(label)
        page.selectbox(key="latent.which").set_value(kind)
        fine(page.run())
        return page.button(key="latent.take").label

    # Nothing was made for the label that all rows have; -1 is any label.
    kinds = ("outside", "synthetic", "real")
    assert [[offered(kind, label) for kind in kinds] for label in (1, 0, -1)] == [
        ["Select 3 rows", "Select 10 rows", "Select 12 rows"],
        ["There are none", "There are none", "Select 60 rows"],
        ["Select 3 rows", "Select 10 rows", "Select 60 rows"],
    ]
    assert page.selectbox(key="latent.which").value == "real"
    offered("real", 1)
    fine(page.button(key="latent.take").click().run())
    assert "12 rows selected: 12 real, 0 synthetic" in texts(page)


def test_runs_with_one_title_are_told_apart_where_one_is_picked(store, source):
    """Streamlit knows an option by its text alone."""
    drawn(store, source)
    twins = [copy_of(store, source, "AEMLO") for _ in range(3)]
    page = visit("latent")
    assert len(set(page.selectbox[0].options)) == len(page.selectbox[0].options) == 4
    page.selectbox[0].set_value(twins[0])
    fine(page.run())
    assert page.selectbox[0].value == page.query_params["run"] == twins[0]


def test_a_reload_keeps_the_run_the_selection_and_the_rows_left_out(store, source):
    drawn(store, source)
    page = visit("latent")
    page.text_input(key="latent.search").set_value("60, 61")
    fine(page.run())
    fine(page.button(key="latent.leave").click().run())
    page.text_input(key="latent.search").set_value("3, 65")
    fine(page.run())
    page = visit("latent")
    assert "2 rows selected: 1 real, 1 synthetic" in texts(page)
    assert "2 rows left out" in texts(page)
    assert sorted(ids(charts(page)[0], "selected")) == [3, 65]
    fine(page.button(key="latent.back").click().run())
    assert "left out" not in texts(visit("latent"))
    # Somebody else who opens the run by its link starts with nothing selected.
    assert store.marked("somebody-else", source.id, "rows") is None


def test_a_run_that_was_picked_is_in_the_address_and_met_again(store, source):
    drawn(store, source)
    other = copy_of(store, source, "newer")
    page = visit("latent")
    assert page.selectbox[0].value == other
    page.selectbox[0].set_value(source.id)
    fine(page.run())
    assert page.query_params["run"] == source.id
    # Without the address, as after a visit to another page.
    del page.query_params["run"]
    fine(page.run())
    assert page.selectbox[0].value == source.id


def test_a_run_on_the_data_set_before_is_still_listed(store, source):
    drawn(store, source)
    known = store.dataset(source.dataset)
    store.use_dataset(WORKSPACE, store.add_dataset(known.take(range(50), "fewer")))
    page = visit("latent")
    assert page.selectbox[0].value == source.id
    (line,) = page.warning
    assert line.value == (
        "This run is of **small**, not of the data set in use (**fewer**)."
    )


def test_other_settings_wait_for_a_press_and_three_dimensions_need_their_own(
    store, source
):
    drawn(store, source)
    page = visit("latent")
    page.segmented_control(key="latent.dimensions").set_value(3)
    fine(page.run())
    assert "PCA is shown: UMAP has not been computed" in texts(page)
    assert len(store.runs(WORKSPACE, "embed")) == 1
    fine(page.button(key="latent.compute").click().run())
    assert store.runs(WORKSPACE, "embed")[0].spec["dimensions"] == 3
    assert charts(page)[0]["data"][0]["type"] == "scatter3d"


def test_a_picture_of_anothers_run_that_a_visitor_computes_is_shown(
    store, source, monkeypatch
):
    drawn(store, source)
    monkeypatch.setenv("AEMLO_WORKSPACE", "somebody-else")
    page = visit("latent", source.id)
    page.segmented_control(key="latent.dimensions").set_value(3)
    fine(page.run())
    fine(page.button(key="latent.compute").click().run())
    (asked,) = store.runs("somebody-else", "embed")
    assert (asked.spec["dimensions"], asked.state) == (3, "queued")
    fine(page.run())
    assert "PCA is shown until UMAP is ready." in texts(page)
    assert "latent.compute" not in {button.key for button in page.button}


def test_trust_is_that_of_the_picture_shown(store, source):
    run = drawn(store, source)
    path = store.folder(run.id) / "labels.parquet"
    pd.read_parquet(path).assign(trustworthiness=0.25).to_parquet(path)
    page = visit("latent")
    page.selectbox(key="latent.colour").set_value("trustworthiness")
    fine(page.run())
    seen = [np.unique(charts(page)[0]["data"][0]["marker"]["color"]).tolist()]
    page.segmented_control(key="latent.space").set_value("labels")
    fine(page.run())
    seen.append(np.unique(charts(page)[0]["data"][0]["marker"]["color"]).tolist())
    assert seen == [[pytest.approx(0.9)], [0.25]]
    page.segmented_control(key="latent.method").set_value("PCA")
    fine(page.run())
    labels = Dataset.load(store.folder(source.id) / "resampled").Y
    assert np.linalg.matrix_rank(labels - labels.mean(axis=0)) == 1
    assert "these 2 directions hold 100 % of the variance" in texts(page)


def test_rows_that_were_placed_and_not_fitted_are_said_on_the_picture(store, source):
    run = drawn(store, source)
    path = store.folder(run.id) / "latent.parquet"
    frame = pd.read_parquet(path)
    frame.assign(placed=frame["row"] % 10 == 1).to_parquet(path)
    page = visit("latent")
    subtitle = charts(page)[0]["layout"]["title"]["subtitle"]["text"]
    assert "7 rows placed among the nearest fitted ones." in subtitle
    assert "7 of 70 rows were too many to fit" in texts(page)
    page.segmented_control(key="latent.method").set_value("PCA")
    fine(page.run())
    subtitle = charts(page)[0]["layout"]["title"]["subtitle"]["text"]
    assert "placed" not in subtitle


def test_rows_left_out_are_not_found_and_a_selection_outlives_another_colour(
    store, source
):
    drawn(store, source)
    page = visit("latent")
    fine(page.button(key="latent.take").click().run())
    fine(page.button(key="latent.leave").click().run())
    page.text_input(key="latent.search").set_value("60-69")
    fine(page.run())
    message = page.error[0].value.replace("\\", "")
    assert message.startswith("3 of these rows are left out, row 67 the first.")
    page.text_input(key="latent.search").set_value("60-62")
    fine(page.run())
    page.segmented_control(key="latent.space").set_value("features")
    fine(page.run())
    assert sorted(ids(charts(page)[0], "selected")) == [60, 61, 62]


@pytest.mark.parametrize(
    "section, sentence",
    [
        ("Directions", "Not computed yet"),
        ("Is it any good", "Not computed yet"),
        ("Two runs", "There is no second run on this data set"),
    ],
)
def test_what_is_not_there_yet_is_said(store, source, section, sentence):
    drawn(store, source)
    page = visit("latent")
    page.segmented_control(key="latent.section").set_value(section)
    fine(page.run())
    assert sentence in texts(page)


def test_a_run_without_codes_says_why(store, source):
    shutil.rmtree(store.folder(source.id))
    page = visit("latent")
    assert "This run has no codes to look at" in texts(fine(page))


def test_two_runs_share_a_selection_of_real_rows(store, source):
    drawn(store, source)
    other = copy_of(store, source, "AEMLO-paper")
    page = visit("latent", source.id)
    page.text_input(key="latent.search").set_value("3, 4, 65")
    fine(page.run())
    page.segmented_control(key="latent.section").set_value("Two runs")
    fine(page.run())
    assert "2 real rows selected" in texts(page)
    rings = [t for t in charts(page)[0]["data"] if "selected" in t.get("name", "")]
    assert len(rings) == 2
    assert charts(page)[0]["layout"]["dragmode"] == "lasso"
    # Rows left out of a run are left out here; the selection is cleared here too.
    store.mark(WORKSPACE, source.id, "hidden", [65, 66])
    fine(page.button(key="latent.two.clear").click().run())
    again = visit("latent", source.id)
    again.segmented_control(key="latent.section").set_value("Two runs")
    text = texts(fine(again.run())).replace("\\", "")
    assert "1. AEMLO: 60 real, 8 synthetic rows, 2 rows left out." in text
    assert "2. AEMLO-paper: 60 real, 10 synthetic rows." in text
    # A picture in space of the other run is none to lay beside.
    copy = store.run(other)
    drawn(store, copy)
    drawn(store, copy, dimensions=3)
    fine(page.run())
    assert {t["type"] for t in charts(page)[0]["data"]} == {"scattergl"}


def test_rows_made_on_a_walk_become_part_of_the_data_set(store, source):
    drawn(store, source)
    trained_network(store, source)
    original = store.dataset(source.dataset)
    page = visit("latent")
    page.segmented_control(key="latent.section").set_value("What if")
    fine(page.run())
    start, end = (
        charts(page)[0]["layout"]["title"]["text"].split("score ")[1].split(",")
    )
    assert 0 <= float(start.split()[0]) <= 1 and "at the end" in end
    page.number_input(key="latent.make.count").set_value(5)
    fine(page.button(key="latent.make").click().run())
    assert "5 rows made" in texts(page)
    fine(page.button(key="latent.made.add").click().run())
    grown = store.dataset(store.workspace_dataset(WORKSPACE))
    assert (grown.n, grown.name) == (65, "small with 5 rows made")
    assert np.array_equal(grown.X[:60], original.X)
    assert grown.Y[60:, 1].all()
    assert "is now the data set in use" in page.success[0].value
    warning = "Rows 60 to 64 (from 0) are synthetic, decoded in"
    assert grown.warnings[-1].startswith(warning)
    (addition,) = grown.source["made"]
    assert addition["rows"] == 5
    assert all(original.Y[p, 1] for p in addition["parents"])
    # Made once more, rows are added to those before.
    fine(page.button(key="latent.make").click().run())
    fine(page.button(key="latent.made.add").click().run())
    more = store.dataset(store.workspace_dataset(WORKSPACE))
    assert (more.n, more.name) == (70, "small with 10 rows made")
    assert np.array_equal(more.X[:65], grown.X)
    assert [one["rows"] for one in more.source["made"]] == [5, 5]
    assert more.warnings[-2:][0].startswith(warning)
    assert more.warnings[-1].startswith("Rows 65 to 69 (from 0)")


def test_what_the_page_imports_loads_neither_umap_nor_torch():
    code = (
        "import sys, aemlo.ui.latent.embedding, aemlo.ui.latent.quality, "
        "aemlo.ui.latent.walks; "
        "print(sorted({'umap', 'numba', 'torch'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
