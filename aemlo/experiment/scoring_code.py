"""Which source code a cell's scores come from, found by following imports.

The syntax tree of each module says what it imports, inside functions too. Four rules:

- A module that is not a package is followed whole. Of a package only the names that are
  asked for are followed: `from aemlo.imbalance import Labels` leads to the module that
  has `Labels`, not to every module that the package's `__init__` imports.
- Every `__init__` on the way counts, without the imports from its own folder that its
  code does not use itself: they only pass names on, and the names asked for are
  followed.
- The `__init__` of a registry (it calls `aemlo.registry.scan`) pulls in no member.
  Which members a cell uses is known from its objects: `classes_of` lists the classes of
  a sampler or classifier and of everything inside it.
- Names that a package looks up when asked (a module's `__getattr__`) are found in its
  tables of strings. A name that is found nowhere counts as the whole package.

Ours.
"""

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from aemlo import params
from aemlo.errors import ParameterError
from aemlo.params import Registered

PACKAGE = Path(__file__).resolve().parents[1]
EVERYTHING = "*"
LAZY = ("__getattr__", "__dir__")


@dataclass(frozen=True)
class Import:
    """`from module import name` (`name` "" for the module itself), bound as `bound`."""

    module: str
    name: str
    bound: str
    used: bool = True
    """False for an import of an `__init__` that its code only passes on."""


@dataclass
class Module:
    """One source file: what it defines and imports, and the digest of its code."""

    name: str
    is_package: bool
    tree: ast.Module
    imports: list[Import] = field(default_factory=list)
    lazy_imports: list[Import] = field(default_factory=list)
    defined: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    homes: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, set[str]] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    is_registry: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the syntax tree: comments and docstrings do not count."""
        return hashlib.sha256(ast.dump(self.tree).encode()).hexdigest()


class Sources:
    """The modules of one package on disk, read once each.

    `folder` is the package's own folder; its name is the package's name.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.package = folder.name
        self._modules: dict[str, Module | None] = {}
        self._closures: dict[frozenset[str], frozenset[str]] = {}
        self._digests: dict[frozenset[str], str] = {}

    def digest(self, roots: Iterable[str]) -> str:
        """SHA-256 of the code of `closure(roots)`, by module."""
        key = frozenset(roots)
        if key not in self._digests:
            lines = [
                f"{name} {module.digest}"
                for name in sorted(self.closure(key))
                if (module := self.module(name)) is not None
            ]
            text = "\n".join(lines).encode()
            self._digests[key] = hashlib.sha256(text).hexdigest()
        return self._digests[key]

    def closure(self, roots: Iterable[str]) -> frozenset[str]:
        """Names of all modules that `roots` import, directly or not, and of `roots`.

        A root is a module of the package, or the path of a source file outside it.
        """
        key = frozenset(roots)
        if key not in self._closures:
            walk = _Walk(self)
            for root in sorted(key):
                walk.ask(root, EVERYTHING)
            self._closures[key] = walk.reached()
        return self._closures[key]

    def below(self, package: str) -> list[str]:
        """Names of `package` and of all modules in it."""
        folder = self._path(package)
        found = [package]
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found.append(".".join([package, *parts]))
        return list(dict.fromkeys(found))

    def module(self, name: str) -> Module | None:
        """The Module of that name (or path outside the package); None if none is."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _path(self, name: str) -> Path:
        return self.folder.parent.joinpath(*name.split("."))

    def _read(self, name: str) -> Module | None:
        if name.endswith(".py"):
            return _parsed(name, Path(name), self.package, is_package=False)
        parts = name.split(".")
        # A name with an empty part ("aemlo..") would be its own package, for ever.
        if parts[0] != self.package or not all(parts):
            return None
        folder = self._path(name)
        if (folder / "__init__.py").is_file():
            return _parsed(name, folder / "__init__.py", self.package, is_package=True)
        path = folder.with_suffix(".py")
        if path.is_file():
            return _parsed(name, path, self.package, is_package=False)
        return None


class _Walk:
    """Follows imports from module to module, each (module, name) once."""

    def __init__(self, sources: Sources):
        self.sources = sources
        self.asked: set[tuple[str, str]] = set()
        self.waiting: list[tuple[str, str]] = []

    def ask(self, module: str, name: str) -> None:
        """Ask for `name` of `module`: "" for its `__init__` on the way alone."""
        if (module, name) not in self.asked and self.sources.module(module):
            self.asked.add((module, name))
            self.waiting.append((module, name))

    def reached(self) -> frozenset[str]:
        """All modules reached from what was asked for."""
        while self.waiting:
            module, name = self.waiting.pop()
            for parent in _parents(module):
                self.ask(parent, "")
            self._follow(self.sources.module(module), name)
        return frozenset(module for module, _ in self.asked)

    def _follow(self, module: Module | None, name: str) -> None:
        if module is None:
            return
        everything = name == EVERYTHING and not module.is_registry
        for one in module.imports:
            if one.used or everything:
                self._import(module, one)
        if everything:
            self._lazy(module)
        elif module.is_package and name not in ("", EVERYTHING):
            self._name(module, name)

    def _import(self, importer: Module, one: Import) -> None:
        whole = f"{one.module}.{one.name}" if one.name else one.module
        submodule = self.sources.module(whole)
        if submodule is None:
            self.ask(one.module, one.name)
        elif not submodule.is_package or one.bound in importer.bare:
            self.ask(whole, EVERYTHING)
        else:
            self.ask(whole, "")
            for attribute in importer.attributes.get(one.bound, ()):
                self.ask(whole, attribute)

    def _name(self, package: Module, name: str) -> None:
        """Follow one name that a package was asked for."""
        if self.sources.module(f"{package.name}.{name}"):
            self.ask(f"{package.name}.{name}", EVERYTHING)
            return
        passed_on = [one for one in package.imports if one.bound == name]
        for one in passed_on:
            self._import(package, one)
        if passed_on or name in package.defined or name.startswith("__"):
            return
        home = package.homes.get(name, "")
        for whole in (home, f"{package.name}.{home}"):
            if home and self.sources.module(whole):
                self.ask(whole, EVERYTHING)
                return
        if not (package.is_registry and self._member(package, name)):
            self.ask(package.name, EVERYTHING)
            if package.is_registry:
                for whole in self.sources.below(package.name):
                    self.ask(whole, EVERYTHING)

    def _member(self, package: Module, name: str) -> bool:
        """Follow the member of a registry that defines the class `name`."""
        for whole in self.sources.below(package.name):
            member = self.sources.module(whole)
            if member and not member.is_package and name in member.defined:
                self.ask(whole, EVERYTHING)
                return True
        return False

    def _lazy(self, module: Module) -> None:
        """Follow what a module imports by a string, or only when asked."""
        for one in module.lazy_imports:
            self._import(module, one)
        for text in module.strings:
            self.ask(text.split(":")[0], EVERYTHING)
            if module.is_package:
                self.ask(f"{module.name}.{text}", EVERYTHING)


def _parents(name: str) -> Iterator[str]:
    if not name.endswith(".py"):
        parts = name.split(".")
        for size in range(1, len(parts)):
            yield ".".join(parts[:size])


def _parsed(name: str, path: Path, package: str, *, is_package: bool) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    _drop_docstrings(tree)
    module = Module(name, is_package, tree)
    home = name if is_package else name.rpartition(".")[0]
    _Reader(module, home, package).visit(tree)
    if is_package:
        _mark_passed_on(module, name)
    return module


def _drop_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # ty: ignore[missing-attribute] (a node with a body)
                entry
                for entry in body
                if not (
                    isinstance(entry, ast.Expr)
                    and isinstance(entry.value, ast.Constant)
                    and isinstance(entry.value.value, str)
                )
            ]


class _Reader(ast.NodeVisitor):
    """Fills a Module from its syntax tree."""

    def __init__(self, module: Module, home: str, package: str):
        self.module = module
        self.home = home
        self.package = package
        self.depth = 0
        self.lazy = False
        self.imports_by_name = False

    def visit_Module(self, node: ast.Module) -> None:  # noqa: N802 (ast's name)
        for entry in node.body:
            self.module.defined |= _names_defined(entry)
        self.generic_visit(node)
        if not self.imports_by_name:
            self.module.strings.clear()

    def visit_If(self, node: ast.If) -> None:  # noqa: N802 (ast's name)
        if "TYPE_CHECKING" not in ast.dump(node.test):
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:  # noqa: N802
        outer = self.lazy
        self.lazy = outer or (self.depth == 0 and node.name in LAZY)
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        self.lazy = outer

    def visit_Import(self, node: ast.Import) -> None:  # noqa: N802 (ast's name)
        for alias in node.names:
            self.imports_by_name |= alias.name == "importlib"
            if alias.name.split(".")[0] == self.package:
                bound = alias.asname or alias.name.split(".")[0]
                if not alias.asname:
                    self.module.bare.add(bound)
                self._keep(Import(alias.name, "", bound))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:  # noqa: N802
        source = node.module or ""
        if node.level:
            parts = self.home.split(".")
            parts = parts[: len(parts) - node.level + 1]
            source = ".".join([*parts, source] if source else parts)
        self.imports_by_name |= source == "importlib"
        if source.split(".")[0] != self.package:
            return
        for alias in node.names:
            self._keep(Import(source, alias.name, alias.asname or alias.name))
            if source == f"{self.package}.registry" and alias.name == "scan":
                self.module.is_registry = self.module.is_package

    def visit_Attribute(self, node: ast.Attribute) -> None:  # noqa: N802
        if isinstance(node.value, ast.Name):
            known = self.module.attributes.setdefault(node.value.id, set())
            known.add(node.attr)
        else:
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:  # noqa: N802 (ast's name)
        if isinstance(node.ctx, ast.Load) and not self.lazy:
            self.module.bare.add(node.id)
        self.imports_by_name |= node.id == "__import__"

    def visit_Constant(self, node: ast.Constant) -> None:  # noqa: N802
        if isinstance(node.value, str) and node.value.replace(".", "_").isidentifier():
            self.module.strings.add(node.value)

    def visit_Dict(self, node: ast.Dict) -> None:  # noqa: N802 (ast's name)
        """Note tables of names: {name: module} and {module: (name, ...)}."""
        for key, value in zip(node.keys, node.values, strict=True):
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                continue
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                self.module.homes.setdefault(key.value, value.value)
            elif isinstance(value, ast.Tuple | ast.List | ast.Set):
                for entry in value.elts:
                    if isinstance(entry, ast.Constant):
                        self.module.homes.setdefault(str(entry.value), key.value)
        self.generic_visit(node)

    def _keep(self, one: Import) -> None:
        kept = self.module.lazy_imports if self.lazy else self.module.imports
        kept.append(one)


def _names_defined(entry: ast.stmt) -> set[str]:
    if isinstance(entry, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return {entry.name}
    targets: list[ast.expr] = []
    if isinstance(entry, ast.Assign):
        targets = entry.targets
    elif isinstance(entry, ast.AnnAssign):
        targets = [entry.target]
    return {
        node.id
        for target in targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name)
    }


def _mark_passed_on(module: Module, name: str) -> None:
    """Take imports from a package's own folder that only pass names on out of its code.

    They are followed where a name is asked for, so a new one changes no other cell.
    """
    used = module.bare | set(module.attributes)
    module.imports = [
        Import(one.module, one.name, one.bound, used=not own or one.bound in used)
        for one in module.imports
        for own in [f"{one.module}.".startswith(f"{name}.")]
    ]
    passed_on = {one.bound for one in module.imports if not one.used}
    body = []
    for entry in module.tree.body:
        if isinstance(entry, ast.ImportFrom):
            entry.names = [
                alias
                for alias in entry.names
                if (alias.asname or alias.name) not in passed_on
            ]
            if not entry.names:
                continue
        if isinstance(entry, ast.Assign) and _names_defined(entry) == {"__all__"}:
            continue
        body.append(entry)
    module.tree.body = body


@cache
def installed() -> Sources:
    """The Sources of the package that runs."""
    return Sources(PACKAGE)


def classes_of(estimator: Any) -> set[type]:
    """The classes of a sampler or classifier and of all that its settings hold.

    Titles and specs of `Registered` settings count as the objects that they stand for.
    """
    if isinstance(estimator, list | tuple):
        return set().union(*(classes_of(one) for one in estimator))
    if isinstance(estimator, dict):
        return classes_of(list(estimator.values()))
    if not hasattr(estimator, "get_params") or isinstance(estimator, type):
        return set()
    found = set(type(estimator).__mro__)
    for value in settings_of(estimator).values():
        found |= classes_of(value)
    return found


def settings_of(estimator: Any) -> dict[str, Any]:
    """Settings of an estimator; titles and specs of others become those objects."""
    settings = estimator.get_params(deep=False)
    for name, parameter in params.parameters(type(estimator)).items():
        rule, value = parameter.rule, settings.get(name)
        if isinstance(rule, Registered) and value is not None:
            # A setting that is wrong stays as it is: the fit says what is wrong.
            with suppress(ParameterError, TypeError):
                settings[name] = (
                    tuple(rule.family.build(one) for one in value)
                    if rule.several
                    else rule.family.build(value)
                )
    return settings


def modules_of(classes: Iterable[type]) -> frozenset[str]:
    """The roots (see `Sources.closure`) of classes: modules, or files outside aemlo.

    Classes of installed packages are left out: a cell's key names their versions.
    """
    found = set()
    for cls in classes:
        name = cls.__module__
        if name.split(".")[0] == PACKAGE.name:
            found.add(name)
        else:
            found |= _own_files(name)
    return frozenset(found)


def _own_files(module: str) -> set[str]:
    path = getattr(sys.modules.get(module), "__file__", None)
    if not path or not path.endswith(".py") or not Path(path).is_file():
        return set()
    where = Path(path).resolve()
    paths = sysconfig.get_paths()
    installed_below = [paths[name] for name in ("stdlib", "purelib", "platlib")]
    if any(where.is_relative_to(Path(p).resolve()) for p in installed_below):
        return set()
    return {str(where)}
