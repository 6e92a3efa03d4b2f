"""What importing the registries' packages gives, and what it leaves unloaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from aemlo import classifiers, samplers


@pytest.mark.parametrize(
    "package, table",
    [(samplers, samplers.SAMPLERS), (classifiers, classifiers.CLASSIFIERS)],
    ids=["samplers", "classifiers"],
)
def test_every_registered_class_is_imported_by_name(package, table):
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for cls in table.values():
        assert cls.__name__ in imported, f"{package.__name__}: import {cls.__name__}"
        assert cls.__name__ in package.__all__
        assert getattr(package, cls.__name__) is cls


@pytest.mark.parametrize(
    "modules, unloaded",
    [
        ("aemlo.samplers, aemlo.classifiers, aemlo.formats", {"torch", "umap"}),
        ("aemlo.formats", {"torch", "umap", "sklearn"}),
    ],
)
def test_importing_loads_no_heavy_library(modules, unloaded):
    code = f"import sys, {modules}; print(sorted({unloaded} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
