"""The two lists of dependencies: the library's ranges, the application's versions."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def ranges():
    """{name: range} of the library and of the app's extra."""
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["app"]]
    return {one.name: one.specifier for one in map(Requirement, wanted)}


def versions():
    """{name: version} of requirements.txt, pytest included."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    exact = {}
    for pin in pins:
        (only,) = pin.specifier
        assert only.operator == "==", str(pin)
        exact[pin.name] = only.version
    return exact


def test_the_application_names_an_exact_version_of_all_that_is_wanted():
    assert set(versions()) == {*ranges(), "pytest"}


def test_the_exact_versions_lie_in_the_ranges():
    for name, version in versions().items():
        if name != "pytest":
            assert ranges()[name].contains(version), name


def test_the_library_wants_neither_the_tests_nor_the_pages():
    library = {Requirement(text).name for text in PROJECT["dependencies"]}
    assert not library & {"pytest", "streamlit", "plotly", "altair"}
