"""The imbalance page, run without a browser: every view, switch and chosen label."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from visits import WORKSPACE, store, texts, visit

from aemlo.dataset import Dataset, Feature
from aemlo.formats.builtin import yeast
from aemlo.ui.imbalance.views import VIEWS

__all__ = ["store"]  # a fixture


def opened(view="Long tail", **chosen):
    """The page in one of its views, with widgets set beforehand."""
    return visit("imbalance", **{"imbalance.view": view}, **chosen)


def headings(page):
    return [element.value for element in page.subheader]


def use(store, dataset):
    store.use_dataset(WORKSPACE, store.add_dataset(dataset))
    return dataset


def small(Y, names, **more):
    X = np.arange(2.0 * len(Y)).reshape(-1, 2)
    return Dataset("small", X, Y, (Feature("a"), Feature("b")), names, **more)


def test_opens_on_yeast_with_the_rarest_label_chosen(store):
    page = opened()
    text = texts(page)
    assert "**MeanIR 7.197**" in text and "**Labelsets 198**" in text
    assert "Chosen label: Class14" in headings(page)
    assert "1,816 / 34" in text
    assert "Class12 has 1,816 rows, Class14 has 34" in text.replace("\\", "")
    assert page.dataframe[0].value["label"][13] == "Class14"
    assert page.dataframe[0].value["minority"].tolist().count("minority") == 2


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_drawn(store, view):
    page = opened(view)
    assert not page.error and not page.warning
    assert page.get("plotly_chart") or view in ("All measures", "Side by side")


def test_first_address_ever_visited(store):
    page = AppTest.from_file("../../pages/imbalance.py", default_timeout=60)
    page.session_state["_via_app"] = True
    page.run()
    assert "**MeanIR 7.197**" in texts(page)


def test_a_chosen_label_is_the_one_close_up(store):
    page = opened(**{"imbalance.label": "Class9"})
    assert "Chosen label: Class9" in headings(page)
    page.selectbox(key="imbalance.label").set_value("Class2").run()
    assert "Chosen label: Class2" in headings(page)
    assert "Its 1,038 rows" in texts(page)


def test_the_convention_changes_the_whole_page(store):
    Y = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], np.uint8)
    use(store, small(Y, ("A", "B", "Z")))
    assert "**MeanIR 2.500**" in texts(opened())
    zero = texts(opened(**{"imbalance.empty": "counts as 0"}))
    assert "**MeanIR 1.667**" in zero
    assert "no row has Z" in zero


def test_a_set_without_any_label_says_so(store):
    use(store, small(np.zeros((4, 2), np.uint8), ("A", "B")))
    page = opened()
    assert page.info[0].value == (
        "No row of this data set has a label, so there is nothing to measure. Choose "
        "its label columns again."
    )


def resampled(store, dataset, rows):
    """A finished resampling run whose result is `rows` of `dataset`."""
    key = store.add_dataset(dataset)
    spec = {"sampler": "ML-ROS"}
    title = "ML-ROS 10 %"
    run_id = store.enqueue(WORKSPACE, "resample", title, spec, key, dataset.name)
    dataset.take(rows).save(store.folder(run_id) / "resampled")
    store.finish(run_id, "done")
    return key


@pytest.mark.parametrize("view", VIEWS)
def test_a_finished_run_is_laid_over_every_view(store, view):
    dataset = yeast()
    rare = np.flatnonzero(dataset.Y[:, 13])
    key = resampled(store, dataset, np.concatenate([np.arange(dataset.n), rare]))
    page = opened(view, **{f"imbalance.over.{key[:12]}": "ML-ROS 10 %"})
    assert not page.error
    text = texts(page)
    assert "Rows went from 2,417 to 2,451" in text.replace("\\", "")
    assert "**MeanIR 7.197 → " in text
    assert "IRLbl after" in page.dataframe[0].value.columns


def test_the_sampled_set_stands_beside_the_one_before(store):
    dataset = yeast()
    resampled(store, dataset, np.arange(1000))
    page = opened("Side by side", **{_over(dataset): "ML-ROS 10 %"})
    table = page.dataframe[-1].value
    assert table.columns.tolist()[2:] == ["yeast", "after ML-ROS 10 %"]
    assert table["after ML-ROS 10 %"][0] == "1,000"


def test_a_run_whose_rows_are_gone_is_not_offered(store):
    dataset = yeast()
    resampled(store, dataset, np.arange(10))
    for folder in (store.home / "runs").glob("*/resampled"):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    example = "Example: AEMLO, rare labels first"
    assert opened().selectbox(key=_over(dataset)).options == ["nothing", example]


def test_a_run_of_other_labels_is_refused_in_texts(store):
    dataset = yeast()
    resampled(store, dataset, np.arange(10))
    for path in (store.home / "runs").glob("*/resampled/names.json"):
        path.write_text(path.read_text().replace("Class14", "Other"))
    page = opened(**{_over(dataset): "ML-ROS 10 %"})
    assert page.error[0].value.replace("\\", "") == (
        "'ML-ROS 10 %' has other labels than this data set, so the two cannot be "
        "compared. Open the data set that the run used."
    )


def _over(dataset):
    return f"imbalance.over.{dataset.content_hash[:12]}"


def test_sets_side_by_side_include_declared_parts(store):
    Y = np.array([[1, 1], [1, 0], [1, 0], [0, 1]], np.uint8)
    use(store, small(Y, ("A", "B"), split=np.array([True, True, True, False])))
    page = opened("Side by side")
    table = page.dataframe[-1].value
    assert table.columns.tolist()[2:] == ["small", "its training part"]
    assert table["its training part"][0] == "3"
    chosen = page.multiselect(key=page.multiselect[-1].key)
    assert "its rows with B" in chosen.options


def test_what_if_answers_before_anything_runs(store):
    page = opened("What if", **{"imbalance.method": "REMEDIAL"})
    metrics = {m.label: m.value for m in page.metric}
    assert metrics == {"Rows added": "817", "Expected MeanIR": "7.197"}
    assert page.slider(key="imbalance.percent.REMEDIAL").disabled
    page.selectbox(key="imbalance.method").set_value("ML-RUS").run()
    assert {m.label for m in page.metric} == {"Rows removed", "Expected MeanIR"}
    page.selectbox(key="imbalance.method").set_value("MLeNN").run()
    assert "cannot be told in advance" in page.error[0].value and not page.exception


def test_what_if_at_the_published_size_is_exact(store):
    page = opened(
        "What if", **{"imbalance.method": "MLSMOTE", "imbalance.published": True}
    )
    text = texts(page).replace("\\", "")
    assert "Exact: every row of a bag is a seed" in text
    # Class9 and Class14, the minority labels, have 178 and 34 rows.
    assert {m.label: m.value for m in page.metric}["Rows added"] == "212"


def test_text_columns_are_not_compared_but_the_page_stands(store):
    import pandas as pd

    Y = np.array([[1, 1], [1, 0], [1, 1], [0, 1]], np.uint8)
    text = pd.DataFrame({"note": ["a", "b", "c", "d"]})
    use(store, small(Y, ("A", "B"), text=text))
    page = opened()
    assert any("Features are not compared" in info.value for info in page.info)
