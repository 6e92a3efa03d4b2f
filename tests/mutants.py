"""Damaged files by the thousand: every format, model files too, from a seed.

`mutants(seed, count)` gives (name, bytes, how). `python tests/mutants.py 7000 --seed 1`
reads that many and prints each kind of failure: an exception that is no AemloError, or
more than five seconds.
"""

import argparse
import gzip
import io
import json
import signal
import struct
import sys
import time
import traceback
import warnings
import zipfile
from collections import defaultdict
from contextlib import contextmanager, suppress
from functools import cache

import numpy as np
from numpy.lib import format as npy

from aemlo.checks import examine
from aemlo.dataset import Dataset, Feature
from aemlo.errors import AemloError
from aemlo.exports import model_contents
from aemlo.formats import WRITERS, open_files, to_bytes
from aemlo.preparation.preparation import Preparation

SECONDS = 5
MODEL = "m.aemlo-model.zip"
SIGNS = [bytes([k]) for k in b"'\"{}()[]<>,;:?@%\\/=&-.0129eE \n\t\0\xff"]
SIGNS += [
    b"NaN",
    b"inf",
    b"1e999",
    b"-1",
    b"99999999999999999999",
    b"true",
    b"\xef\xbb",
]
# What a header of an array can say: in place of one of its parts, another.
HEADER_PARTS = {
    b"'descr'": [b"'decsr'", b"0", b"descr", b"'descr"],
    b"'<f8'": [b"'|O'", b"'<f9'", b"'<U9999999'", b"'|V0'", b"[('a','<f8')]", b"''"],
    b"'|u1'": [b"'|O'", b"'<U1'", b"'|S0'", b"'<M8[s]'", b"'<c16'", b"{}", b"'|V0'"],
    b"False": [b"True", b"Flase", b"2", b"False,"],
    b"(": [
        b"((",
        b"[",
        b"(-1, ",
        b"(10**9, ",
        b"(999999999999, ",
        b"(True, ",
        b"('x',",
    ],
    b")": [b"", b"]", b"))", b", 99999999999)"],
    b"}": [b"", b"]", b"}}", b"} #", b"\\", b"'"],
    b"{": [b"", b"[", b"{{", b"(" * 90, b"-" * 60],
    b",": [b"", b",,", b":", b"\n", b"\0"],
}


def small():
    """Six rows of two features, one nominal, and two labels."""
    rng = np.random.default_rng(0)
    return Dataset(
        "f",
        rng.integers(0, 2, (6, 2)).astype(float),
        rng.integers(0, 2, (6, 2)),
        (Feature("a"), Feature("k", "nominal", ("x", "y"))),
        ("L", "M"),
        split=np.arange(6) < 4,
    )


def sparse_set():
    """The same without kinds, kept sparse."""
    from scipy import sparse

    made = small()
    features = (Feature("a"), Feature("b"))
    return Dataset("s", sparse.csr_matrix(made.X), made.Y, features, ("L", "M"))


@cache
def good():
    """{name: bytes} of files that can be read, of all formats."""
    from aemlo.exports import model

    files = {
        "t.csv": b'a,k,"t t",L,M\n1,x,some words here now,1,0\n2.5,"y,z",?,0,1\n',
        "l.csv": b"no,story,topics\n1,a b c d,a;b\n2,e f g h,b\n3,i j k l,\n",
        "r.txt": b"2 3 2\n0,1 0:0.5 2:2\n1 1:1\n",
        "n.arff": b"@relation 'r: -C 2'\n@attribute L {0,1}\n@attribute M {no,yes}\n"
        b"@attribute a numeric\n@attribute d date\n@attribute 'k k' {x,'y z'}\n@data\n"
        b"1,no,0.5,'2020-01-01',x\n0,yes,?,?,'y z'\n% c\n{0 1,2 2.5,4 'y z'}\n",
        "l.xml": b'<?xml version="1.0"?><labels><label name="L"/></labels>',
    }
    for k, dataset in enumerate((small(), sparse_set())):
        for title in WRITERS:
            with suppress(AemloError):  # some hold numbers only
                written = to_bytes(dataset, title)
                files |= {f"w{k}{suffix}": data for suffix, data in written.items()}
    dataset = small()
    arm = {"name": "x", "classifier": {"name": "BR-logistic"}}
    for name, rows in (("d" + MODEL, small()), ("s" + MODEL, sparse_set())):
        fitted = model.Pipeline(arm).fit(rows)
        files[name] = model.to_bytes(fitted, rows)
    files["g.csv.gz"] = gzip.compress(files["t.csv"], mtime=0)
    files["z.zip"] = packed([("t.csv", files["t.csv"]), ("readme.txt", b"x")])
    both = to_bytes(dataset, "ARFF")
    files["y.zip"] = packed([(f"f{suffix}", data) for suffix, data in both.items()])
    return files


def packed(members, method=zipfile.ZIP_DEFLATED):
    """The bytes of a zip archive of (name, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def mutants(seed, count):
    """`count` damaged files (name, bytes, how), the same for the same `seed`."""
    files = good()
    names = sorted(files)
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        name = names[k % len(names)]
        data, how = files[name], []
        for _ in range(int(rng.integers(1, 4))):
            data, did = _mutant(name, data, rng)
            how.append(did)
        yield name, data, f"seed {seed}, mutant {k}: {', '.join(how)}"


def _mutant(name, data, rng):
    """One damage: inside a member of an archive, to its list, or to the bytes."""
    if data[:4] == b"PK\x03\x04" and rng.random() < 0.8:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [(i.filename, archive.read(i)) for i in archive.infolist()]
        except Exception:  # already damaged
            members = []
        if members:
            return _mutant_archive(members, rng)
    if data[:2] == b"\x1f\x8b" and rng.random() < 0.5:
        try:
            plain = gzip.decompress(data)
        except Exception:  # already damaged
            return _damaged(data, rng)
        damaged, how = _damaged(plain, rng)
        return gzip.compress(damaged, mtime=0), f"gzip of {how}"
    return _damaged(data, rng)


def _mutant_archive(members, rng):
    k = int(rng.integers(len(members)))
    name, data = members[k]
    what = rng.choice(
        ["inside", "drop", "double", "rename", "swap"], p=[0.8] + [0.05] * 4
    )
    if what == "inside":
        if data[:6] == npy.MAGIC_PREFIX and rng.random() < 0.6:
            data, how = _header_edit(data, rng)
        elif data[:4] == b"PK\x03\x04":
            data, how = _mutant(name, data, rng)
        elif name.endswith(".json") and rng.random() < 0.6:
            data, how = _json_edit(data, rng)
        else:
            data, how = _damaged(data, rng)
        members[k], how = (name, data), f"{name}: {how}"
    elif what == "drop":
        how = f"{members.pop(k)[0]} dropped"
    elif what == "double":
        members.append((f"{name}x" if rng.random() < 0.5 else name, data))
        how = f"{name} doubled"
    elif what == "rename":
        damaged, how = _damaged(name.encode(), rng)
        members[k] = (damaged.decode("latin-1").replace("\0", "") or "x", data)
    else:
        j = int(rng.integers(len(members)))
        members[k], members[j] = (name, members[j][1]), (members[j][0], data)
        how = f"{name} swapped"
    method = zipfile.ZIP_STORED if rng.random() < 0.2 else zipfile.ZIP_DEFLATED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name is there twice
        return packed(members, method), how


def _header_edit(data, rng):
    """An array whose header says something else; its length fits again, or not."""
    at = 10 if data[6] == 1 else 12
    size = struct.unpack("<H" if at == 10 else "<I", data[8:at])[0]
    header, rest = data[at : at + size], data[at + size :]
    part = list(HEADER_PARTS)[int(rng.integers(len(HEADER_PARTS)))]
    places = [k for k in range(len(header)) if header.startswith(part, k)]
    if not places or rng.random() < 0.1:
        return _damaged(data, rng)
    k = int(rng.choice(places))
    other = HEADER_PARTS[part][int(rng.integers(len(HEADER_PARTS[part])))]
    header = header[:k] + other + header[k + len(part) :]
    length = len(header) if rng.random() < 0.9 else int(rng.integers(0, 65_536))
    version = data[6:8] if rng.random() < 0.9 else bytes([int(rng.integers(5)), 0])
    said = struct.pack("<H", length % 65_536)
    if version[0] != 1:
        said = struct.pack("<I", length)
    return data[:6] + version + said + header + rest, f"{part!r} -> {other!r}"


def _json_edit(data, rng):
    """JSON in which one value is of another kind."""
    try:
        said = json.loads(data)
    except ValueError:
        return _damaged(data, rng)
    places = list(_places(said))
    if not places:
        return _damaged(data, rng)
    inside, key = places[int(rng.integers(len(places)))]
    others = [None, -1, 2**70, 1.5, "x", "", [], {}, [[]], {"a": 1}, True, float("nan")]
    other = others[int(rng.integers(len(others)))]
    inside[key] = other
    return json.dumps(said).encode(), f"{key!r} -> {other!r}"


def _places(said):
    keys = said if isinstance(said, dict) else range(len(said))
    for key in list(keys):
        yield said, key
        if isinstance(said[key], dict | list):
            yield from _places(said[key])


def _damaged(data, rng):
    """Bytes flipped, cut, put in, doubled, taken out or cut off."""
    data = bytearray(data)
    what = rng.choice(["flip", "put", "cut", "repeat", "end", "bit", "grow"])
    at = int(rng.integers(len(data) + 1))
    length = int(rng.integers(1, 24))
    if what == "flip" and data:
        data[at % len(data)] = int(rng.integers(256))
    elif what == "bit" and data:
        data[at % len(data)] ^= 1 << int(rng.integers(8))
    elif what == "put":
        data[at:at] = SIGNS[int(rng.integers(len(SIGNS)))]
    elif what == "cut":
        del data[at : at + length]
    elif what == "repeat":
        data[at:at] = data[at : at + length]
    elif what == "grow":
        data[at:at] = SIGNS[int(rng.integers(len(SIGNS)))] * int(rng.integers(2, 3_000))
    else:
        del data[at:]
    return bytes(data), f"{what} at {at}"


def read(name, data):
    """Read a mutant as the app would, and use it; AemloError where it is refused."""
    if name.endswith(MODEL):
        *_, dataset, check = model_contents.contents(data)
        assert check.tolist()
        use(dataset)
        return
    files = [("f.arff", good()["n.arff"])] * name.endswith(".xml")
    table = open_files([*files, (name, data)])
    names = table.proposal().names or table.column_names[-1:]
    dataset = table.to_dataset(names, missing_labels="absent")
    table.summary()
    table.first_rows()
    use(dataset)


def use(dataset):
    """What the app does with a data set once it is read."""
    examine(dataset)
    Preparation().fit_transform(dataset)
    assert dataset.content_hash


class TooSlow(Exception):  # noqa: N818
    """Raised by the clock after SECONDS."""


@contextmanager
def clock(seconds=SECONDS):
    """Raises TooSlow where the block takes longer (on systems with alarms)."""

    def ring(*_):
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def failure(name, data):
    """What is wrong with how a mutant is taken: a kind and its traceback; or None."""
    try:
        with clock():
            read(name, data)
    except AemloError as error:
        message = str(error)
        if not message or "\n" in message:
            return f"{name}: message {message!r}", ""
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if "aemlo/" in f.filename
        ]
        where = ours[-1] if ours else last
        file = where.filename.split("aemlo/")[-1]
        kind = f"{type(error).__name__} in {where.name}, {file}"
        return f"{name[1:]}: {kind}", traceback.format_exc()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="names that hold this")
    options = parser.parse_args()
    kinds, start, slowest = defaultdict(list), time.monotonic(), (0.0, "")
    for name, data, how in mutants(options.seed, options.count):
        if options.only not in name:
            continue
        began = time.monotonic()
        problem = failure(name, data)
        slowest = max(slowest, (time.monotonic() - began, f"{name}, {how}"))
        if problem:
            kinds[problem[0]].append((how, problem[1]))
    for kind, cases in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
        how, trace = cases[0]
        sys.stdout.write(f"\n== {len(cases)} x {kind}\n{how}\n{trace[-1500:]}\n")
    sys.stdout.write(
        f"{options.count} mutants, {sum(map(len, kinds.values()))} failures of "
        f"{len(kinds)} kinds, {time.monotonic() - start:.0f} s; slowest "
        f"{slowest[0]:.2f} s ({slowest[1]})\n"
    )
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
