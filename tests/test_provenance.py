"""Provenance: rows keep theirs, new rows get theirs, and there is a way back."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from aemlo import provenance
from aemlo.dataset import Dataset, Feature
from aemlo.formats import WRITERS, one_file, read, to_bytes, write
from aemlo.samplers import SAMPLERS


def toy(n=4, **more):
    rng = np.random.default_rng(0)
    Y = np.zeros((n, 2), dtype=np.uint8)
    Y[:, 0], Y[-1, 1] = 1, 1
    features = (Feature("a"), Feature("b"))
    return Dataset("toy", rng.normal(size=(n, 2)), Y, features, ("all", "rare"), **more)


def returned(origin, parents, label):
    return pd.DataFrame({"origin": origin, "parents": parents, "label": label})


@pytest.fixture
def grown():
    """Rows 0 to 3 real, row 4 made of rows 3 and 1."""
    frame = returned([0, 1, 2, 3, -1], [()] * 4 + [(3, 1)], [-1] * 4 + [1])
    original = toy()
    before = provenance.of(original)
    known = provenance.after(before, frame, original.label_names, "by hand")
    return replace(
        original.take([0, 1, 2, 3, 3]),
        name="toy with 1 rows made",
        provenance=known,
        warnings=("careful", f"Row 4 is synthetic. {provenance.TEST_NOTHING}"),
        source={"file": "toy.csv", "made": [{"rows": 1}], "real rows": "key"},
    )


def test_rows_of_data_without_provenance_are_real_and_numbered_as_they_lie():
    known = provenance.of(toy())
    assert known["row"].tolist() == [0, 1, 2, 3]
    assert not known["synthetic"].any()
    assert not provenance.synthetic(toy()).any()


def test_new_rows_name_their_parents_their_label_and_how_they_were_made(grown):
    assert provenance.synthetic(grown).tolist() == [False] * 4 + [True]
    last = grown.provenance.iloc[4].to_dict()
    assert last == {
        **{"synthetic": True, "row": -1, "parents": "3 1"},
        **{"made for": "rare", "how": "by hand"},
    }
    assert grown.provenance["how"][:4].tolist() == [""] * 4


def test_a_row_made_of_a_made_row_has_the_parents_of_that_one(grown):
    # Without row 0, the numbers of the first data stay what they were.
    shorter = grown.take([1, 2, 3, 4])
    frame = returned([3, 0, -1, -1], [(), (), (3, 1), ()], [-1, -1, 0, -1])
    known = provenance.after(shorter.provenance, frame, shorter.label_names, "again")
    assert known["row"].tolist() == [-1, 1, -1, -1]
    assert known["parents"].tolist() == ["3 1", "", "3 1 2", ""]
    assert known["how"].tolist() == ["by hand", "", "again", "again"]
    assert known["made for"].tolist() == ["rare", "", "all", ""]


def test_what_a_sampler_says_of_its_rows_is_understood():
    dataset = toy(12)
    sampler = SAMPLERS["ML-ROS"](random_state=0, target={"rare": 4}, labels=["rare"])
    frame = pd.DataFrame(dataset.Y, columns=dataset.label_names)
    sampler.fit_resample(dataset.X, frame)
    before, names = provenance.of(dataset), dataset.label_names
    known = provenance.after(before, sampler.provenance_, names, "ML-ROS")
    assert known["parents"].tolist() == [""] * 12 + ["11"] * 3
    assert known["made for"].tolist()[12:] == ["rare"] * 3


def test_the_real_rows_alone_say_nothing_of_others(grown):
    real = provenance.real_only(grown)
    assert (real.n, real.name) == (4, "toy, real rows only")
    assert real.provenance is None
    assert real.warnings == ("careful",)
    assert real.source == {"file": "toy.csv"}


def test_the_real_part_is_known_again_unless_rows_or_columns_are_missing(grown):
    assert provenance.is_the_real_part(toy(), grown)
    assert not provenance.is_the_real_part(toy(), grown.take([0, 1, 3, 4]))
    assert not provenance.is_the_real_part(grown, grown)
    renamed = replace(toy(), label_names=("all", "other"))
    assert not provenance.is_the_real_part(renamed, grown)


def test_the_way_back_leads_to_the_first_data(grown):
    assert provenance.way_back(grown, "later").source["real rows"] == "key"
    bare = replace(grown, source={})
    assert provenance.way_back(bare, "later").source == {"real rows": "later"}
    assert provenance.way_back(toy(), "later").source == {}


def test_a_provenance_without_synthetic_rows_is_left_out(grown):
    assert provenance.where_some(grown) is grown
    real = grown.take([0, 1])
    assert real.provenance is not None
    assert provenance.where_some(real).provenance is None
