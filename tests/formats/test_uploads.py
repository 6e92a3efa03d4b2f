"""Files of visitors: read in a process of its own, whose memory ends with it."""

import io
import json
import platform
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import mutants
import numpy as np
import pytest
from scipy import sparse

from aemlo import limited_process
from aemlo.errors import AemloError, DataError, ParameterError, RunError, Stopped
from aemlo.exports import model as exports_model
from aemlo.exports import model_contents
from aemlo.formats import open_files, uploads
from aemlo.tables import lists
from aemlo.tables.limits import MEGABYTE, Limits

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {"name": "BR", "sampler": None, "classifier": {"name": "BR-logistic"}}
MEASURE = """
import sys, time
sys.path.insert(0, "tests")
def megabytes(what):
    for line in open("/proc/self/status"):
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
"""


@pytest.fixture(autouse=True)
def found_apart(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))


@pytest.fixture
def always_apart(monkeypatch):
    monkeypatch.setattr(uploads, "IN_PROCESS", 0)


def measured(script):
    """What `script` prints as JSON in a fresh process, which can read its memory."""
    if not Path("/proc/self/status").exists():
        pytest.skip("No /proc here to read the memory of a process from.")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE + script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# A table comes back as it was read ------------------------------------------------


def same_table(a, b):
    plain = ("name", "format", "columns", "location", "warnings", "limits", "source")
    for name in (*plain, "may_lack_columns", "repeated"):
        assert getattr(a, name) == getattr(b, name), name
    assert type(a.X) is type(b.X)
    dense = [t.X.toarray() if sparse.issparse(t.X) else t.X for t in (a, b)]
    assert np.array_equal(*dense, equal_nan=True)
    assert list(a.texts) == list(b.texts)
    for j in a.texts:
        assert a.texts[j].tolist() == b.texts[j].tolist()
    assert (a.split is None) == (b.split is None)
    if a.split is not None:
        assert np.array_equal(a.split, b.split) and b.split.dtype == bool
    assert a.first_rows().equals(b.first_rows())
    assert a.summary().equals(b.summary())


EMPTY = b"@relation 'r: -C 1'\n@attribute L {0,1}\n@attribute a numeric\n@data\n{}\n"
SETS = {
    name: [(name, data)]
    for name, data in mutants.good().items()
    if not name.endswith((".xml", mutants.MODEL))
}
SETS["windows"] = [("h.csv", "Höhe,Art,L\n1,x,0\n2,y,1\n2,y,1\n".encode("cp1252"))]
SETS["a split and xml"] = [
    ("r-train.csv", b"a,t,L\n1,some words here,1\n2,and more words,0\n"),
    ("r-test.csv", b"a,t,L\n3,,1\n4,other words here,0\n"),
    ("r.xml", mutants.good()["l.xml"]),
]
SETS["nothing stored"] = [("e.arff", EMPTY)]


@pytest.mark.parametrize("name", SETS)
def test_a_table_that_was_kept_is_the_same(name, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "IN_PROCESS", 0)
    table = open_files(SETS[name])
    uploads.save(table, tmp_path)
    kept = uploads.load(tmp_path)
    same_table(table, kept)
    if name == "l.csv":  # its labels are lists
        table, kept = (lists.expanded(t, "topics") for t in (table, kept))
    names = table.proposal().names or table.column_names[-1:]
    made = uploads.to_dataset(kept, names, missing_labels="absent")
    again = table.to_dataset(names, missing_labels="absent")
    assert made.content_hash == again.content_hash


@pytest.mark.parametrize("name", ["a split and xml", "z.zip"])
def test_a_table_read_apart_is_the_same(name, always_apart):
    same_table(open_files(SETS[name]), uploads.open_files(SETS[name]))


def test_options_pass_through(always_apart):
    files = [("h.csv", b"a;L\n1,5;0\n2,5;1\n")]
    how = {"decimal": ",", "delimiter": ";"}
    same_table(open_files(files, **how), uploads.open_files(files, **how))


def test_large_arrays_stay_on_disk(always_apart):
    table = uploads.open_files(SETS["windows"])
    assert table.warnings == open_files(SETS["windows"]).warnings != []
    assert not table.X.flags.owndata and not table.X.flags.writeable
    made = uploads.to_dataset(table, ["L"])
    assert not made.X.flags.writeable


def test_small_files_are_read_here_and_large_ones_are_not(monkeypatch):
    monkeypatch.setattr(limited_process, "work", None)
    uploads.open_files(SETS["t.csv"])
    uploads.open_files(SETS["w0.xlsx"])
    large = [("l.csv", b"a,L\n" + b"1,1\n" * (uploads.IN_PROCESS // 4 + 1))]
    for files in (large, SETS["g.csv.gz"], SETS["z.zip"], SETS["w0.parquet"]):
        with pytest.raises(TypeError):
            uploads.open_files(files)


# What the other process says ------------------------------------------------------


def test_errors_keep_their_class_and_message(always_apart):
    files = [("b.arff", b"@relation r\n@attribute a numeric\n@data\nx\n")]
    for how, kind in (({}, DataError), ({"format": "no such"}, ParameterError)):
        with pytest.raises(AemloError) as here:
            open_files(files, **how)
        with pytest.raises(AemloError) as there:
            uploads.open_files(files, **how)
        assert type(there.value) is type(here.value) is kind
        assert str(there.value) == str(here.value)


def test_facts_on_an_error_pass_through():
    with (
        pytest.raises(RunError, match=r"^Which one\?$") as caught,
        limited_process.work("apart_work:ask", []),
    ):
        pass
    assert caught.value.choices == ["a", "b"]


def test_progress_and_the_answer_pass_through():
    fractions = []
    with limited_process.work(
        "apart_work:steps", [("a", b"123")], fractions.append, up_to=4
    ) as (
        _,
        answer,
    ):
        assert answer == {"size": 3}
    assert fractions == sorted(fractions)
    assert {0.25, 0.5, 0.75} <= set(fractions)


def test_what_the_hook_raises_ends_the_process(monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        limited_process.subprocess,
        "Popen",
        lambda *a, **k: started.append(popen(*a, **k)) or started[0],
    )

    def stop(fraction):
        if started:
            raise Stopped

    with pytest.raises(Stopped), limited_process.work("apart_work:wait", [], stop):
        pass
    assert started[0].returncode is not None


def test_a_process_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setenv("AEMLO_READ_SECONDS", "1")
    with (
        pytest.raises(DataError) as caught,
        limited_process.work("apart_work:wait", [("long.csv", b"")]),
    ):
        pass
    assert str(caught.value) == (
        "long.csv: reading it takes more than 1 s, the limit of this server. Use a "
        "smaller file, or set AEMLO_READ_SECONDS higher."
    )


TOO_MUCH = (
    "big.csv: reading it takes more than 300 MB of memory, the limit of this server. "
    "Use a smaller file, or set AEMLO_READ_MEMORY higher."
)


ONLY_LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="Only Linux refuses memory at once."
)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param("at_once", marks=ONLY_LINUX),
        "by_and_by",
        pytest.param("within", marks=ONLY_LINUX),
        "killed",
    ],
)
def test_a_process_that_takes_too_much_memory_is_ended(how, monkeypatch):
    monkeypatch.setenv("AEMLO_READ_MEMORY", "300")
    with (
        pytest.raises(DataError) as caught,
        limited_process.work(f"apart_work:{how}", [("big.csv", b"")]),
    ):
        pass
    assert str(caught.value) == TOO_MUCH


def test_a_large_file_under_a_low_limit_is_one_box(monkeypatch):
    monkeypatch.setenv("AEMLO_READ_MEMORY", "300")
    data = b"a,b,L\n" + b"0.12345,0.5,1\n" * 3_000_000
    with pytest.raises(DataError) as caught:
        uploads.open_files([("big.csv", data)])
    assert str(caught.value) == TOO_MUCH


@pytest.mark.parametrize("value", ["many", "0", "-3", "1.5"])
def test_a_limit_that_is_no_number(value, monkeypatch):
    monkeypatch.setenv("AEMLO_READ_MEMORY", value)
    with (
        pytest.raises(ParameterError) as caught,
        limited_process.work("apart_work:wait", []),
    ):
        pass
    assert str(caught.value) == (
        f"AEMLO_READ_MEMORY must be a whole number of at least 1, got {value!r}."
    )


def test_a_fault_of_ours_is_no_message_to_the_user():
    with (
        pytest.raises(RuntimeError, match="KeyError: 'a fault of ours'"),
        limited_process.work("apart_work:fault", []),
    ):
        pass


# Memory ---------------------------------------------------------------------------


def test_ten_large_files_leave_no_memory_behind():
    result = measured("""
import json, numpy as np
from aemlo.formats import uploads
row = ",".join(["0.12345"] * 40 + ["1", "0"]) + "\\n"
head = ",".join([f"f{k}" for k in range(40)] + ["L", "M"]) + "\\n"
data = (head + row * (20_000_000 // len(row))).encode()
uploads.open_files([("a.csv", (head + row * 1_000).encode())]).to_dataset(["L", "M"])
before, kept = (megabytes("VmRSS"), megabytes("RssAnon")), []
for _ in range(10):
    table = uploads.open_files([("a.csv", data)])
    kept.append((table, uploads.to_dataset(table, ["L", "M"])))
own = megabytes("RssAnon") - before[1]
kept.clear()
print(json.dumps([own, megabytes("VmRSS") - before[0], len(data)]))
""")
    while_kept, afterwards, size = result
    assert size > 19 * MEGABYTE
    assert while_kept < 100 and afterwards < 100


HOLES = """
import json
first = bytearray(b"x") * 20_000_000
del first  # from here on glibc would keep blocks of this size
before, blocks, between = megabytes("RssAnon"), [], []
for _ in range(10):
    blocks.append(bytearray(b"x") * 20_000_000)
    between.append(bytearray(b"x") * 100_000)
blocks.clear()
print(json.dumps(megabytes("RssAnon") - before))
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="Only glibc keeps large blocks."
)
def test_the_server_gives_large_blocks_back():
    call = "from aemlo.ui.memory import *; assert give_back_large_blocks()\n"
    assert measured(HOLES) > 100
    assert measured(call + HOLES) < 30


def test_the_store_of_a_server_is_opened_with_it(tmp_path, monkeypatch):
    from aemlo.ui import example, state

    called = []
    monkeypatch.setenv("AEMLO_HOME", str(tmp_path))
    monkeypatch.setattr(
        state.memory, "give_back_large_blocks", lambda: called.append(True)
    )
    monkeypatch.setattr(example, "install_example", lambda *_: None)
    state.store.__wrapped__()
    assert called == [True]


def bomb(cells=123_000_000):
    """A model file with an array of zeros, a thousandth of its size when packed."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (cells, 1)}
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("data/X.npy", "w", force_zip64=True) as part:
            part.write(header.getvalue())
            for _ in range(cells // 1_000_000):
                part.write(bytes(8_000_000))
        archive.writestr("model.json", json.dumps({"format": exports_model.FORMAT}))
    return out.getvalue()


def test_a_model_file_that_is_a_bomb_is_refused_in_small_memory(tmp_path):
    data = bomb()
    assert len(data) < 1.1 * MEGABYTE
    (tmp_path / "bomb.zip").write_bytes(data)
    message, before, after, seconds = measured(f"""
import json, resource
from aemlo.exports import model
data = open({str(tmp_path / "bomb.zip")!r}, "rb").read()
before = megabytes("VmHWM")
try:
    model.from_bytes(data)
except ValueError as error:
    message = f"{{type(error).__name__}}: {{error}}"
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = used.ru_utime + used.ru_stime  # of processor time: other work does not count
print(json.dumps([message, before, megabytes("VmHWM"), seconds]))
""")
    assert message == (
        f"DataError: The model file: unpacks to 984 MB, more than the limit of "
        f"{(len(data) * 200 + MEGABYTE) / MEGABYTE:,.0f} MB for {len(data):,} packed "
        "bytes. Save the model again, or set AEMLO_LIMIT_UNPACKED_MB or "
        "AEMLO_LIMIT_EXPANSION higher."
    )
    assert after - before < 300
    assert seconds < 10


# Model files ----------------------------------------------------------------------


def model(change=None, rows=None):
    """A model file; `change(name, data)` gives the bytes of its members."""
    rows = rows or mutants.small()
    data = exports_model.to_bytes(exports_model.Pipeline(PLAIN).fit(rows), rows)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    if change:
        members = [(name, change(name, data)) for name, data in members]
    return mutants.packed(members)


def array(values, shape=None):
    out = io.BytesIO()
    values = np.asarray(values)
    said = np.lib.format.header_data_from_array_1_0(values)
    np.lib.format.write_array_header_1_0(out, said | {"shape": shape or values.shape})
    return out.getvalue() + values.tobytes()


def names(**other):
    return lambda old: json.dumps(json.loads(old) | other).encode()


NO_MODEL = (
    "This is not a model file of this program, or it was changed: {}. Model files end "
    "in .aemlo-model.zip."
)


@pytest.mark.parametrize("rows", [mutants.small(), mutants.sparse_set()])
def test_a_model_file_reads_back(rows):
    arm, seed, scale, again, check = exports_model.from_bytes(model(rows=rows))
    settings = arm["classifier"].pop("params")
    assert settings == {"C": 1.0, "class_weights": False, "n_jobs": 1}
    assert (arm, seed, scale) == (PLAIN, 0, "min-max")
    assert again.content_hash == rows.content_hash
    assert check.shape == (rows.n, rows.q)


@pytest.mark.parametrize(
    "member, data, message",
    [
        (
            "data/X.npy",
            lambda _: array([1.0], (10**9, 10)),
            "The model file: 'data/X.npy' promises 80,000,000,000 bytes, but holds 8: "
            "the file is cut off.",
        ),
        (
            "data/Y.npy",
            lambda old: old.replace(b"}", b" "),
            "The model file: 'data/Y.npy' is damaged: its header cannot be read. Save "
            "the arrays again.",
        ),
        (
            "data/X.npy",
            lambda _: array(np.full((6, 2), 7.0)),
            NO_MODEL.format("feature 'k' has values that are none of its categories"),
        ),
        (
            "data/X.npy",
            lambda _: array([["a", "b"]] * 6),
            NO_MODEL.format("X, Y, check or split are no tables of numbers that fit"),
        ),
        (
            "check.npy",
            lambda _: array(np.zeros((3, 9))),
            NO_MODEL.format("X, Y, check or split are no tables of numbers that fit"),
        ),
        (
            "data/names.json",
            names(label_names=[["L"], "M"]),
            NO_MODEL.format("names.json holds something else than names"),
        ),
        ("model.json", lambda _: b"[" * 100_000, NO_MODEL.format("RecursionError")),
        ("model.json", lambda _: b"[]", NO_MODEL.format("model.json is no object")),
    ],
)
def test_a_changed_model_file_is_refused(member, data, message):
    changed = model(lambda name, old: data(old) if name == member else old)
    with pytest.raises(DataError) as caught:
        model_contents.contents(changed)
    assert str(caught.value) == message


def test_an_archive_in_a_model_file_counts_as_part_of_it():
    inner = io.BytesIO()
    np.savez_compressed(inner, data=np.zeros(200_000))

    def change(name, old):
        return inner.getvalue() if name == "data/X.npz" else old

    with pytest.raises(DataError) as caught:
        model_contents.contents(
            model(change, mutants.sparse_set()),
            replace(Limits(), unpacked_mb=1),
        )
    assert str(caught.value).startswith(
        "The model file: 'data/X.npz': unpacks to 2 MB, more than the limit of 1 MB "
    )


def test_a_member_that_is_there_twice_is_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = mutants.packed([("model.json", b"{}")] * 2)
    with pytest.raises(DataError) as caught:
        model_contents.contents(data)
    assert str(caught.value) == NO_MODEL.format("'model.json' is in it twice")


# Archives that lie ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.zip", "a.npz", "a.xlsx"])
@pytest.mark.parametrize(
    "method, title", [(zipfile.ZIP_BZIP2, "BZIP2"), (zipfile.ZIP_LZMA, "LZMA")]
)
def test_a_packing_that_expands_in_one_step_is_refused(name, method, title):
    inside = {"a.zip": "a.csv", "a.npz": "X.npy", "a.xlsx": "[Content_Types].xml"}[name]
    data = mutants.packed([(inside, b"0" * 20_000_000)], method)
    # Its directory and its header say that it is small.
    size = (20_000_000).to_bytes(4, "little")
    assert data.count(size) == 2 and len(data) < 10_000
    data = data.replace(size, (1_000).to_bytes(4, "little"))
    tracemalloc.start()
    with pytest.raises(DataError) as caught:
        open_files([(name, data)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(caught.value) == (
        f"{name}: '{inside}' is packed as {title}, which cannot be unpacked within "
        "limits. Pack it anew as an ordinary zip archive."
    )
    assert peak < MEGABYTE


# The model of the Train page ------------------------------------------------------


class File:
    def __init__(self, name, data):
        self.name, self.data = name, data

    def getvalue(self):
        return self.data


class Nobody:
    """A workspace that has a data set and queues nothing."""

    dataset = mutants.small()


SPEC = {"sampler": "AEMLO", "parameters": {}, "features": 3, "labels": 2}


@pytest.mark.parametrize(
    "spec",
    [
        b"[" * 100_000,
        b'"' + b"x" * 5_000_000 + b'"',
        json.dumps(SPEC | {"parameters": 5}).encode(),
        json.dumps(SPEC | {"sampler": []}).encode(),
        b"\xff",
    ],
    ids=["deep", "long", "no settings", "no sampler", "no text"],
)
def test_a_spec_that_is_none_is_refused(spec):
    from aemlo.ui.train import results

    files = [File("weights.pt", mutants.packed([("a", b"")])), File("spec.json", spec)]
    with pytest.raises(AemloError) as caught:
        results.enqueue_model(Nobody(), files)
    assert str(caught.value) == (
        "spec.json: not the description of an AEMLO model. Take the two files that "
        "this page hands out."
    )


@pytest.mark.parametrize(
    "weights, message",
    [
        (b"no archive", "weights.pt: broken archive (File is not a zip file)."),
        (
            mutants.packed([("a", bytes(101_000_000))]),
            "weights.pt: unpacks to 101 MB, more than the limit of 100 MB for ",
        ),
        (
            mutants.packed([("a", b"x")], zipfile.ZIP_LZMA),
            "weights.pt: 'a' is packed as LZMA, which cannot be unpacked within",
        ),
    ],
)
def test_weights_keep_to_the_limits(weights, message):
    from aemlo.ui.train import results

    files = [File("weights.pt", weights), File("spec.json", json.dumps(SPEC).encode())]
    with pytest.raises(DataError) as caught:
        results.enqueue_model(Nobody(), files)
    assert str(caught.value).startswith(message)
