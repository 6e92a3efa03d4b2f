"""Some hundred damaged files of each run: refused in one line, soon, or read."""

import io
import zipfile

import mutants
import numpy as np
import pytest

from aemlo.__main__ import main
from aemlo.errors import DataError
from aemlo.formats import open_files

COUNT = 300


def test_damaged_files_are_refused_in_one_line():
    cases = list(mutants.mutants(0, COUNT))
    problems = [
        f"{problem[0]}\n{how}\n{problem[1]}"
        for name, data, how in cases
        if (problem := mutants.failure(name, data))
    ]
    assert not problems, "\n".join(problems)


def test_the_mutants_are_of_all_formats_and_the_same_each_time():
    first, again = (list(mutants.mutants(5, 60)) for _ in range(2))
    assert first == again
    assert {name for name, _, _ in first} == set(mutants.good())


def test_a_failure_is_seen(monkeypatch):
    def broken(name, data):
        raise KeyError("x")

    monkeypatch.setattr(mutants, "read", broken)
    assert mutants.failure("a.csv", b"")[0].startswith(".csv: KeyError in broken, ")


def npz(header):
    """An archive of X and Y in which `header` changes the header of X."""
    out = io.BytesIO()
    np.savez(out, X=np.zeros((4, 2)), Y=np.eye(4, 2))
    with zipfile.ZipFile(out) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    return mutants.packed([(members[0][0], header(members[0][1])), *members[1:]])


def test_a_header_without_its_end_is_refused(tmp_path, capsys):
    data = npz(lambda array: array.replace(b"}", b" "))
    with pytest.raises(DataError) as caught:
        open_files([("x.npz", data)])
    message = str(caught.value)
    assert message == (
        "x.npz: 'X.npy' is damaged: its header cannot be read. Save the arrays again."
    )
    (tmp_path / "x.npz").write_bytes(data)
    assert main(["info", str(tmp_path / "x.npz")]) == 2
    assert capsys.readouterr().err == f"aemlo: {message}\n"


@pytest.mark.parametrize("shape", [b"(-1, 2)", b"(4, -2)", b"(4.0,2)"])
def test_a_header_with_an_odd_shape_is_refused(shape):
    data = npz(lambda array: array.replace(b"(4, 2)", shape))
    with pytest.raises(DataError, match=r"^x\.npz: 'X\.npy' is damaged: its header"):
        open_files([("x.npz", data)])


def test_the_reason_of_a_broken_workbook_is_one_line():
    from aemlo.formats import to_bytes

    data = to_bytes(mutants.small(), "Excel")[".xlsx"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [
            (name, b"<" if name == "xl/styles.xml" else archive.read(name))
            for name in archive.namelist()
        ]
    with pytest.raises(DataError, match=r"^x\.xlsx: broken workbook \(.*\)\.\Z"):
        open_files([("x.xlsx", mutants.packed(members))])


@pytest.mark.parametrize("sign", [0x110000, 0xD800])
@pytest.mark.parametrize("order", "<>")
def test_a_text_that_is_none_is_refused(sign, order):
    out = io.BytesIO()
    names = np.array([0x61, sign], dtype=f"{order}u4").view(f"{order}U1")
    np.savez(out, X=np.zeros((4, 2)), Y=np.eye(4, 2), feature_names=names)
    with pytest.raises(DataError) as caught:
        open_files([("x.npz", out.getvalue())])
    assert str(caught.value) == (
        "x.npz: 'feature_names.npy' is damaged: it holds signs that are no letters of "
        "Unicode. Save the arrays again."
    )
