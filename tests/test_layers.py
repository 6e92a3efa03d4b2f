"""Who may import whom, read from the syntax tree."""

import ast
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    {
        "arrays",
        "errors",
        "limited_process",
        "notes",
        "params",
        "progress",
        "provenance",
        "safe_tables",
        "sampler_styles",
        "stratification",
        "wording",
    },
    {"dataset"},
    {"imbalance", "neighbours"},
    {"tables", "checks", "preparation", "quality", "store", "registry"},
    {"formats", "samplers", "classifiers", "metrics"},
    {"latent", "experiment", "compare", "charts"},
    {"specs", "exports", "__main__"},
    {"jobs", "worker"},
    {"ui"},
    {"pages", "app"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
ONLY_FRAMES = {"compare", "charts"}
FILES = [
    *(ROOT / "aemlo").rglob("*.py"),
    *(ROOT / "pages").glob("*.py"),
    ROOT / "app.py",
]


def part_of(path):
    """The layer entry a file belongs to: `samplers` for aemlo/samplers/mlsmote.py."""
    relative = path.relative_to(ROOT).with_suffix("").parts
    return relative[1] if relative[0] == "aemlo" else relative[0]


def package_of(path):
    """The package of a file, dotted; a module at the top of aemlo is its own.

    A family's folders (`formats/kinds/`, `samplers/aemlo/`) belong to the family, whose
    registry scans them; the folders of `ui/`, one a page, count each for itself.
    """
    relative = path.relative_to(ROOT).with_suffix("").parts
    if len(relative) <= 2:
        return ".".join(relative)
    depth = len(relative) - 1 if relative[1] == "ui" else 2
    return ".".join(relative[:depth])


def imported(path):
    """Full names of the modules a file imports, inside its functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_imports(files=FILES):
    """{package: packages it imports}, `aemlo` itself left aside."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
            ".__init__"
        ): package_of(path)
        for path in files
    }
    graph = defaultdict(set)
    for path in files:
        package = package_of(path)
        for name in imported(path):
            target = modules.get(name)
            if target and target not in (package, "aemlo", "aemlo.__init__"):
                graph[package].add(target)
    return graph


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_imports_a_higher_layer(path):
    part = part_of(path)
    if part == "__init__":
        return
    assert part in RANK, f"{part} has no layer: add it to LAYERS"
    for name in imported(path):
        pieces = name.split(".")
        if pieces[0] == "aemlo" and len(pieces) > 1 and pieces[1] in RANK:
            assert RANK[pieces[1]] <= RANK[part], f"{path.name} imports {name}"


def test_the_map_prints_the_layers_as_they_are_tested():
    text = (ROOT / "aemlo" / "README.md").read_text(encoding="utf-8")
    block = text.split("```text\n")[1].split("```")[0]
    # A line that is indented goes on with the layer above it.
    lines = block.replace("\n    ", "  ").splitlines()
    printed = [
        {name.strip(",").removesuffix(".py") for name in line.split()} for line in lines
    ]
    assert printed == list(LAYERS)


def test_packages_import_each_other_in_one_direction_only():
    """No cycle between packages; layers alone would hide one inside a layer."""
    try:
        TopologicalSorter(package_imports()).prepare()
    except CycleError as problem:
        pytest.fail(" -> ".join(problem.args[1]))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_streamlit_stays_in_the_user_interface(path):
    uses = any(name.split(".")[0] == "streamlit" for name in imported(path))
    assert not uses or part_of(path) in {"ui", "pages", "app"}


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if part_of(p) in ONLY_FRAMES],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_comparison_and_charts_know_only_frames(path):
    forbidden = {"dataset", "samplers", "classifiers", "experiment", "formats"}
    for name in imported(path):
        pieces = name.split(".")
        assert not (pieces[0] == "aemlo" and len(pieces) > 1 and pieces[1] in forbidden)


def test_the_layer_check_sees_a_wrong_import(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from aemlo.ui import state\n", encoding="utf-8")
    assert "aemlo.ui" in list(imported(wrong))
    assert RANK["ui"] > RANK["dataset"]


@pytest.mark.parametrize(
    "path",
    list((ROOT / "aemlo").rglob("__init__.py")),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_no_module_is_named_like_a_name_that_its_package_exports(path):
    """`aemlo.latent.trust` would be the module or the function, by order of import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ".".join(path.relative_to(ROOT).parent.parts)
    modules = {p.stem for p in path.parent.glob("*.py")} | {
        p.parent.name for p in path.parent.glob("*/__init__.py")
    }
    exported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != package
        for alias in node.names
    }
    assert not exported & modules
