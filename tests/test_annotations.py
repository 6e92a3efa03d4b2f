"""Public functions and methods say the types of what they take and return.

Read from the syntax tree: public is what has no leading underscore, in a class that has
none, not inside a function.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

AEMLO = Path(__file__).resolve().parents[1] / "aemlo"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def part_of(path: Path) -> str:
    """`samplers` for a file in aemlo/samplers, `ui/train` for one in aemlo/ui/train."""
    parts = path.relative_to(AEMLO).with_suffix("").parts
    return "/".join(parts[:2]) if parts[0] == "ui" else parts[0]


def public_functions(
    body: list[ast.stmt], where: str = ""
) -> Iterator[tuple[str, Function]]:
    """(dotted name, function) of public functions and of public classes' methods."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{where}{node.name}.")
        elif isinstance(node, Function) and (
            node.name in ("__init__", "__call__") or not node.name.startswith("_")
        ):
            yield f"{where}{node.name}", node


def unannotated(text: str) -> list[str]:
    """What a module's text does not annotate: `name(parameter)` or `name ->`."""
    missing = []
    for name, function in public_functions(ast.parse(text).body):
        given = function.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        parameters += [one for one in (given.vararg, given.kwarg) if one]
        is_static = any(
            isinstance(one, ast.Name) and one.id == "staticmethod"
            for one in function.decorator_list
        )
        own = 1 if "." in name and not is_static else 0
        missing += [
            f"{name}({one.arg})" for one in parameters[own:] if one.annotation is None
        ]
        # What __init__ returns is no question.
        if function.returns is None and function.name != "__init__":
            missing.append(f"{name} ->")
    return missing


@cache
def missing_by_part() -> dict[str, list[str]]:
    """{part of aemlo: what has no annotation in it, with the file}."""
    missing: dict[str, list[str]] = {}
    for path in sorted(AEMLO.rglob("*.py")):
        names = unannotated(path.read_text(encoding="utf-8"))
        missing.setdefault(part_of(path), []).extend(
            f"{path.relative_to(AEMLO)}: {name}" for name in names
        )
    return missing


@pytest.mark.parametrize("part", sorted(missing_by_part()))
def test_public_functions_are_annotated(part):
    assert missing_by_part()[part] == []


def test_the_check_sees_what_is_missing():
    text = (
        "def f(a, b: int, *c, d=1, **e): ...\n"
        "def _private(a): ...\n"
        "class C:\n"
        "    def __init__(self, x): ...\n"
        "    def m(self) -> int:\n"
        "        def inner(a): ...\n"
        "    @staticmethod\n"
        "    def s(y) -> int: ...\n"
    )
    assert unannotated(text) == [
        "f(a)",
        "f(d)",
        "f(c)",
        "f(e)",
        "f ->",
        "C.__init__(x)",
        "C.s(y)",
    ]
