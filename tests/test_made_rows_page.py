"""Pages on a data set with synthetic rows: what they say of them, and the way back."""

import numpy as np
import pytest
from latent_visits import WORKSPACE, drawn, fine, source, store, texts, visit

from aemlo.embedding import trained

__all__ = ["source", "store"]  # fixtures


@pytest.fixture
def grown(store, source):
    """The page after three synthetic rows were left out; the rest goes on."""
    drawn(store, source)
    page = fine(visit())
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


@pytest.mark.parametrize("name", ["compare", "classify"])
def test_pages_that_test_say_so_and_lead_back_to_the_original(
    store, source, grown, name
):
    page = fine(grown.switch_page(f"pages/{name}.py").run())
    said = page.warning[0].value.replace("\\", "")
    assert said.startswith("**7 of the 67 rows of small, 3 rows left out are synthetic")
    fine(page.button(key=f"{name}.real_rows").click().run())
    assert store.workspace_dataset(WORKSPACE) == source.dataset
    assert not any("are synthetic" in warning.value for warning in page.warning)


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
    assert real.name == "small, 3 rows left out, real rows only"
    assert not any("synthetic" in warning for warning in real.warnings)


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


def test_rows_made_here_are_added_with_their_parents(store, source):
    from aemlo.samplers import AEMLO

    drawn(store, source)
    folder = store.folder(source.id)
    known = trained.read(folder, store.dataset(source.dataset))
    sampler = AEMLO(epochs=2, latent_size=4, width=8, random_state=0)
    sampler.fit(known.dataset.X[:60], known.dataset.Y[:60]).save(folder / "model")
    np.save(folder / "codes.npy", sampler.model_.encode(known.dataset.X))
    page = visit()
    page.segmented_control(key="latent.section").set_value("What if")
    fine(page.run())
    page.number_input(key="latent.make.count").set_value(5)
    fine(page.button(key="latent.make").click().run())
    made = [f.value for f in page.dataframe if "how" in f.value.columns][0]
    assert made["parents"].str.startswith("from row ").all()
    assert made["how"].str.startswith("decoded in the latent space: From row 0").all()
    fine(page.button(key="latent.made.add").click().run())
    fine(page.button(key="latent.make").click().run())
    fine(page.button(key="latent.made.add").click().run())
    dataset = in_use(store)
    found = dataset.provenance
    assert found["synthetic"].tolist() == [False] * 60 + [True] * 10
    first, second = dataset.source["made"]
    assert found["parents"].tolist()[60:] == [
        str(parent) for parent in first["parents"] + second["parents"]
    ]
    assert found["how"].iloc[60] == (
        "decoded in the latent space: From row 0 towards rare, 50 % of the way, seed 0"
    )
    assert found["how"].iloc[69].endswith("seed 1")
    assert dataset.source["real rows"] == source.dataset
