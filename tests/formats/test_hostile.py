"""Any file makes a data set or an AemloError, soon and in bounded memory."""

import contextlib
import gzip
import io
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from refused_soon import MEGABYTE, SECONDS, refused

from aemlo.checks import examine
from aemlo.dataset import Dataset
from aemlo.errors import AemloError, ParameterError
from aemlo.formats import Limits, open_files, read, to_bytes
from aemlo.preparation.preparation import Preparation
from aemlo.tables.limits import from_environment

# Of processor time, so that other work on the machine does not count.


BILLION_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<labels><label name="&c;"/></labels>"""
FROM_DISK = b"""<?xml version="1.0"?>
<!DOCTYPE labels [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<labels><label name="&x;"/></labels>"""
ARFF = b"@relation r\n@attribute a numeric\n@attribute L {0,1}\n@data\n1,1\n2,0\n"


@pytest.mark.parametrize("content", [BILLION_LAUGHS, FROM_DISK])
def test_xml_entities_are_refused(content):
    assert refused(("a.arff", ARFF), ("l.xml", content)) == (
        "l.xml: declares a document type or entities, which label files do not need. "
        "Remove the <!DOCTYPE> part."
    )


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "l.xml: broken XML: no element found: line 1, column 0."),
        (b"\x00\xff", "l.xml: broken XML: "),
        (b"<labels/>", "l.xml: names no labels."),
        (b"<labels><label/></labels>", "l.xml: a <label> has no name."),
        (b"<a>" * 100_000, "l.xml: broken XML: "),
    ],
)
def test_broken_xml(content, message):
    assert message in refused(("a.arff", ARFF), ("l.xml", content))


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", b"1,0\n" * 25_000_000)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_unpacks():
    assert refused(("b.zip", bomb())).startswith("b.zip: unpacks to 100 MB, more than")


def test_a_gzip_bomb_is_refused_while_it_unpacks():
    data = gzip.compress(b"1,0\n" * 25_000_000)
    assert refused(("b.csv.gz", data)).startswith("b.csv.gz: unpacks to more than 2")


def test_a_cut_off_gzip():
    data = gzip.compress(b"a,L\n" + b"1,0\n" * 1000)
    assert refused(("b.csv.gz", data[:-9])) == (
        "b.csv.gz: the gzip data end too early: the file is cut off."
    )


def test_a_zip_that_lies_about_sizes():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", b"1,0\n" * 100_000)
    data = out.getvalue().replace(struct.pack("<I", 400_000), struct.pack("<I", 40))
    assert "b.zip" in refused(("b.zip", data)) or "a" in refused(("b.zip", data))


def test_a_long_line_is_refused():
    limits = Limits(line_mb=1)
    for name in ("a.csv", "a.arff", "a.svm"):
        data = b"@relation r\n" + b"x" * 3_000_000
        assert refused((name, data), limits=limits) == (
            f"{name}: line 2 is longer than the limit of 1 MB. If it is right, set "
            "AEMLO_LIMIT_LINE_MB higher."
        )


def test_a_gigabyte_line_cannot_arrive():
    with pytest.raises(AemloError, match="12 MB, more than the limit of 10 MB"):
        read(("a.csv", b"1" * 12_000_000), limits=Limits(upload_mb=10))


def test_headers_that_promise_too_much():
    message = refused(("a.txt", b"1000000000 1000000000 5\n1 2:1\n"))
    assert message.startswith(
        "a.txt: 1,000,000,000 rows promised in line 1, more than the limit of 5,0"
    )
    assert "features" in refused(("a.svm", b"1 2:1\n0 2000000000:1\n"))
    # Labels are the numbers that occur, whatever lies between them.
    far = read(("a.svm", b"1 2:1\n999999999 2:1\n"))
    assert far.label_names == ("label 1", "label 999999999")
    header = np.lib.format.header_data_from_array_1_0(np.zeros(1))
    header["shape"] = (10**9, 10)
    out, packed = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(out, header)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("X.npy", out.getvalue() + b"\0" * 100)
        archive.writestr("Y.npy", b"")
    assert "'X.npy' promises 80,000,000,000 bytes" in refused(
        ("a.npz", packed.getvalue())
    )


def test_a_hundred_thousand_columns():
    wide = ",".join(f"c{j}" for j in range(100_000)).encode()
    row = b",".join([b"1"] * 100_000)
    assert refused(("w.csv", wide + b"\n" + row + b"\n")).startswith(
        "w.csv: 100,000 columns, more than the limit of 50,000."
    )
    attributes = b"".join(b"@attribute c%d numeric\n" % j for j in range(100_000))
    assert "100,000 columns, more than the limit of 50,000" in refused(
        ("w.arff", b"@relation w\n" + attributes + b"@data\n" + row + b"\n")
    )
    sparse = read(
        ("w.arff", b"@relation w\n" + attributes + b"@data\n{0 1,99999 1}\n{}\n"),
        label_count=1,
    )
    assert sparse.X.shape == (2, 99_999)


class Evil:
    def __reduce__(self):
        return (print, ("ran",))


def test_nothing_is_unpickled(capsys):
    out = io.BytesIO()
    evil = np.array([Evil()], dtype=object)
    np.savez(out, X=evil, Y=np.eye(2))
    assert "'X.npy' holds Python objects" in refused(("e.npz", out.getvalue()))
    for name in ("e.pkl", "e.csv", "e.npz", "e.parquet", "e.xlsx"):
        assert refused((name, pickle.dumps(Evil())))
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03" * 100,
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"%PDF-1.7\n\x00\x00",
        b"PAR1 not at all",
        b"PK\x03\x04 nor this",
        b"\x1f\x8b\x08 or that",
        "a,b,L\n1,2,1\n".encode("utf-16-le"),
        b"",
        b"\n\n\n",
        b"\xef\xbb\xbf",
    ],
)
@pytest.mark.parametrize(
    "suffix", [".csv", ".arff", ".npz", ".xlsx", ".parquet", ".svm"]
)
def test_junk_under_any_name(data, suffix):
    assert f"j{suffix}" in refused((f"j{suffix}", data))


def test_a_nul_byte_is_named():
    assert refused(("n.csv", b"a,L\n1,1\n\x002,0\n")) == (
        "n.csv: not a text file (a NUL byte at position 8). If it is text in UTF-16, "
        "save it as UTF-8."
    )


@pytest.mark.parametrize(
    "filler", [b" ", b"\t", b"'", b'"', b",", b"{", b"\\", b"(", b"-"]
)
@pytest.mark.parametrize("suffix", [".csv", ".arff", ".svm"])
def test_long_runs_of_one_character(filler, suffix):
    head = (
        ARFF if suffix == ".arff" else b"1 1:1\n" if suffix == ".svm" else b"a,L\n1,1\n"
    )
    start = time.process_time()
    with contextlib.suppress(AemloError):
        open_files([(f"r{suffix}", head + filler * 3_000_000 + b"\n")])
    assert time.process_time() - start < SECONDS


def test_names_that_try_things():
    names = ["<script>alert(1)</script>", "{{7*7}}", "${x}", "=1+1", "a\nb", "%s%n"]
    head = ",".join('"' + n.replace('"', '""') + '"' for n in [*names, "L"])
    rows = "\n".join(
        ",".join([*map(str, range(k, k + 6)), str(k % 2)]) for k in range(4)
    )
    dataset = read(("t.csv", f"{head}\n{rows}\n".encode()), labels=["L"])
    assert dataset.feature_names == tuple(names)
    assert (
        b'"\'=1+1"' in to_bytes(dataset)[".csv"]
        or b"'=1+1" in to_bytes(dataset)[".csv"]
    )


def test_limits_are_set_from_outside():
    limits = from_environment({"AEMLO_LIMIT_UPLOAD_MB": "5", "OTHER": "x"})
    assert (limits.upload_mb, limits.rows) == (5, Limits().rows)
    with pytest.raises(ParameterError) as error:
        from_environment({"AEMLO_LIMIT_ROWS": "many"})
    assert str(error.value) == (
        "AEMLO_LIMIT_ROWS must be a whole number of at least 1, got 'many'."
    )


# Fuzzing --------------------------------------------------------------------------

GOOD = {
    "f.arff": b"@relation 'r: -C 2'\n@attribute L {0,1}\n@attribute M {no,yes}\n"
    b"@attribute a numeric\n@attribute 'k k' {x,'y z'}\n@data\n"
    b"1,no,0.5,x\n0,yes,?,'y z'\n% c\n{0 1,2 2.5,3 'y z'}\n",
    "s.arff": b"@relation 'r: -C -1'\n@attribute a numeric\n@attribute b {0,1}\n"
    b"@attribute L {0,1}\n@data\n{0 1.5,2 1}\n{}\n{1 1}\n",
    "f.csv": b'a,k,"t t",L,M\n1,x,some words here now,1,0\n2.5,"y,z",?,0,1\n',
    "f.svm": b"0,1 1:0.5 3:2\n1 2:1\n\n0 1:1e-3\n",
    "f.txt": b"2 3 2\n0,1 0:0.5 2:2\n1 1:1\n",
    "l.xml": b'<?xml version="1.0"?><labels><label name="L"/></labels>',
}


def binary_files():
    rng = np.random.default_rng(0)
    from aemlo.dataset import Feature

    dataset = Dataset(
        "f",
        rng.integers(0, 2, (6, 2)).astype(float),
        rng.integers(0, 2, (6, 2)),
        (Feature("a"), Feature("k", "nominal", ("x", "y"))),
        ("L", "M"),
    )
    for title in ("NumPy", "Parquet", "Excel"):
        for suffix, data in to_bytes(dataset, title).items():
            yield f"f{suffix}", data


GOOD |= dict(binary_files())


def survives(files):
    """Reading gives a Dataset that can be used on, or an AemloError."""
    try:
        table = open_files(files)
        names = table.proposal().names or table.column_names[-1:]
        dataset = table.to_dataset(names, missing_labels="absent")
    except AemloError as error:
        assert str(error)
        return
    table.summary()
    table.first_rows()
    examine(dataset)
    Preparation().fit_transform(dataset)
    assert dataset.content_hash


@st.composite
def damaged(draw):
    """A good file with bytes cut, put in, doubled or changed."""
    name = draw(st.sampled_from(sorted(GOOD)))
    data = bytearray(GOOD[name])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        what = draw(st.sampled_from(["cut", "put", "swap", "repeat", "end"]))
        if what == "cut":
            del data[at : at + draw(st.integers(1, 20))]
        elif what == "put":
            data[at:at] = draw(
                st.sampled_from(
                    [b"'", b'"', b",", b"{", b"}", b"?", b"\n", b"\\", b"\0"]
                )
                | st.binary(max_size=6)
            )
        elif what == "swap" and data:
            data[at] = draw(st.integers(0, 255))
        elif what == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 30))]
        else:
            del data[at:]
    return name, bytes(data)


FUZZ = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@FUZZ
@given(damaged())
def test_damaged_files(file):
    name, data = file
    files = [("f.arff", GOOD["f.arff"]), file] if name == "l.xml" else [file]
    survives(files)


@FUZZ
@given(
    st.sampled_from(["r.arff", "r.csv", "r.svm", "r.txt", "r.npz", "r.xlsx", "r.zip"]),
    st.binary(max_size=200)
    | st.text(
        st.sampled_from("@relation data attribute{}01,;:?'\"\\%\n\t-e.éL "),
        max_size=200,
    ).map(str.encode),
)
@example("r.csv", b"a,L\n1,1\n")
def test_random_files(name, data):
    survives([(name, data)])


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")),
    min_size=1,
).map(lambda s: s.strip() or "x")


@FUZZ
@given(
    st.lists(NAMES, min_size=3, max_size=6, unique_by=str.casefold),
    st.data(),
)
def test_whatever_is_written_reads_back(names, data):
    from aemlo.dataset import Feature

    n = data.draw(st.integers(1, 5))
    numbers = st.floats(allow_nan=True, allow_infinity=False)
    d = len(names) - 1
    X = np.array(data.draw(st.lists(numbers, min_size=n * d, max_size=n * d)))
    Y = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    dataset = Dataset(
        "w", X.reshape(n, d), Y[:, None], tuple(map(Feature, names[:d])), (names[d],)
    )
    for title, forced in (("MEKA ARFF", None), ("NumPy", None), ("Parquet", None)):
        files = to_bytes(dataset, title)
        suffix = next(iter(files))
        again = read((f"w{suffix}", files[suffix]), labels=forced)
        assert again.feature_names == dataset.feature_names, title
        assert again.label_names == dataset.label_names, title
        assert np.array_equal(again.X, dataset.X, equal_nan=True), title
        assert np.array_equal(again.Y, dataset.Y), title


def test_the_bomb_is_one():
    assert len(bomb()) < MEGABYTE
