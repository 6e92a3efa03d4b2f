"""Which rows of a data set were made, and of which: written down where rows are made.

See `Dataset.provenance` for what the columns mean. Numbers of rows are those of the
first data, before any row was made: a row that was made from a made one has the parents
of that one. So it can be told whether a row comes from a row that is tested on.
"""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

# The end of every warning about synthetic rows.
TEST_NOTHING = "Test nothing on them."
# In a data set's source: how rows were made, and the key of the data without any.
MADE, REAL = "made", "real rows"
ADDED = re.compile(r" with [\d,]+ (rows made|synthetic rows?)(,.*)?$")


def of(dataset):
    """The provenance of a Dataset; where it has none, all its rows are real ones."""
    if dataset.provenance is not None:
        return dataset.provenance
    return pd.DataFrame(
        {
            "synthetic": False,
            "row": np.arange(dataset.n),
            **dict.fromkeys(("parents", "made for", "how"), ""),
        }
    )


def synthetic(dataset):
    """Which rows (n,) of a Dataset are synthetic."""
    if dataset.provenance is None:
        return np.zeros(dataset.n, dtype=bool)
    return dataset.provenance["synthetic"].to_numpy()


def after(before, returned, label_names, how):
    """The provenance of what a sampler returned for rows whose provenance is `before`.

    `returned` is the sampler's frame (see aemlo.samplers.base): `origin`, `parents` and
    `label`, by position in what it was given. Rows keep what is known of them; `how`
    says in words how the new ones were made.
    """
    names = np.array([*label_names, ""], dtype=object)
    origin = returned["origin"].to_numpy()
    new = origin < 0
    found = before.iloc[np.where(new, 0, origin)].reset_index(drop=True)
    first = _first_numbers(before)
    found["synthetic"] |= new
    found["row"] = np.where(new, -1, found["row"])
    found.loc[new, "parents"] = [
        " ".join(dict.fromkeys(number for p in each for number in first[p]))
        for each in returned["parents"].to_numpy()[new]
    ]
    found.loc[new, "made for"] = names[returned["label"].to_numpy()[new]]
    found.loc[new, "how"] = how
    return found


def _first_numbers(before):
    """For each row its own number, or those of its parents, as texts."""
    columns = (before[name].tolist() for name in ("synthetic", "row", "parents"))
    return [
        parents.split() if made else [str(row)]
        for made, row, parents in zip(*columns, strict=True)
    ]


def where_some(dataset):
    """`dataset`, without its provenance where no row is synthetic."""
    made = dataset.provenance is None or synthetic(dataset).any()
    return dataset if made else replace(dataset, provenance=None)


def way_back(dataset, key):
    """`dataset`, if it has synthetic rows, with the `key` of the data it came from, for
    those who want the real rows again. A key said before is the nearer to them."""
    if not synthetic(dataset).any():
        return dataset
    return replace(dataset, source={REAL: key, **dataset.source})


def real_only(dataset):
    """`dataset` without its synthetic rows, and without a word of them."""
    real = dataset.take(np.flatnonzero(~synthetic(dataset)))
    source = {k: v for k, v in dataset.source.items() if k not in (MADE, REAL)}
    return replace(
        real,
        name=f"{ADDED.sub('', dataset.name)}, real rows only",
        warnings=tuple(w for w in dataset.warnings if not w.endswith(TEST_NOTHING)),
        source=source,
        provenance=None,
    )


def is_the_real_part(original, dataset):
    """Whether the rows of `original` are the real rows of `dataset`, none left out."""
    real = ~synthetic(dataset)
    return (
        original.n == real.sum()
        and original.features == dataset.features
        and original.label_names == dataset.label_names
        and np.array_equal(original.Y, dataset.Y[real])
        and not synthetic(original).any()
    )
