"""The services as their source tells: what each function takes, calls and changes."""

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cmhub.config import PROJECT

SQL_CHANGE = re.compile(r"^\s*(?:with\b.*\b)?(?:insert into|update \w|delete from)", re.I | re.S)


@dataclass
class Function:
    """One function of a service: what it takes, calls and does."""

    takes: set[str]
    calls: set[str] = field(default_factory=set[str])
    changes: bool = False

    @property
    def acts(self) -> bool:
        return "actor" in self.takes


def _service_name(path: Path) -> str:
    parts = path.relative_to(PROJECT / "cmhub" / "services").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _imports(tree: ast.Module) -> dict[str, str]:
    """What a name of the module stands for among the services: a module or a function."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cmhub.services"):
            place = (node.module or "").removeprefix("cmhub.services").lstrip(".")
            for alias in node.names:
                name = alias.asname or alias.name
                found[name] = f"{place}.{alias.name}" if place else alias.name
    return found


def _constants_that_change(tree: ast.Module) -> set[str]:
    return {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
        for part in ast.walk(node.value)
        if isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and SQL_CHANGE.search(part.value)
    }


def _is_change(node: ast.AST, constants: set[str], own: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in constants
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return isinstance(node.value, ast.Name) and node.value.id not in own | {"self"}
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name):
        return called.id in {"insert", "update", "delete"}
    return (
        isinstance(called, ast.Attribute)
        and isinstance(called.value, ast.Name)
        and called.value.id == "session"
        and called.attr in {"add", "add_all", "delete", "merge"}
    )


def _called(node: ast.AST, module: str, imports: dict[str, str]) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return imports.get(node.func.id, f"{module}.{node.func.id}")
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return f"{imports.get(node.func.value.id, node.func.value.id)}.{node.func.attr}"
    return None


@cache
def services() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for path in sorted((PROJECT / "cmhub" / "services").rglob("*.py")):
        module, tree = _service_name(path), ast.parse(path.read_text())
        imports, constants = _imports(tree), _constants_that_change(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                function = _read(node, module, imports, constants)
                found[f"{module}.{node.name}"] = function
    return found


def _read(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    module: str,
    imports: dict[str, str],
    constants: set[str],
) -> Function:
    arguments = [*node.args.args, *node.args.kwonlyargs]
    function = Function({argument.arg for argument in arguments})
    for inner in ast.walk(node):
        function.changes = function.changes or _is_change(inner, constants, set())
        if called := _called(inner, module, imports):
            function.calls.add(called)
    return function
