"""ARFF reading against liac-arff and SciPy: time, and memory for large files.

    python tests/benchmarks/formats.py [--data FOLDER] [--quick]

Same bytes, one thread. Ours is the whole of `open_table(...)` with all its checks, to
NumPy or CSR; liac-arff gets the text and its faster mode for the kind of file (DENSE;
the faster of COO and LOD), encoding nominal values; SciPy reads what it can (dense
files without text). Both baselines get their result turned into a matrix of numbers,
as ours is, with the plainest NumPy that does it. Processor time, minimum of 5 runs (2
for baselines on files over 20 MB). Memory: growth of the peak resident size in a fresh
process that reads the file once, against the size of file and arrays.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from checkout import DATA, ROOT
from scipy import sparse
from scipy.io import arff as scipy_arff

from aemlo.formats import open_table
from aemlo.tables.limits import Limits


def ours(path):
    return open_table(path).X


def liac_dense(text):
    import arff

    loaded = arff.loads(text, encode_nominal=True)
    return np.array(loaded["data"], dtype=float)


def liac_coo(text):
    import arff

    loaded = arff.loads(text, encode_nominal=True, return_type=arff.COO)
    values, rows, columns = loaded["data"]
    shape = (max(rows) + 1, len(loaded["attributes"]))
    return sparse.coo_matrix((values, (rows, columns)), shape).tocsr()


def liac_lod(text):
    import arff

    loaded = arff.loads(text, encode_nominal=True, return_type=arff.LOD)
    rows = loaded["data"]
    indptr = np.cumsum([0, *map(len, rows)])
    indices = np.array([j for row in rows for j in row])
    values = np.array([v for row in rows for v in row.values()], dtype=float)
    shape = (len(rows), len(loaded["attributes"]))
    return sparse.csr_matrix((values, indices, indptr), shape)


def with_scipy(text):
    data, meta = scipy_arff.loadarff(io.StringIO(text))
    columns = []
    for name, kind in zip(meta.names(), meta.types(), strict=True):
        column = data[name]
        if kind == "nominal":
            codes = {v.encode(): k for k, v in enumerate(meta[name][1])}
            column = [codes.get(v, np.nan) for v in column]
        columns.append(column)
    return np.array(columns, dtype=float).T


def seconds(function, argument, runs):
    best, result = np.inf, None
    for _ in range(runs):
        result = None
        start = time.process_time()
        result = function(argument)
        best = min(best, time.process_time() - start)
    return best, result


def synthetic_dense(path, megabytes=22):
    rng, d = np.random.default_rng(0), 200
    n = megabytes * 1_000_000 // (d * 9)
    X = rng.random((n, d)).round(6)
    lines = ["@relation dense"] + [f"@attribute a{j} numeric" for j in range(d)]
    lines += ["@attribute l {0,1}", "@data"]
    rows = (",".join(map(repr, row)) + ",1" for row in X.tolist())
    path.write_text("\n".join([*lines, *rows]) + "\n")


def synthetic_sparse(path, n=120_000, d=1_000, q=28, density=0.01):
    rng = np.random.default_rng(0)
    X = sparse.random(n, d, density, format="csr", random_state=1)
    X.data = X.data.round(10)
    lines = ["@relation 'sparse: -C -28'"]
    lines += [f"@attribute w{j} numeric" for j in range(d)]
    lines += [f"@attribute l{j} {{0,1}}" for j in range(q)]
    rows = []
    for i in range(n):
        part = slice(X.indptr[i], X.indptr[i + 1])
        cells = [
            f"{j} {v!r}"
            for j, v in zip(
                X.indices[part].tolist(), X.data[part].tolist(), strict=True
            )
        ]
        cells += [
            f"{d + j} 1" for j in sorted(rng.choice(q, 2, replace=False).tolist())
        ]
        rows.append("{" + ",".join(cells) + "}")
    path.write_text("\n".join([*lines, "@data", *rows]) + "\n")


def memory(path):
    """(growth of peak resident memory, bytes of the arrays) of reading `path` once."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "def peak():\n"
        "    lines = open('/proc/self/status').read().split('\\n')\n"
        "    return int(next(x for x in lines if 'VmHWM' in x).split()[1])\n"
        "from aemlo.formats import open_table\n"
        "import pyarrow.csv, scipy.sparse, pandas, numpy as np\n"
        "before = peak()\n"
        "X = open_table(sys.argv[1]).X\n"
        "after = peak()\n"
        "parts = (X,) if isinstance(X, np.ndarray) else (X.data, X.indices, X.indptr)\n"
        "print((after - before) * 1024, sum(p.nbytes for p in parts))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(ROOT)],
        capture_output=True,
        text=True,
        check=True,
    )
    return map(int, done.stdout.split())


def measure(path, name, runs):
    text = path.read_text(encoding="utf-8")
    is_large = len(text) > 20_000_000
    mine, X = seconds(ours, path, runs)
    rivals = {}
    if sparse.issparse(X):
        candidates = {"liac COO": liac_coo, "liac LOD": liac_lod}
    else:
        candidates = {"liac": liac_dense, "SciPy": with_scipy}
    for title, function in candidates.items():
        spent, Z = seconds(function, text, min(runs, 2) if is_large else runs)
        rivals[title] = spent
        difference = abs(X - Z) if sparse.issparse(X) else np.abs(X - Z)
        assert not difference.max() > 0, f"{title} reads {name} otherwise"
    times = ", ".join(
        f"{t} {s * 1e3:.0f} ms ({s / mine:.1f} x)" for t, s in rivals.items()
    )
    print(f"{name:18s} {len(text) / 1e6:6.1f} MB  ours {mine * 1e3:7.1f} ms  {times}")
    if is_large:
        growth, arrays = memory(path)
        allowed = len(text) + 4 * arrays
        print(
            f"{'':18s} peak grows by {growth / 1e6:.0f} MB; file + 4 x arrays = "
            f"{allowed / 1e6:.0f} MB (arrays {arrays / 1e6:.0f} MB)"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--quick", action="store_true", help="small files only, once")
    asked = parser.parse_args()
    runs = 1 if asked.quick else 5
    names = ("enron", "medical", "scene-train", "scene-test", "yeast", "genbase")
    if not asked.data.is_dir():
        print(f"No real data sets in {asked.data}: only written ones are measured.")
        names = ()
    for name in names[-1:] if asked.quick else names:
        measure(asked.data / f"mulan/{name}.arff", name, runs)
    with tempfile.TemporaryDirectory() as folder:
        dense, thin = Path(folder) / "dense.arff", Path(folder) / "sparse.arff"
        synthetic_dense(dense, 1 if asked.quick else 22)
        synthetic_sparse(thin, 1_000 if asked.quick else 120_000)
        for path in (dense, thin):
            measure(path, f"synthetic {path.stem}", runs)
        start = time.process_time()
        dataset = open_table(thin, limits=Limits()).to_dataset()
        spent = time.process_time() - start
        print(
            f"{dataset.n:,} x {dataset.X.shape[1]:,} sparse, {dataset.q} labels: "
            f"a data set in {spent:.1f} s, {dataset.X.nnz:,} values"
        )


if __name__ == "__main__":
    main()
