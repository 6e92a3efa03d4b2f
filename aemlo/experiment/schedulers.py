"""The Dask schedulers that may be used: those the administrator allowed, by name.

Whoever owns a scheduler can run code in the process that connects to it: Dask unpickles
what it sends. So an address comes from the environment, or from a user's own command
line or program, never from a page or a file; these may name what is allowed. Ours.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aemlo.errors import ParameterError

BACKENDS = ("loky", "dask")
BACKEND, ONE, SEVERAL = "AEMLO_BACKEND", "AEMLO_DASK_SCHEDULER", "AEMLO_DASK_SCHEDULERS"
DEFAULT = "default"  # the name of the scheduler that ONE holds
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ADDRESS = re.compile(r"(?:[a-z]+://)?[^\s/]+:[0-9]+")
TLS = ("ca_file", "cert", "key")


@dataclass(frozen=True)
class Scheduler:
    """A Dask scheduler and the PEM files with which it is trusted, "" for none.

    `ca_file` signed the certificates of the cluster, `cert` is ours; `key` may be
    inside `cert`. Without files Dask's own configuration counts.
    """

    address: str
    name: str = ""
    ca_file: str = ""
    cert: str = ""
    key: str = ""

    def security(self) -> Any:
        """`distributed.Security` of the files, or None; raises ParameterError."""
        if not self.ca_file:
            return None
        from distributed import Security

        options = {"tls_ca_file": self.ca_file, "tls_client_cert": self.cert}
        options |= {"tls_client_key": self.key} if self.key else {}
        security = Security(require_encryption=True, **options)
        try:
            security.get_connection_args("client")
        except OSError as problem:  # ssl.SSLError is one
            raise ParameterError(
                f"The TLS files of the Dask scheduler {self.name!r} cannot be used "
                f"({problem}). They must be a CA, a certificate and its key in PEM."
            ) from problem
        return security


def backend(environment: Mapping[str, str] | None = None) -> str:
    """Where comparisons of this server compute: AEMLO_BACKEND, else loky."""
    chosen = _environment(environment).get(BACKEND) or "loky"
    if chosen not in BACKENDS:
        raise ParameterError(
            f"{BACKEND} must be one of {', '.join(BACKENDS)}, got {chosen!r}."
        )
    return chosen


def allowed(environment: Mapping[str, str] | None = None) -> dict[str, Scheduler]:
    """The Schedulers of AEMLO_DASK_SCHEDULER and AEMLO_DASK_SCHEDULERS by name.

    The first holds one address, which gets the name "default". The second is a JSON
    object or the path of a TOML file: names to addresses, or to tables of `address`,
    `ca_file`, `cert` and `key`, whose paths are relative to the TOML file (JSON: to
    the working folder). Raises ParameterError for every mistake in them.
    """
    environment = _environment(environment)
    found = {}
    one = environment.get(ONE, "").strip()
    if one:
        if not ADDRESS.fullmatch(one):
            raise ParameterError(
                f"{ONE} must be an address such as tcp://host:8786, got {one!r}."
            )
        found[DEFAULT] = Scheduler(one, DEFAULT)
    table, folder = _several(environment.get(SEVERAL, "").strip())
    for name, entry in table.items():
        if name in found:
            raise ParameterError(
                f"{SEVERAL}: {name!r} is the name of the address in {ONE}. Use another "
                "name, or one variable."
            )
        found[name] = _checked(name, entry, folder)
    return found


def is_name(value: object) -> bool:
    """Whether `value` can be the name of a scheduler; an address never can."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def chosen(name: str | None, environment: Mapping[str, str] | None = None) -> Scheduler:
    """The allowed Scheduler called `name`; with None the default or the only one.

    Raises ParameterError where there is none.
    """
    known = allowed(environment)
    if not name and DEFAULT in known:
        return known[DEFAULT]
    if not name and len(known) == 1:
        return next(iter(known.values()))
    if not name and known:
        raise ParameterError(
            "The dask backend needs a scheduler. Name one that the administrator "
            f"allowed: {', '.join(known)}."
        )
    if not name:
        raise ParameterError(
            "The dask backend needs a scheduler, and the administrator of this machine "
            f"allowed none. Set {ONE}, or give the address on your own command line: "
            "--scheduler ADDRESS."
        )
    if name not in known:
        raise ParameterError(
            f"Experiment: there is no scheduler {name!r} on this machine. Its "
            f"administrator allowed {', '.join(known) or 'none'}."
        )
    return known[name]


def from_command_line(
    text: str, environment: Mapping[str, str] | None = None
) -> Scheduler | str:
    """What `--scheduler` says: the Scheduler of that name, else the address as it is.

    For what a user types on the own command line, and nothing else.
    """
    if not is_name(text):
        return text
    return allowed(environment).get(text, text)


def _environment(environment: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if environment is None else environment


def _several(text: str | None) -> tuple[dict[str, Any], Path]:
    """(names to entries, folder of their paths) of SEVERAL."""
    if not text:
        return {}, Path()
    try:
        if text.startswith("{"):
            table, folder = json.loads(text), Path()
        else:
            table, folder = tomllib.loads(_read(text)), Path(text).parent
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as problem:
        form = "JSON" if text.startswith("{") else f"TOML in {text!r}"
        raise ParameterError(
            f"{SEVERAL}: the {form} cannot be read: {problem}."
        ) from None
    return table, folder


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not text in UTF-8"
        raise ParameterError(
            f"{SEVERAL} must be a JSON object or the path of a TOML file, and "
            f"{path!r} cannot be read: {reason}."
        ) from None


def _checked(name: str, entry: Any, folder: Path) -> Scheduler:
    if not is_name(name):
        raise ParameterError(
            f"{SEVERAL}: a name has letters, digits, - and _ only, got {name!r}."
        )
    entry = {"address": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict):
        raise ParameterError(
            f"{SEVERAL}: {name!r} must be an address or a table, got {entry!r}."
        )
    for key, value in entry.items():
        if key not in ("address", *TLS):
            raise ParameterError(
                f"{SEVERAL}: {name!r} has no entry {key!r}. Entries: address, "
                f"{', '.join(TLS)}."
            )
        if not isinstance(value, str):
            raise ParameterError(
                f"{SEVERAL}: {key} of {name!r} must be text, got {value!r}."
            )
    address = entry.get("address", "")
    if not ADDRESS.fullmatch(address):
        raise ParameterError(
            f"{SEVERAL}: the address of {name!r} must be such as tcp://host:8786, got "
            f"{address!r}."
        )
    return Scheduler(address, name, **_tls_files(name, entry, folder))


def _tls_files(name: str, entry: Mapping[str, Any], folder: Path) -> dict[str, str]:
    files = {key: str(folder / entry[key]) for key in TLS if entry.get(key)}
    if not files:
        return {}
    if not entry["address"].startswith("tls://"):
        raise ParameterError(
            f"{SEVERAL}: {name!r} has TLS files, so its address must start with "
            f"tls://, got {entry['address']!r}."
        )
    for key in ("ca_file", "cert"):
        if key not in files:
            raise ParameterError(
                f"{SEVERAL}: {name!r} has TLS files, but no {key}. TLS needs ca_file "
                "and cert, and key where cert does not hold it."
            )
    for key, path in files.items():
        if not Path(path).is_file():
            raise ParameterError(
                f"{SEVERAL}: {key} of {name!r}: there is no file {path!r}."
            )
    return files
