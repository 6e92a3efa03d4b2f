"""A data set by name from openml.org: the one thing here that goes online."""

import socket
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from aemlo.errors import DataError
from aemlo.formats.frames import table_of
from aemlo.formats.labels import Location
from aemlo.formats.limits import from_environment

WAIT_SECONDS = 4
SITE = "https://www.openml.org/"


def fetch(name, *, version=None, cache=None, limits=None):
    """The Table of a data set of OpenML, by name or number, kept in folder `cache`.

    Uses scikit-learn's `fetch_openml`. The site's default targets are the labels where
    there are several. Raises DataError when the site cannot be reached (within seconds)
    or has no such data set.
    """
    from sklearn.datasets import _openml, fetch_openml

    limits = limits or from_environment()
    _check_reachable(_openml._OPENML_PREFIX)
    which = {"data_id": int(name)} if str(name).isdigit() else {"name": str(name)}
    if "name" in which:
        which["version"] = version or "active"
    try:
        bunch = fetch_openml(
            **which,
            as_frame=True,
            parser="auto",
            cache=cache is not None,
            data_home=str(Path(cache)) if cache else None,
            n_retries=1,
            delay=0.2,
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"OpenML '{name}': {reason}") from None
    frame = bunch.frame if bunch.frame is not None else bunch.data
    targets = [str(target) for target in bunch.target_names or ()]
    location = Location()
    if len(targets) > 1:
        location = Location(targets, "OpenML's default targets", certain=True)
    title = str(bunch.details.get("name", name))
    return table_of(
        frame,
        f"OpenML '{name}'",
        title,
        "OpenML",
        limits,
        location=location,
        source={"openml": str(bunch.details.get("id", name)), "name": title},
    )


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
