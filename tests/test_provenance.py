"""Provenance: rows keep theirs, new rows get theirs, and there is a way back."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from aemlo import provenance
from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.experiment import folds
from aemlo.exports import model
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
    warning = f"Row 4 is synthetic. {provenance.TEST_NOTHING}"
    return replace(
        original.take([0, 1, 2, 3, 3]),
        name="toy with 1 rows made",
        provenance=known,
        warnings=("careful", warning),
        source={
            **{"file": "toy.csv", "made": [{"rows": 1}], "real rows": "key"},
            **provenance.stated(" with 1 rows made", [warning]),
        },
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


def test_only_what_is_recorded_as_stated_is_taken_out(grown):
    """A name or a warning of a user's own may have the same words."""
    other = f"A remark. {provenance.TEST_NOTHING}"
    named = replace(grown, name="a with 9 rows made", warnings=(*grown.warnings, other))
    real = provenance.real_only(named)
    assert real.name == "a with 9 rows made, real rows only"
    assert real.warnings == ("careful", other)


@pytest.mark.parametrize(
    "words, name, plain",
    [
        (" with 1 rows made", "toy with 1 rows made", "toy"),
        (" with 1 synthetic row", "toy with 1 synthetic row", "toy"),
        (
            " with 1,234 synthetic rows",
            "toy with 1,234 synthetic rows, 2 real rows left out",
            "toy, 2 real rows left out",
        ),
        ("", "toy", "toy"),
    ],
)
def test_a_data_set_of_an_old_store_is_recognised_when_loaded(
    grown, tmp_path, words, name, plain
):
    source = {k: v for k, v in grown.source.items() if k != provenance.STATED}
    old = replace(grown, name=name, source=source)
    old.save(tmp_path)
    again = Dataset.load(tmp_path)
    assert again.content_hash == old.content_hash
    assert again.source[provenance.STATED] == {
        "name": words,
        "warnings": ["Row 4 is synthetic. Test nothing on them."],
    }
    assert provenance.real_only(again).name == f"{plain}, real rows only"
    assert provenance.real_only(again).warnings == ("careful",)


def test_a_stored_data_set_of_real_rows_gets_no_record(tmp_path):
    replace(toy(), warnings=("careful",), source={"file": "a"}).save(tmp_path)
    assert Dataset.load(tmp_path).source == {"file": "a"}


def test_a_frame_that_lacks_a_column_or_rows_is_refused(grown):
    schema = provenance.OF_RETURNED_ROWS
    with pytest.raises(DataError) as caught:
        provenance.framed(schema, {"origin": [0], "parents": [()]}, 1, "toy")
    assert str(caught.value) == (
        "toy: the provenance lacks 'label', 'weight'. It has the columns origin, "
        "parents, label, weight."
    )
    with pytest.raises(DataError) as caught:
        replace(grown, provenance=grown.provenance.iloc[:3])
    assert str(caught.value) == ("toy with 1 rows made: 5 rows, but a provenance of 3.")


def test_every_sampler_returns_the_declared_columns():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(40, 3)), (rng.random((40, 3)) < [0.7, 0.4, 0.1]).astype(int)
    for cls in SAMPLERS.values():
        sampler = cls(**cls.cheap_settings)
        sampler.fit_resample(X, Y)
        kinds = sampler.provenance_.dtypes.to_dict()
        assert kinds == {
            name: np.dtype(column.kind)
            for name, column in provenance.OF_RETURNED_ROWS.items()
        }, cls.title


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


@pytest.mark.parametrize("title", sorted(WRITERS))
def test_files_mark_synthetic_rows_where_the_format_can(grown, title, tmp_path):
    suffix, data = one_file(grown, title)
    mark = [False] * 4 + [True]
    if title == "Extreme classification":
        assert not WRITERS[title].marks
        return
    assert WRITERS[title].marks
    if title == "Excel":
        rows = pd.read_excel(io.BytesIO(data), sheet_name=0)
        assert rows["is_synthetic"].tolist() == ["no"] * 4 + ["yes"]
        return
    if suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(archive.namelist()[0])
    plain = replace(grown, provenance=None)
    assert data == next(iter(to_bytes(plain, title, mark=np.array(mark)).values()))
    assert data != next(iter(to_bytes(plain, title).values()))


def test_both_parts_of_a_split_and_written_files_are_marked(grown, tmp_path):
    split = np.array([True, False, True, True, True])
    write(replace(grown, split=split), tmp_path / "x.csv.zip")
    with zipfile.ZipFile(tmp_path / "x.csv.zip") as archive:
        parts = {
            name: pd.read_csv(archive.open(name))["is_synthetic"].tolist()
            for name in archive.namelist()
        }
    assert parts == {
        "x-train.csv": ["no", "no", "no", "yes"],
        "x-test.csv": ["no"],
    }
    (path,) = write(grown, tmp_path / "y.csv")
    assert pd.read_csv(path)["is_synthetic"].tolist() == ["no"] * 4 + ["yes"]


def test_a_libsvm_file_with_synthetic_rows_is_read_again(grown, tmp_path):
    write(grown, tmp_path / "x.libsvm")
    text = (tmp_path / "x.libsvm").read_text(encoding="utf-8")
    assert "# aemlo synthetic rows: [4]\n" in text
    again = read(tmp_path / "x.libsvm")
    assert np.array_equal(again.X, grown.X)
    assert again.label_names == grown.label_names


def test_folds_count_the_synthetic_rows_they_test_and_those_that_leak(grown):
    test_three = folds.Split(0, 0, np.array([0, 1, 2, 4]), np.array([3]))
    test_made = folds.Split(0, 1, np.array([0, 1, 2, 3]), np.array([4]))
    test_two = folds.Split(0, 2, np.array([0, 1, 3, 4]), np.array([2]))
    assert folds.synthetic_rows(grown, [test_two, test_three]) == (0, 1)
    assert folds.synthetic_rows(grown, [test_made, test_two]) == (1, 0)
    said = folds.warnings(grown, [test_made, test_three, test_two])[-1]
    assert said == (
        "Synthetic rows take part: up to 1 in a test part, and up to 1 training row "
        "made from rows that are tested on. The scores are too good. Leave the "
        "synthetic rows out."
    )
    real = folds.warnings(replace(grown, provenance=None), [test_three])
    assert not any("Synthetic" in sentence for sentence in real)


def test_a_model_trained_on_made_rows_can_be_kept_in_a_file(grown):
    arm = {
        "name": "tree",
        "sampler": None,
        "classifier": {"name": "BR-tree", "params": {"max_depth": 2}},
    }
    pipeline = model.Pipeline(arm).fit(grown)
    again = model.from_bytes(model.to_bytes(pipeline, grown))[3]
    assert again.values_hash == grown.values_hash
    assert again.warnings == grown.warnings
