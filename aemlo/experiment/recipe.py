"""What a cell is made of, as data: its seeds, and versions of libraries. Ours."""

import hashlib
import json
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np

LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch")


def derived_seed(seed: int, *names: str | int) -> int:
    """A seed that depends on `seed` and `names` alone: other arms do not shift it."""
    return int(json_digest([seed, *names])[:8], 16) & 0x7FFFFFFF


def with_seed(estimator: Any, seed: int) -> Any:
    """`estimator`, every `random_state` of it and of its parts set from `seed`."""
    parameters = estimator.get_params(deep=True)
    seeds = {
        name: derived_seed(seed, name)
        for name in sorted(parameters)
        if name == "random_state" or name.endswith("__random_state")
    }
    return estimator.set_params(**seeds) if seeds else estimator


@cache
def versions() -> dict[str, str]:
    """Installed versions of the libraries that scores depend on."""
    installed = {}
    for library in LIBRARIES:
        try:
            installed[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            installed[library] = "not installed"
    return installed


def array_digest(values: np.ndarray) -> str:
    """SHA-256 of an array's values, kind and shape."""
    values = np.ascontiguousarray(values)
    head = f"{values.dtype.str} {values.shape} ".encode()
    return hashlib.sha256(head + values.tobytes()).hexdigest()


def json_digest(value: Any) -> str:
    """SHA-256 of plain JSON."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
