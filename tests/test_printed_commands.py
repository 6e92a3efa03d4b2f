"""Every command that a README prints runs from the checkout, in a short form.

A command that is printed and has no short form here fails; so does a short form of a
command that is no longer printed.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aemlo.__main__ import main
from aemlo.formats import read, write

ROOT = Path(__file__).resolve().parents[1]
READMES = [
    ROOT / name
    for name in (
        "README.md",
        "aemlo/README.md",
        "tests/benchmarks/README.md",
        ".github/CONTRIBUTING.md",
    )
]
# Run by others: the first by the browser tests' `server`, the second is what runs this.
INSTALLING = ("python3 -m venv .venv &&",)
# `.ci/run` runs these, the last one with all tests.
CHECKS = (".venv/bin/ruff check .", ".venv/bin/python -m pytest")
# Words of a printed verb that are replaced in the short form, and what is added.
SHORTER = {"epochs=60": "epochs=1"}
MORE = {"compare": ["--folds", "2", "--set", "AEMLO.epochs=1"]}
BENCHMARKS = {
    "aemlo_speed.py": [],
    "autoencoder.py": [],
    "autosmote.py": [],
    "classifiers.py": [],
    "embedding.py": [],
    "experiment.py": [],
    "folds.py": [],
    "formats.py": [],
    "guide.py": [],
    "imbalance.py": [],
    "neighbours.py": [],
    "samplers.py": [],
    "standing.py": ["--sets", "flags", "--samplers", "none,ML-ROS", "--jobs", "1"],
    "pages.py": [],
    "verdicts.py": [],
}
NEEDS_DATA, NEEDS_BROWSER = {"standing.py"}, {"pages.py"}


def printed_commands():
    """The commands in the README's shell blocks, one a line, and its inline ones."""
    for path in READMES:
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"^ *```bash\n(.*?)^ *```$", text, re.M | re.S):
            yield from block.replace("\\\n", " ").strip().splitlines()
        yield from re.findall(r"`((?:\.venv/bin/)?python tests/[^`]+)`", text)


def verbs():
    """The arguments of every `python -m aemlo`."""
    for command in printed_commands():
        words = shlex.split(command)
        if words[1:3] == ["-m", "aemlo"]:
            yield words[3:]


def benchmarks():
    """The file names of the benchmarks that are printed."""
    for command in printed_commands():
        script = re.search(r"python tests/benchmarks/(\w+\.py)", command)
        if script:
            yield script[1]


def test_every_printed_command_has_a_short_form():
    for command in printed_commands():
        assert (
            command.startswith((*INSTALLING, *CHECKS))
            or "-m aemlo " in command
            or "python tests/benchmarks/" in command
        ), command
    assert set(benchmarks()) == set(BENCHMARKS)
    scripts = {path.name for path in (ROOT / "tests" / "benchmarks").glob("*.py")}
    assert scripts - {"checkout.py"} == set(BENCHMARKS)


@pytest.mark.parametrize("words", verbs(), ids=lambda words: " ".join(words))
def test_a_printed_verb_runs(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(read("yeast").take(np.arange(150)), "emotions.arff")
    short = [SHORTER.get(word, word) for word in words] + MORE.get(words[0], [])
    assert main(short) == 0, capsys.readouterr().err
    assert capsys.readouterr().out
    if "--out" in words:
        assert Path(words[words.index("--out") + 1]).exists()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(name, marks=[pytest.mark.browser] if name in NEEDS_BROWSER else [])
        for name in BENCHMARKS
    ],
)
def test_the_short_form_of_a_benchmark_runs_from_any_folder(script, tmp_path, request):
    """The longest test but the browser's: most of it is Python loading libraries."""
    arguments = ["--quick", *BENCHMARKS[script]]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    if script in NEEDS_DATA:
        environment["AEMLO_TEST_DATA"] = str(request.getfixturevalue("shared"))
        arguments += ["--scores", str(tmp_path / "scores.csv")]
    if script in NEEDS_BROWSER and not shutil.which("chromium"):
        pytest.skip("No Chromium: install it (apt-get install chromium).")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "benchmarks" / script), *arguments],
        cwd=tmp_path,
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_script_of_the_example_says_what_it_does_from_any_folder(tmp_path):
    """A real run takes minutes; its imports are what breaks."""
    script = ROOT / "assets" / "make_example.py"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, str(script), "--help"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Make the finished example on yeast" in done.stdout
