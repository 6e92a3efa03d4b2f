"""All set- and label-level measures of a delicious-sized set, against dense NumPy.

The set has 16,105 rows, 983 labels and 19 labels a row, drawn by a power law. The
baseline is vectorised NumPy on the same dense uint8 matrix: BLAS for the pair counts in
float32, np.unique on packed bits for the labelsets, no Python loop. Both give
the same numbers (checked first). Min of 5, one thread; prints seconds and the ratio.

    OMP_NUM_THREADS=1 python tests/benchmarks/imbalance.py [--quick]

`--quick` takes 600 rows, 40 labels and one run.
"""

import argparse
import time

import checkout  # noqa: F401
import numpy as np
from scipy import sparse
from scipy.stats import chi2

from aemlo import imbalance, params
from aemlo.imbalance import Labels
from aemlo.samplers import SAMPLERS, expectation

RUNS = 5


def power_law(n=16_105, q=983, per_row=19, seed=0):
    """A label matrix (n, q) with `per_row` labels a row, frequent and rare ones."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, q + 1) ** 0.8
    # The largest of weighted exponentials: a weighted draw without putting back.
    keys = rng.exponential(size=(n, q)) / share
    Y = np.zeros((n, q), dtype=np.uint8)
    np.put_along_axis(Y, np.argpartition(keys, per_row, axis=1)[:, :per_row], 1, axis=1)
    return Y


def dense(Y):
    """The same measures by plain vectorised NumPy on the dense matrix."""
    n, q = Y.shape
    counts = Y.sum(axis=0, dtype=np.int64)
    ir = counts.max() / counts
    sizes = Y.sum(axis=1, dtype=np.int64)
    Z = Y.astype(np.float64)
    rows = 1 - np.exp(Z @ np.log(ir) / sizes) / (Z @ ir / sizes)
    per_label = Z.T @ rows / counts
    away = (rows[:, None] - per_label) ** 2 * Z
    label_cv = np.sqrt(away.sum(axis=0) / (counts - 1)) / per_label
    sets = np.unique(np.packbits(Y, axis=1), axis=0, return_counts=True)[1]
    together = (Y.astype(np.float32).T @ Y.astype(np.float32)).astype(np.float64)
    product = counts * (n - counts)
    square = n * (n * together - np.outer(counts, counts)) ** 2
    square = square / np.outer(product, product)
    upper = square[np.triu_indices(q, 1)]
    return {
        "mean_ir": ir.mean(),
        "scumble": rows.mean(),
        "labelsets": len(sets),
        "dependent": int((upper > chi2.ppf(0.99, 1)).sum()),
        "label_cv": np.nansum(label_cv),
        "imr": (np.maximum(counts, n - counts) / np.minimum(counts, n - counts)).sum(),
        "skew": (((sizes - sizes.mean()) ** 3).mean()),
    }


def ours(Y):
    """All measures of the set and of every label."""
    labels, names = Labels(Y), [str(j) for j in range(Y.shape[1])]
    table = imbalance.measure_set(labels, names, 500).set_index("key")["value"]
    return table, imbalance.per_label(labels, names)


def fastest(function, *arguments):
    """CPU seconds of the fastest of RUNS calls: other work may share the machine."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        function(*arguments)
        times.append(time.process_time() - start)
    return min(times)


def main(n=16_105, q=983):
    Y = power_law(n, q)
    table, per_label = ours(Y)
    plain = dense(Y)
    assert np.isclose(plain["mean_ir"], table["mean_ir"])
    assert np.isclose(plain["scumble"], table["scumble"])
    assert plain["labelsets"] == table["labelsets"]
    pairs = Y.shape[1] * (Y.shape[1] - 1) // 2
    assert np.isclose(plain["dependent"] / pairs, table["dependence"])
    assert np.isclose(plain["label_cv"], np.nansum(per_label["SCUMBLE.CV"]))

    slow, quick = fastest(dense, Y), fastest(ours, Y)
    print(f"dense NumPy  {slow:.3f} s")
    print(f"aemlo        {quick:.3f} s   ratio {slow / quick:.1f}")
    thin = sparse.csr_matrix(Y)
    print(f"aemlo, CSR in {fastest(ours, thin):.3f} s")
    for rows in (n // 4, n // 2, n):
        labels = thin[:rows]
        alone = fastest(imbalance.per_label, labels, range(q))
        print(
            f"{rows:6,} rows, {labels.nnz:7,} positives: per label {alone:.4f} s, "
            f"all {fastest(ours, labels):.4f} s"
        )
    known = Labels(thin)
    for title in ("ML-ROS", "LP-ROS", "REMEDIAL", "AEMLO"):
        size = {} if title == "REMEDIAL" else {"budget": 0.25}
        sampler = params.build(SAMPLERS[title], size, random_state=0)
        took = fastest(expectation.expected, known, sampler)
        print(f"forecast {title:9} {took:.3f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a small set, one run")
    if parser.parse_args().quick:
        RUNS = 1
        main(600, 40)
    else:
        main()
