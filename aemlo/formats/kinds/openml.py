"""A data set by name from openml.org: the one thing here that goes online."""

import socket
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from scipy import sparse

from aemlo.errors import DataError
from aemlo.tables.frames import table_of
from aemlo.tables.labels import Location
from aemlo.tables.limits import Limits, from_environment
from aemlo.tables.table import Column, Table

WAIT_SECONDS = 4
SITE = "https://www.openml.org/"


def fetch(
    name: str | int,
    *,
    version: int | None = None,
    cache: str | Path | None = None,
    limits: Limits | None = None,
) -> Table:
    """The Table of a data set of OpenML, by name or number, kept in folder `cache`.

    Uses scikit-learn's `fetch_openml`. The site's default targets are the labels where
    there are several. Raises DataError when the site cannot be reached (within seconds)
    or has no such data set.
    """
    from sklearn.datasets import fetch_openml

    limits = limits or from_environment()
    _check_reachable(SITE)
    which: dict[str, Any] = (
        {"data_id": int(name)} if str(name).isdigit() else {"name": str(name)}
    )
    if "name" in which:
        which["version"] = version or "active"
    how = {
        "cache": cache is not None,
        "data_home": str(Path(cache)) if cache else None,
        "n_retries": 1,
        "delay": 0.2,
        # The pandas parser of scikit-learn 1.9 fails on {TRUE,FALSE}, the usual labels.
        "parser": "liac-arff",
    }
    try:
        bunch = fetch_openml(**which, as_frame="auto", **how)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"OpenML '{name}': {reason}") from None
    targets = [str(target) for target in bunch.target_names or ()]
    location = Location()
    if len(targets) > 1:
        location = Location(targets, "OpenML's default targets", certain=True)
    title = str(bunch.details.get("name", name))
    table = table_of(
        _dense_part(bunch, targets),
        f"OpenML '{name}'",
        title,
        "OpenML",
        limits,
        location=location,
        source={"openml": str(bunch.details.get("id", name)), "name": title},
    )
    return _with_sparse_part(table, bunch) if sparse.issparse(bunch.data) else table


def _dense_part(bunch, targets):
    """The frame of all columns; of the targets alone where the features are sparse."""
    if bunch.frame is not None:
        return bunch.frame
    target = bunch.target.toarray() if sparse.issparse(bunch.target) else bunch.target
    frame = pd.DataFrame(np.asarray(target).reshape(bunch.data.shape[0], -1))
    return frame.set_axis(targets, axis=1)


def _with_sparse_part(table, bunch):
    """`table` of targets with the sparse features put before them."""
    X = sparse.csr_matrix(bunch.data, dtype=float)
    features = [Column(str(name)) for name in bunch.feature_names]
    table.limits.check(table.name, "columns", len(features), "sparse_columns")
    table.texts = {j + len(features): words for j, words in table.texts.items()}
    table.columns = [*features, *table.columns]
    table.X = sparse.csr_matrix(sparse.hstack([X, table.X], format="csr"))
    return table


def _check_reachable(address):
    """Raise DataError at once where the site does not answer (proxies are trusted)."""
    parts = urlsplit(address)
    if parts.scheme in urllib.request.getproxies():
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), WAIT_SECONDS).close()
    except OSError as error:
        raise DataError(
            f"OpenML ({parts.hostname}) cannot be reached: {error}. Everything else "
            "works offline; upload a file, or use yeast."
        ) from None
