"""Who may import whom, read from the syntax tree."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    {"errors", "params", "registry", "progress", "file_names", "tables", "apart"},
    {"dataset", "prepare", "provenance", "words", "checks", "builtin"},
    {
        *("formats", "imbalance", "advice", "metrics", "samplers", "classifiers"),
        *("thresholds", "autoencoder", "embedding", "plausibility", "quality"),
        *("walk", "selection"),
    },
    {
        *("experiment", "compare", "charts", "folds", "leaks", "report", "specs"),
        *("cells", "model_files", "model_contents", "uploads"),
    },
    {"store", "worker", "jobs", "file_arguments", "__main__"},
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


def imported(path, top_level_only=False):
    """Full names of the modules a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


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
