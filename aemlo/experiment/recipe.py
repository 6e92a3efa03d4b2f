"""What a cell is made of, as data: its seeds and the address of its content. Ours."""

import hashlib
import json
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np

PACKAGE = Path(__file__).resolve().parents[1]
# What can change a score: everything below the comparison, and the comparison itself.
NOT_SCORING = {"charts", "compare", "exports", "ui", "jobs", "specs", "store"}
NOT_SCORING |= {"worker", "__main__", "latent", "wording"}
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "iterative-stratification")


def derived_seed(seed, *names):
    """A seed that depends on `seed` and `names` alone: other arms do not shift it."""
    return int(_digest([seed, *names])[:8], 16) & 0x7FFFFFFF


def with_seed(estimator, seed):
    """`estimator`, every `random_state` of it and of its parts set from `seed`."""
    parameters = estimator.get_params(deep=True)
    seeds = {
        name: derived_seed(seed, name)
        for name in sorted(parameters)
        if name == "random_state" or name.endswith("__random_state")
    }
    return estimator.set_params(**seeds) if seeds else estimator


def described(value):
    """An estimator or setting as plain JSON; equal recipes give equal text."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        settings = value.get_params(deep=False)
        return {
            "class": f"{type(value).__module__}.{type(value).__qualname__}",
            "settings": {
                name: described(setting)
                for name, setting in sorted(settings.items())
                if name != "random_state"
            },
        }
    if isinstance(value, dict):
        return {"pairs": sorted([str(k), described(v)] for k, v in value.items())}
    if isinstance(value, list | tuple):
        return [described(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return {"array": hashlib.sha256(value.tobytes()).hexdigest()}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return repr(value)


def cell_key(dataset, split, samplers, classifiers, cell, seed, scale, tag=""):
    """SHA-256 of all that a cell's scores depend on, the code included."""
    sampler, classifier = cell
    return _digest(
        {
            "data": dataset.content_hash,
            "train": rows_digest(split.train),
            "test": rows_digest(split.test),
            "place": [split.repeat, split.fold],
            "sampler": [sampler, described(samplers[sampler])],
            "classifier": [classifier, described(classifiers[classifier])],
            "seed": seed,
            "scale": scale,
            "tag": tag,
            "code": code_version(),
        }
    )


def rows_digest(rows):
    """SHA-256 of an array of row positions."""
    return hashlib.sha256(np.asarray(rows, dtype=np.int64).tobytes()).hexdigest()


@cache
def code_version():
    """Digest of the scoring code's files and of the libraries' versions."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part not in NOT_SCORING:
            digest.update(str(path.relative_to(PACKAGE)).encode() + path.read_bytes())
    digest.update(json.dumps(versions()).encode())
    return digest.hexdigest()


@cache
def versions():
    """Installed versions of the libraries that scores depend on."""
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


def _digest(value):
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
