"""Write LIBSVM and extreme-classification text."""

import json

import numpy as np
from scipy import sparse

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.errors import DataError

OURS = b"# aemlo "
BASE = {"feature": 1, "label": 0}  # the number of the first one, as written
NAMES = 1_000  # on a line


def libsvm_bytes(
    dataset: Dataset, with_header: bool, mark: Mask | None = None
) -> bytes:
    """Rows with feature numbers from 1 (LIBSVM) or 0 (extreme), labels from 0."""
    if dataset.text is not None or any(f.kind == "nominal" for f in dataset.features):
        raise DataError(
            f"{dataset.name}: this format holds numbers only, and the data set has "
            "nominal or text features. Write CSV or ARFF."
        )
    X = sparse.csr_matrix(dataset.X)
    if np.isnan(X.data).any():
        raise DataError(
            f"{dataset.name}: this format has no sign for missing values. Fill them "
            "in, or write CSV or ARFF."
        )
    first = 0 if with_header else 1
    if with_header:
        lines = [f"{dataset.n} {X.shape[1]} {dataset.q}"]
    else:
        lines = _comments(dataset, X)
        if mark is not None:
            rows = np.flatnonzero(mark).tolist()
            lines.append(f"{OURS.decode()}synthetic rows: {rows}")
    for i in range(dataset.n):
        part = slice(X.indptr[i], X.indptr[i + 1])
        cells = zip(X.indices[part].tolist(), X.data[part].tolist(), strict=True)
        labels = ",".join(map(str, np.flatnonzero(dataset.Y[i]).tolist()))
        values = " ".join(f"{j + first}:{value!r}" for j, value in cells)
        # A blank line is no row to readers of LIBSVM; a zero is a cell to all.
        row = f"{labels} {values}".rstrip() or ("" if with_header else f" {first}:0")
        lines.append(row)
    return ("\n".join(lines) + "\n").encode()


def _comments(dataset, X):
    """What the rows do not tell of the columns, as `_said` reads it."""
    names = {
        "feature": [feature.name for feature in dataset.features],
        "label": list(dataset.label_names),
    }
    usual = {
        kind: known == [f"{kind} {j}" for j in range(at, at + len(known))]
        for (kind, known), at in zip(names.items(), BASE.values(), strict=True)
    }
    ends_used = dataset.Y[:, 0].any() and dataset.Y[:, -1].any()
    if (
        all(usual.values())
        and ends_used
        and X.indices.max(initial=-1) + 1 == X.shape[1]
    ):
        return []
    lines = []
    for kind, known in names.items():
        parts = [known[k : k + NAMES] for k in range(0, len(known), NAMES)]
        for entry in [len(known)] if usual[kind] else parts:
            value = json.dumps(entry, ensure_ascii=False)
            lines.append(f"{OURS.decode()}{kind}s: {value}")
    return lines
