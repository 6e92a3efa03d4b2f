"""Packed and binary files: their limits, their odd parts, what they cannot hold."""

import gzip
import io
import json
import zipfile

import numpy as np
import pytest
from reading import refused, zipped
from refused_soon import refused as soon_refused
from scipy import sparse

from aemlo.errors import DataError
from aemlo.formats import Limits, open_table, read
from aemlo.formats.kinds.npz import PARTS
from aemlo.tables.limits import check_megabytes

CSV = b"a,L\n" + b"1,0\n2,1\n" * 20
MEGABYTE = 1_000_000


def npz(**arrays):
    out = io.BytesIO()
    arrays = {"X": np.arange(8.0).reshape(4, 2), "Y": np.eye(4, 2)} | arrays
    np.savez_compressed(out, **{k: v for k, v in arrays.items() if v is not None})
    return "d.npz", out.getvalue()


def sparse_npz(**parts):
    X = sparse.csr_matrix(np.eye(4, 2))
    whole = (X.data, X.indices, X.indptr, np.array(X.shape))
    return npz(X=None, **dict(zip(PARTS, whole, strict=True)) | parts)


# Limits of what is packed ---------------------------------------------------------


def test_ordinary_zeros_may_be_packed_well():
    X = np.zeros((2_000, 1_000))
    X[:, 0] = np.arange(2_000)
    name, data = npz(X=X, Y=np.eye(2_000, 2))
    assert 8 * X.size > 200 * len(data) + MEGABYTE
    assert read((name, data)).X.shape == (2_000, 1_000)
    row = b"0," * 999 + b"1\n"
    lines = b",".join(b"f%d" % j for j in range(1_000)) + b"\n" + row * 2_000
    data = gzip.compress(lines)
    assert len(lines) > 200 * len(data) + MEGABYTE
    assert open_table(("z.csv.gz", data)).n == 2_000
    assert open_table(("z.zip", zipped(z_csv=lines))).n == 2_000


def test_arrays_of_zeros_are_refused_past_a_part_of_the_limit():
    file = npz(X=np.zeros((2_000, 8_000)), Y=np.eye(2_000, 2))
    assert "unpacks to 128 MB, more than the limit of 100 MB" in soon_refused(file)


def test_two_sizes_in_a_message_differ():
    with pytest.raises(
        DataError, match=r"2\.000001 MB, more than the limit of 2\.000000 MB"
    ):
        check_megabytes(Limits(upload_mb=2), "a.csv", 2_000_001, "upload_mb")


def test_all_members_of_a_gzip_file_are_read():
    cuts = (CSV[:44], CSV[44:100], b"", CSV[100:])
    whole = b"".join(map(gzip.compress, cuts)) + b"\0" * 700
    table = open_table(("m.csv.gz", whole))
    assert np.array_equal(table.X, open_table(("m.csv", CSV)).X)


@pytest.mark.parametrize("junk", [b"junk", b"\0\0junk", b"\x1f"])
def test_what_follows_a_gzip_file_is_no_part_of_it(junk):
    packed = gzip.compress(CSV)
    message = refused(("j.csv.gz", packed + junk))
    assert message.startswith(
        f"j.csv.gz: after {len(packed)} bytes of gzip data comes something else ("
    )


def test_members_of_a_gzip_file_keep_to_the_limits_together():
    bomb = gzip.compress(b"1,0\n" * 2_000_000)
    assert "unpacks to more than 25 MB" in soon_refused(("b.csv.gz", bomb * 12))
    many = gzip.compress(b"") * 150_000
    assert "more than 100,000 gzip files" in soon_refused(("b.csv.gz", many))
    cut = gzip.compress(CSV) + gzip.compress(CSV)[:-5]
    assert refused(("c.csv.gz", cut)).endswith("too early: the file is cut off.")


def test_gzip_in_a_zip_archive_is_unpacked():
    files = {"s-train_csv_gz": gzip.compress(CSV), "s-test_csv_gz": gzip.compress(CSV)}
    table = open_table(("s.zip", zipped(**files)))
    assert table.n == 80 and table.split.sum() == 40
    xml = gzip.compress(b'<labels><label name="L"/></labels>')
    arff = b"@relation r\n@attribute a numeric\n@attribute L {0,1}\n@data\n1,1\n2,0\n"
    packed = zipped(a_arff_gz=gzip.compress(arff), a_xml_gz=xml)
    assert read(("s.zip", packed)).label_names == ("L",)
    bomb = zipped(b_csv_gz=gzip.compress(b"1,0\n" * 25_000_000))
    assert "b.csv.gz: unpacks to more than 2" in soon_refused(("b.zip", bomb))


@pytest.mark.parametrize("suffix", ["zip", "npz", "xlsx"])
def test_a_file_without_a_name_in_an_archive(suffix):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        info = zipfile.ZipInfo("q")
        info.filename = ""
        packed.writestr(info, b"1")
        packed.writestr("X.npy", b"")
    assert refused((f"n.{suffix}", out.getvalue())) == (
        f"n.{suffix}: broken archive (a file in it has no name)."
    )


# NumPy ----------------------------------------------------------------------------


WHOLE = "X_shape must be two whole numbers, rows and columns, got ["
SHAPES = {"300,000,000 columns, more than": (5, 3e8), "0 rows, more": (10**9, 2)}


@pytest.mark.parametrize("says, shape", SHAPES.items())
def test_the_shape_of_a_sparse_array_keeps_to_the_limits(says, shape):
    assert says in soon_refused(sparse_npz(X_shape=np.array(shape)))


ODD_SHAPES = [(4, np.inf), (np.nan, 2), (-4, 2), (4, 2.5), (4, 2, 2), ("4", "2")]


@pytest.mark.parametrize("shape", ODD_SHAPES)
def test_the_shape_of_a_sparse_array_is_two_counts(shape):
    assert WHOLE in soon_refused(sparse_npz(X_shape=np.array(shape)))


def test_parts_of_a_sparse_array_are_checked():
    assert read(sparse_npz()).X.toarray().tolist() == np.eye(4, 2).tolist()
    assert "X is no CSR matrix" in refused(sparse_npz(X_indices=np.array([0, 9])))
    assert "X_data must be numbers" in refused(sparse_npz(X_data=np.array([1j, 2])))


def test_arrays_keep_to_the_limits_before_they_are_made_numbers():
    limits = Limits(columns=3, cells=20, labels=3)
    wide = npz(X=np.zeros((4, 4), dtype=np.uint8))
    assert "4 columns, more than" in refused(wide, limits=limits)
    long = npz(X=np.zeros((9, 3), dtype=np.uint8))
    assert "27 cells, more than" in refused(long, limits=limits)
    assert "4 labels, more than" in refused(npz(Y=np.eye(4)), limits=limits)


GOOD_SPLITS = [[True, False, True, False], [[1.0], [0], [1], [0]]]
GOOD_SPLITS += [["train", "test", "Train", " test"], [b"train", b"test"] * 2]
BAD_SPLITS = [[True, False], [True] * 5, ["train", "valid", "test", "x"], [0, 1, 2, 1]]
BAD_SPLITS += [[0, 1, np.nan, 1], [1j, 0, 1, 1], np.ones(4, dtype=complex)]
SAYS = ["has 2 values for 4 rows.", "has 5 values for 4 rows.", "'test', got 'valid'."]
SAYS += ["got 2.", "got nan.", "got 1j.", "got (1+0j)."]


@pytest.mark.parametrize("split", GOOD_SPLITS)
def test_a_split_in_its_ways(split):
    dataset = read(npz(split=np.array(split)))
    assert dataset.split.tolist() == [True, False, True, False]


@pytest.mark.parametrize("split, says", zip(BAD_SPLITS, SAYS, strict=True))
def test_a_split_that_is_none(split, says):
    assert says in refused(npz(split=np.array(split)))


NOTES = {"name": "n", "kinds": ["numeric", "nominal"], "values": [[], list("abcdefgh")]}


def test_notes_name_kinds():
    dataset = read(npz(kinds=np.array(json.dumps(NOTES))))
    assert dataset.name == "n" and dataset.features[1].kind == "nominal"


DAMAGED = "the program's own notes in the file are damaged"
SPOILT = ["[" * 100_000, "{", "[]"]
SPOILT += [json.dumps(NOTES | {"kinds": k}) for k in ("n", ["n", []], ["nominal", 0])]
SPOILT += [json.dumps(NOTES | {"values": v}) for v in (None, [[], 5], [[], [5]])]


@pytest.mark.parametrize("notes", [*SPOILT, json.dumps(NOTES | {"name": 5})])
def test_spoilt_notes_of_a_numpy_file(notes):
    assert DAMAGED in soon_refused(npz(kinds=np.array(notes)))


def test_an_array_that_happens_to_be_called_kinds():
    assert read(npz(kinds=np.arange(3))).features[0].kind == "numeric"
