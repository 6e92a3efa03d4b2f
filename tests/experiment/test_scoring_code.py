"""Kept cells are keyed by the code that computes them, found by following imports."""

import shutil
import sys
import textwrap
import time
from pathlib import Path

import pytest
from small_cells import Cloner, toy

from aemlo.classifiers import CLASSIFIERS
from aemlo.experiment import folds, scoring_code
from aemlo.experiment.cell_keys import Arm, _of_every_cell, cell_key
from aemlo.experiment.scoring_code import Sources, classes_of, modules_of
from aemlo.experiment.unit import Unit, do_unit
from aemlo.samplers import SAMPLERS


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package's source, and what is known of it before any change."""
    folder = tmp_path_factory.mktemp("copied") / "aemlo"
    left_out = ("__pycache__", "ui", "charts", "formats", "jobs", "store", "tables")
    ignored = shutil.ignore_patterns(*left_out)
    shutil.copytree(scoring_code.PACKAGE, folder, ignore=ignored)
    known = Sources(folder)
    known.closure(known.below("aemlo"))  # all files are read before any changes
    return folder, known


@pytest.fixture
def original(copied):
    """The Sources of the copy as it was before any change."""
    return copied[1]


@pytest.fixture
def package(copied):
    """The folder of the copy, to change; what a test changed is put back."""
    folder, _ = copied
    before = {path: path.read_bytes() for path in folder.rglob("*.py")}
    yield folder
    for path in folder.rglob("*.py"):
        if path not in before:
            path.unlink()
        elif path.read_bytes() != before[path]:
            path.write_bytes(before[path])


def digest(package, *estimators):
    """The digest of the code of a cell of these objects in a copy of the package."""
    sources = package if isinstance(package, Sources) else Sources(package)
    roots = modules_of(set().union(*map(classes_of, estimators)))
    return sources.digest({*roots, *_of_every_cell()})


def appended(path, text):
    path.write_text(path.read_text("utf-8") + textwrap.dedent(text), "utf-8")


CODE = "\nCHANGED = 1\n"
MLSMOTE = SAMPLERS["MLSMOTE"]()
CHAIN = SAMPLERS["chain"](steps=("REMEDIAL", {"name": "MLSOL", "params": {}}))


@pytest.mark.parametrize(
    "changed, estimator, drops",
    [
        ("samplers/mlsol.py", MLSMOTE, False),
        ("samplers/mlsol.py", SAMPLERS["MLSOL"](), True),
        ("samplers/mlsol.py", CHAIN, True),
        ("samplers/mlsol.py", SAMPLERS["chain"](steps=(SAMPLERS["MLSOL"](),)), True),
        ("samplers/mlsmote.py", SAMPLERS["chain"](), True),  # of its default steps
        ("samplers/mlsmote.py", CHAIN, False),
        ("samplers/remedial.py", CHAIN, True),
        ("samplers/base.py", MLSMOTE, True),
        ("samplers/base.py", SAMPLERS["none"](), True),
        ("imbalance/advice.py", MLSMOTE, False),
        ("imbalance/labels.py", MLSMOTE, True),
        ("metrics/overall.py", MLSMOTE, True),
        ("experiment/unit.py", MLSMOTE, True),
        ("experiment/folds.py", MLSMOTE, True),
        ("preparation/words.py", MLSMOTE, True),
        ("experiment/comparison.py", MLSMOTE, False),
        ("experiment/engine.py", MLSMOTE, False),
        ("samplers/__init__.py", MLSMOTE, True),
        ("__init__.py", MLSMOTE, True),
        ("classifiers/learners.py", CLASSIFIERS["BR-logistic"](), True),
        ("classifiers/learners.py", CLASSIFIERS["thresholds"](), True),
        ("classifiers/random_forest.py", CLASSIFIERS["thresholds"](), False),
        ("classifiers/random_forest.py", CLASSIFIERS["average"](), True),
        # Imported inside `fit` alone:
        ("classifiers/deep_mlp/network.py", CLASSIFIERS["deep MLP"](), True),
        ("samplers/autosmote/network.py", SAMPLERS["AutoSMOTE-cohort"](), True),
        ("samplers/aemlo/training.py", SAMPLERS["AEMLO"](), True),
        ("samplers/aemlo/training.py", MLSMOTE, False),
    ],
)
def test_a_change_drops_the_cells_that_it_can_change(
    original, package, changed, estimator, drops
):
    appended(package / changed, CODE)
    assert (digest(package, estimator) != digest(original, estimator)) is drops


@pytest.mark.parametrize("changed", ["samplers/base.py", "samplers/size.py"])
def test_comments_and_docstrings_keep_all_cells(original, package, changed):
    path = package / changed
    text = path.read_text("utf-8")
    path.write_text(text.replace('"""', '"""Also: ', 1) + "\n# A comment.\n", "utf-8")
    assert path.read_text("utf-8") != text
    assert digest(package, MLSMOTE) == digest(original, MLSMOTE)


def test_a_name_that_a_package_only_passes_on_keeps_all_cells(original, package):
    (package / "imbalance" / "another.py").write_text("def another(): ...\n", "utf-8")
    path = package / "imbalance" / "__init__.py"
    line = "from aemlo.imbalance.another import another\n"
    path.write_text(
        path.read_text("utf-8").replace("\nfrom", f"\n{line}from", 1), "utf-8"
    )
    assert line in path.read_text("utf-8")
    assert digest(package, MLSMOTE) == digest(original, MLSMOTE)


def test_a_new_member_of_a_family_keeps_the_cells_of_others(original, package):
    shutil.copy(package / "samplers/mlsol.py", package / "samplers/another.py")
    line = "from aemlo.samplers.another import MLSOL\n"
    appended(package / "samplers/__init__.py", line)
    assert digest(package, MLSMOTE) == digest(original, MLSMOTE)


def test_names_of_a_package_lead_to_their_modules(package):
    """In a scratch folder with each way in which one module names another."""
    folder = package / "scratch"
    files = {
        "__init__.py": """
            from importlib import import_module
            from aemlo.scratch.first import First
            from aemlo.scratch.unasked import Unasked
            _HOMES = {"Lazy": "lazy", "Other": "other"}
            def __getattr__(name):
                return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
            """,
        "first.py": "class First: ...",
        "unasked.py": "class Unasked: ...",
        "lazy.py": "class Lazy: ...",
        "other.py": "class Other: ...",
        "deep.py": "def deep(): ...",
        "typed.py": "class Typed: ...",
        "named.py": "def work(): ...",
        "relative.py": "",
        "user.py": """
            from importlib import import_module
            from typing import TYPE_CHECKING
            from aemlo import scratch
            from . import relative
            if TYPE_CHECKING:
                from aemlo.scratch.typed import Typed
            class User:
                def fit(self):
                    from aemlo.scratch.deep import deep
                    return scratch.First(), scratch.Lazy(), deep(), relative
                def by_name(self):
                    return import_module("aemlo.scratch.named")
            """,
    }
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(textwrap.dedent(text), "utf-8")
    reached = Sources(package).closure(["aemlo.scratch.user"])
    mine = {name.rpartition(".")[2] for name in reached if ".scratch." in name}
    assert mine == {"user", "first", "lazy", "deep", "named", "relative"}
    (folder / "user.py").write_text("from aemlo import scratch\nALL = scratch\n")
    reached = Sources(package).closure(["aemlo.scratch.user"])
    assert {f"aemlo.scratch.{n}" for n in ("unasked", "lazy", "other")} <= reached


def test_a_class_of_the_user_counts_with_its_file():
    roots = modules_of(classes_of(Cloner()))
    assert str(Path(sys.modules["small_cells"].__file__).resolve()) in roots
    assert "aemlo.samplers.size" in scoring_code.installed().closure(roots)
    assert not any("sklearn" in root for root in roots)


@pytest.mark.parametrize(
    "sampler, classifier",
    [
        (MLSMOTE, CLASSIFIERS["BR-logistic"]()),
        (CHAIN, CLASSIFIERS["average"](("ML-kNN", "CC-tree"))),
        (SAMPLERS["AEMLO"](epochs=1), CLASSIFIERS["thresholds"]()),
        (SAMPLERS["ML-RUS"](), CLASSIFIERS["deep MLP"](epochs=1)),
        (SAMPLERS["MLTL"](), CLASSIFIERS["balanced bagging"](bags=1)),
    ],
    ids=lambda estimator: estimator.title,
)
def test_every_file_whose_code_runs_in_a_cell_is_known(sampler, classifier):
    """The other way round: nothing that runs is missing from the closure."""
    data = toy()
    split = folds.plan(data, folds=2)[0]
    unit = Unit(0, split, "s", sampler, {"c": (classifier, "key")}, seed=0)
    ran = set()

    def note(frame, event, argument):
        if event == "call" and frame.f_code.co_name != "<module>":
            ran.add(frame.f_code.co_filename)

    do_unit(unit, data)  # imports, and the methods that a witness wraps
    sys.setprofile(note)
    try:
        (cell,) = do_unit(unit, data)
    finally:
        sys.setprofile(None)
    assert not cell.error, cell.trace
    roots = modules_of(classes_of(sampler) | classes_of(classifier))
    known = scoring_code.installed().closure({*roots, *_of_every_cell()})
    root = scoring_code.PACKAGE.parent
    names = {
        ".".join(Path(file).relative_to(root).with_suffix("").parts)
        for file in ran
        if Path(file).is_relative_to(scoring_code.PACKAGE)
    }
    names = {name.removesuffix(".__init__") for name in names}
    # `find` of aemlo.registry asks the registry: a function of the package itself.
    assert names <= known
    assert "aemlo.experiment.unit" in names


def test_a_key_is_quick_after_the_first():
    data = toy()
    split = folds.plan(data, folds=2)[0]
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        arms = Arm.of("s", CHAIN), Arm.of("c", CLASSIFIERS["average"]())
        cell_key(data, split, *arms, seed=0, scale="none")
        seconds.append(time.perf_counter() - started)
    assert min(seconds[1:]) < 0.05
