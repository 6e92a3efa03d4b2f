"""Written and read again: the same data set, in every format and with odd names."""

from dataclasses import replace

import arff as liac
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from aemlo.dataset import Dataset, Feature
from aemlo.errors import DataError
from aemlo.formats import WRITERS, convert, one_file, read, to_bytes, write

NAN = float("nan")
ODD = (
    *("it's", 'say "yes"', "two words", "ärger é 名", "back\\slash", "a,b;c", "100%"),
    *("=1+1", "@home", "-dash", "{brace}", "#hash", "'quoted'", "tab\there", "?"),
)


def dense(nominal=True, missing=True, odd=True):
    rng = np.random.default_rng(7)
    n, names = 12, ODD if odd else tuple(f"f{k}" for k in range(len(ODD)))
    X = rng.normal(size=(n, len(names))) * 10.0 ** rng.integers(-8, 9, len(names))
    X[0, 0], X[1, 1], X[2, 2] = 0.1 + 0.2, 1e-300, -0.0
    features = [Feature(name) for name in names]
    if nominal:
        values = ("no", "it's", "=2+2", "two words", "?!")
        X[:, 3] = rng.integers(0, len(values), n)
        X[: len(values), 3] = np.arange(len(values))
        features[3] = Feature(names[3], "nominal", tuple(sorted(values)))
    if missing:
        X[4, 0] = X[5, 3] = NAN
    Y = rng.integers(0, 2, (n, 4))
    Y[3] = 0
    labels = ("L 'one'", "Lä\\two", 'L "3"', "=L4") if odd else ("a", "b", "c", "d")
    return Dataset("odd set", X, Y, tuple(features), labels)


def thin(nominal=True):
    X = sparse.random(15, 9, 0.2, format="csr", random_state=3)
    features = [Feature(f"w {j}'s") for j in range(9)]
    if nominal:
        X = X.tolil()
        X[:, 4] = (np.arange(15) % 3)[:, None]
        X = sparse.csr_matrix(X)
        features[4] = Feature("kind", "nominal", ("zero", "one", "two"))
    Y = np.zeros((15, 3), dtype=int)
    Y[::2, 0] = Y[::3, 1] = Y[-1, 2] = 1
    return Dataset("thin", X, Y, tuple(features), ("a b", "c", "d"))


def words():
    story = ["the cat sat on it's mat", "=cmd|' /C calc'!A0 is no sum at all", None]
    story += [f"row {k} has a text with some words, and commas" for k in range(9)]
    text = pd.DataFrame({"story": story}, dtype=object)
    return Dataset(
        "words",
        np.arange(12.0)[:, None],
        (np.arange(24) % 2).reshape(12, 2),
        (Feature("no"),),
        ("x", "y"),
        text=text,
    )


def same(a, b, categories=True):
    A, B = (d.X.toarray() if d.is_sparse else d.X for d in (a, b))
    assert a.feature_names == b.feature_names
    assert a.label_names == b.label_names
    assert np.array_equal(a.Y, b.Y)
    if categories:
        assert a.features == b.features
    assert np.array_equal(A, B, equal_nan=True)
    if a.text is not None:
        assert (
            a.text.astype(object)
            .where(a.text.notna(), None)
            .equals(b.text.astype(object).where(b.text.notna(), None))
        )


def back(dataset, path, **how):
    files = write(dataset, path)
    xml = next((f for f in files if f.suffix == ".xml"), None)
    return read(files[0], xml=xml, **how)


def formats(can):
    """Titles of the formats that `can` says yes to, by what their classes say."""
    return sorted(title for title, form in WRITERS.items() if can(form))


def kept(dataset, form):
    """`dataset` as a file of `form` can hold it: its labels in the order it has."""
    if form.keeps_every_label:
        return dataset
    order = np.argsort(dataset.label_names, kind="stable")
    names = tuple(dataset.label_names[j] for j in order)
    return replace(dataset, Y=dataset.Y[:, order], label_names=names)


def suffix_of(form):
    return form.extensions[0]


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize(
    "title", formats(lambda form: form.keeps_names and "nominal" in form.kinds)
)
def test_a_set_of_numbers_and_categories_comes_back(tmp_path, title, packed):
    form = WRITERS[title]
    labels = None if form.names_labels else dense().label_names
    path = tmp_path / f"odd{suffix_of(form)}{packed}"
    same(kept(dense(), form), back(dense(), path, labels=labels))


@pytest.mark.parametrize("title", formats(lambda form: not form.names_labels))
def test_a_file_that_does_not_name_its_labels_asks_for_them(tmp_path, title):
    with pytest.raises(DataError, match="nothing says which columns are labels"):
        back(dense(), tmp_path / f"odd{suffix_of(WRITERS[title])}")


@pytest.mark.parametrize("title", formats(lambda form: form.holds_sparse))
def test_sparse_stays_sparse(tmp_path, title):
    form = WRITERS[title]
    dataset = thin(nominal="nominal" in form.kinds)
    again = back(dataset, tmp_path / f"thin{suffix_of(form)}")
    assert again.is_sparse
    if form.keeps_names:
        same(dataset, again)
    else:
        assert np.array_equal(dataset.X.toarray(), again.X.toarray())
        assert np.array_equal(dataset.Y, again.Y)


@pytest.mark.parametrize("title", formats(lambda form: not form.holds_sparse))
def test_sparse_features_are_read_as_dense_ones_elsewhere(tmp_path, title):
    dataset, form = thin(nominal=False), WRITERS[title]
    labels = None if form.names_labels else dataset.label_names
    again = back(dataset, tmp_path / f"thin{suffix_of(form)}", labels=labels)
    assert not again.is_sparse
    same(kept(dataset, form), again)


@pytest.mark.parametrize("title", formats(lambda form: not form.keeps_names))
def test_names_are_numbers_where_a_format_keeps_none(tmp_path, title):
    dataset = thin(nominal=False)
    again = back(dataset, tmp_path / f"thin{suffix_of(WRITERS[title])}")
    assert again.label_names == ("label 0", "label 1", "label 2")


@pytest.mark.parametrize("title", formats(lambda form: "text" in form.kinds))
def test_text_comes_back(tmp_path, title):
    form = WRITERS[title]
    dataset = replace(words(), Y=np.eye(12, 2))  # a list names no label without rows
    labels = None if form.names_labels else ["x", "y"]
    path = tmp_path / f"w{suffix_of(form)}"
    same(dataset, back(dataset, path, labels=labels))


@pytest.mark.parametrize("title", formats(lambda form: "nominal" not in form.kinds))
def test_a_format_of_numbers_refuses_categories(title):
    with pytest.raises(DataError, match="this format holds numbers only"):
        to_bytes(dense(), title)


@pytest.mark.parametrize("title", formats(lambda form: "text" not in form.kinds))
def test_a_format_without_text_refuses_it(title):
    with pytest.raises(DataError, match="holds numbers only"):
        to_bytes(words(), title)


@pytest.mark.parametrize("title", formats(lambda form: not form.holds_gaps))
def test_a_format_without_gaps_refuses_them(title):
    with pytest.raises(DataError, match="no sign for missing values"):
        to_bytes(dense(nominal=False), title)


@pytest.mark.parametrize("title", formats(lambda form: form.marks and form.reads_marks))
def test_synthetic_rows_are_marked_and_left_out_of_the_features(tmp_path, title):
    dataset = dense(nominal=False, missing=False)
    files = to_bytes(dataset, title, mark=np.arange(dataset.n) >= 8)
    suffix = next(iter(files))
    path = tmp_path / f"marked{suffix}"
    path.write_bytes(files[suffix])
    again = read(path, labels=dataset.label_names)
    assert again.feature_names == dataset.feature_names
    assert again.warnings == (
        "4 of 12 rows are synthetic, says 'is_synthetic'. Test nothing on them.",
    )
    assert again.provenance["synthetic"].tolist() == [False] * 8 + [True] * 4
    assert again.provenance["row"].tolist() == [*range(8), -1, -1, -1, -1]
    assert set(again.provenance["how"][8:]) == {f"marked in {again.name}"}


@pytest.mark.parametrize("dataset", [dense(odd=False), thin()], ids=["dense", "sparse"])
@pytest.mark.parametrize("title", ["ARFF", "MEKA ARFF"])
def test_liac_arff_reads_what_is_written(dataset, title):
    text = to_bytes(dataset, title)[".arff"].decode()
    mode = liac.COO if dataset.is_sparse else liac.DENSE
    loaded = liac.loads(text, return_type=mode, encode_nominal=True)
    names = [name for name, _ in loaded["attributes"]]
    assert names == [*dataset.feature_names, *dataset.label_names]
    if dataset.is_sparse:
        values, rows, columns = loaded["data"]
        matrix = sparse.coo_matrix(
            (values, (rows, columns)), (dataset.n, len(names))
        ).toarray()
        expected = np.hstack([dataset.X.toarray(), dataset.Y])
    else:
        matrix = np.array(loaded["data"], dtype=float)
        expected = np.hstack([dataset.X, dataset.Y])
    assert np.array_equal(matrix, expected, equal_nan=True)


def test_convert_goes_between_formats(tmp_path):
    first = write(dense(), tmp_path / "a.arff")
    files = convert(first[0], tmp_path / "b.parquet", xml=first[1])
    same(dense(), read(files[0]))
    with pytest.raises(DataError) as error:
        convert(first[0], tmp_path / "b.odd", xml=first[1])
    assert str(error.value) == (
        "Can't write 'b.odd'. Formats: .arff, .csv, .dat, .data, .labels.csv, .libsvm, "
        ".meka.arff, .npz, .parquet, .pq, .svm, .svmlight, .tab, .tsv, .txt, .xc.txt, "
        ".xlsx."
    )
    with pytest.raises(DataError) as error:
        convert(first[0], tmp_path / "b.txt", xml=first[1])
    assert str(error.value) == (
        "Can't tell from 'b.txt' how to write it: CSV, Extreme classification, LIBSVM. "
        "Say which format."
    )


@pytest.mark.parametrize("suffix", [".meka.arff", ".parquet", ".npz"])
def test_a_declared_split_comes_back(tmp_path, suffix):
    dataset = replace(dense(), split=np.arange(12) < 7)
    again = back(dataset, tmp_path / f"s{suffix}")
    assert again.split.tolist() == dataset.split.tolist()


def test_a_list_knows_no_label_that_is_on_no_row(tmp_path):
    assert back(words(), tmp_path / "set.labels.csv").label_names == ("y",)


@pytest.mark.parametrize(
    "dataset",
    [dense(), thin(nominal=False), replace(words(), Y=np.eye(12, 2))],
    ids=lambda dataset: dataset.name,
)
def test_lists_of_labels_come_back_in_alphabetical_order(tmp_path, dataset):
    again = back(dataset, tmp_path / "set.labels.csv")
    order = np.argsort(dataset.label_names)
    names = tuple(dataset.label_names[j] for j in order)
    same(replace(dataset, Y=dataset.Y[:, order], label_names=names), again)
    assert again.labels_from == "the lists in column 'labels' (JSON lists)"


def test_a_feature_may_not_be_called_as_the_lists_are():
    dataset = replace(words(), features=(Feature("labels"),))
    with pytest.raises(DataError) as error:
        to_bytes(dataset, "CSV, labels as lists")
    assert str(error.value) == (
        "words: has a feature 'labels', as the column of lists is called. Rename it, "
        "or write plain CSV."
    )


def halves(dataset):
    """`dataset` with every other row for training, and as it comes back from files."""
    split = np.arange(dataset.n) % 2 == 0
    order = np.argsort(~split, kind="stable")
    return replace(dataset, split=split), replace(dataset, split=split).take(order)


def with_every_value_in_both(dataset):
    """Twice the rows: a part then has each category, as a part of a real set would."""
    return replace(dataset.take(np.repeat(np.arange(dataset.n), 2)), split=None)


@pytest.mark.parametrize("title", sorted(WRITERS))
def test_any_format_comes_back_from_an_archive_with_its_split(tmp_path, title):
    form = WRITERS[title]
    dataset = dense() if "nominal" in form.kinds else thin(nominal=False)
    for one in (dataset, with_every_value_in_both(dataset)):
        given, expected = halves(one)
        (path,) = write(given, tmp_path / "set.zip", format=title)
        again = read(path, labels=None if form.names_labels else dataset.label_names)
        if form.keeps_split(given):
            expected = given
        assert again.split.tolist() == expected.split.tolist()
        if not form.keeps_every_label:
            assert sorted(again.label_names) == sorted(given.label_names)
        elif form.keeps_names:
            same(expected, again)
        else:
            assert np.array_equal(again.Y, expected.Y)


def test_numbers_in_two_files_of_an_archive(tmp_path):
    given, expected = halves(thin(nominal=False))
    (path,) = write(given, tmp_path / "thin.libsvm.zip")
    again = read(path)
    assert again.split.tolist() == expected.split.tolist()
    assert np.array_equal(again.Y, expected.Y)
    width = again.X.shape[1]
    assert np.array_equal(again.X.toarray(), expected.X[:, :width].toarray())


@pytest.mark.parametrize("name", ["my test data", "train", "readme"])
def test_a_name_that_says_test_does_not_confuse_the_parts(tmp_path, name):
    given, expected = halves(replace(thin(), name=name))
    suffix, data = one_file(given, "ARFF")
    assert suffix == ".zip"
    (tmp_path / "any.zip").write_bytes(data)
    again = read(tmp_path / "any.zip")
    assert again.split.tolist() == expected.split.tolist()
    same(expected, again)


def test_an_archive_without_a_format_is_refused(tmp_path):
    with pytest.raises(DataError) as error:
        write(dense(), tmp_path / "set.zip")
    assert str(error.value) == (
        "Can't tell what the archive 'set.zip' shall hold. Call it set.arff.zip, "
        "set.csv.zip and so on, or say which format."
    )


def test_one_file_is_packed_only_where_one_does_not_do():
    whole = dense()
    cut = replace(whole, split=np.arange(12) < 7)
    found = {title: one_file(whole, title)[0] for title in ("CSV", "ARFF", "Parquet")}
    assert found == {"CSV": ".csv", "ARFF": ".zip", "Parquet": ".parquet"}
    found = {title: one_file(cut, title)[0] for title in ("CSV", "MEKA ARFF", "NumPy")}
    assert found == {"CSV": ".zip", "MEKA ARFF": ".arff", "NumPy": ".npz"}


def test_a_spreadsheet_computes_nothing(tmp_path):
    csv = to_bytes(dense(), "CSV")[".csv"].decode()
    cells = pd.read_csv(
        write(dense(), tmp_path / "a.csv")[0], header=None, dtype=str
    ).to_numpy()
    risky = [
        c
        for c in cells.ravel()
        if isinstance(c, str) and c[0] in "=+-@\t\r" and not _is_number(c)
    ]
    assert risky == []
    assert "'=1+1" in csv
    import openpyxl

    sheet = openpyxl.load_workbook(write(dense(), tmp_path / "a.xlsx")[0]).active
    assert {c.data_type for row in sheet.iter_rows() for c in row} <= {"n", "s"}


def _is_number(word):
    try:
        return bool(float(word)) or True
    except ValueError:
        return False


def test_xml_refuses_what_it_cannot_hold():
    dataset = Dataset("c", np.ones((2, 1)), np.eye(2), (Feature("a"),), ("x\x01", "y"))
    with pytest.raises(DataError) as error:
        to_bytes(dataset, "ARFF")
    assert str(error.value) == (
        "Label 'x\\x01' holds a control character, which XML cannot. Rename it, or "
        "write MEKA's ARFF."
    )


def test_a_column_is_synthetic_that_marks_no_row_is_left_out(tmp_path):
    for cells in (("no", "no"), ("perhaps", "yes")):
        path = tmp_path / "x.csv"
        rows = [f"{k},{cell},{k}" for k, cell in enumerate(cells)]
        path.write_text("\n".join(["a,is_synthetic,label", *rows]), encoding="utf-8")
        dataset = read(path, labels=["label"])
        assert dataset.provenance is None
        assert dataset.feature_names == ("a",)
        assert dataset.warnings == (
            "Column 'is_synthetic' tells of no synthetic row: left out.",
        )
