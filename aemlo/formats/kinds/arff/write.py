"""A Dataset as the text of an ARFF file, dense or sparse as the data set is."""

import numpy as np
from scipy import sparse

from aemlo.arrays import Mask
from aemlo.dataset import Dataset
from aemlo.formats.kinds.arff.words import quoted
from aemlo.tables.table import MARK


def arff_bytes(dataset: Dataset, mark: Mask | None = None, meka: bool = False) -> bytes:
    """`dataset` as ARFF; labels are the last columns, the mark before them."""
    relation = dataset.name.replace(":", " ")
    if meka:
        relation = f"{relation}: -C -{dataset.q}"
        split = dataset.split
        if split is not None and is_training_first(split):
            relation += f" -split-number {int(split.sum())}"
    lines = [f"@relation {quoted(relation)}", ""]
    for feature in dataset.features:
        kind = "numeric"
        if feature.kind == "nominal":
            kind = "{" + ",".join(quoted(v) for v in feature.categories) + "}"
        lines.append(f"@attribute {quoted(feature.name)} {kind}")
    lines += [f"@attribute {quoted(name)} string" for name in dataset.text_names]
    if mark is not None:
        lines.append(f"@attribute {MARK} {{no,yes}}")
    lines += [f"@attribute {quoted(name)} {{0,1}}" for name in dataset.label_names]
    header = "\n".join([*lines, "", "@data", ""]).encode()
    write = _sparse_rows if sparse.issparse(dataset.X) else _dense_rows
    return header + write(dataset, mark)


def is_training_first(split: Mask | None) -> bool:
    """Whether there is a split, its training rows before all others."""
    return split is not None and bool((np.diff(split.astype(int)) <= 0).all())


def _spell(feature, values):
    """Words of the `values` of a feature, `?` where missing."""
    if feature.kind == "nominal":
        words = [quoted(v) for v in feature.categories] + ["?"]
        gap = len(feature.categories)
        return [words[int(v)] if v == v else words[gap] for v in values]
    return [number(v) for v in values]


def number(value: float) -> str:
    """The shortest decimal that reads back as `value`; `?` for NaN."""
    if value != value:
        return "?"
    whole = int(value)
    return str(whole) if whole == value and abs(whole) < 1e15 else repr(float(value))


def _texts(dataset):
    return [
        ["?" if v is None or v != v else quoted(str(v)) for v in dataset.text[name]]
        for name in dataset.text_names
    ]


def _dense_rows(dataset, mark):
    columns = [_spell(f, dataset.X[:, j]) for j, f in enumerate(dataset.features)]
    columns += _texts(dataset)
    if mark is not None:
        columns.append(["yes" if is_synthetic else "no" for is_synthetic in mark])
    columns += [[str(v) for v in dataset.Y[:, j]] for j in range(dataset.q)]
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True)).encode()


def _sparse_rows(dataset, mark):
    X = sparse.csr_matrix(dataset.X)
    X.sort_indices()
    d, texts = len(dataset.features), _texts(dataset)
    after = d + len(texts) + (mark is not None)
    spelled = {
        j: [quoted(v) for v in f.categories]
        for j, f in enumerate(dataset.features)
        if f.kind == "nominal"
    }
    lines = []
    for i in range(dataset.n):
        part = slice(X.indptr[i], X.indptr[i + 1])
        cells = [
            f"{j} {spelled[j][int(v)] if j in spelled and v == v else number(v)}"
            for j, v in zip(
                X.indices[part].tolist(), X.data[part].tolist(), strict=True
            )
            if v != 0
        ]
        cells += [f"{d + k} {words[i]}" for k, words in enumerate(texts)]
        if mark is not None and mark[i]:
            cells.append(f"{after - 1} yes")
        cells += [f"{after + j} 1" for j in np.flatnonzero(dataset.Y[i])]
        lines.append("{" + ",".join(cells) + "}\n")
    return "".join(lines).encode()
