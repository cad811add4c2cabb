"""The layers of the house, held by reading every import, deferred ones too; and its measures."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gputui

ROOT = Path(gputui.__file__).parent
SEES = {
    "core": set(),
    "net": {"core"},
    "config": {"core"},
    "engine": {"core"},
    "ssh": {"core"},
    "providers": {"core", "net"},
    "ui": {"core", "engine", "config", "ssh"},
    "sim": set(),
}
ONLY_IN = {
    "textual": {"ui"},
    "plotille": {"ui"},
    "httpx": {"net"},
    "httpcore": {"net"},
    "asyncssh": {"ssh", "sim"},
    "starlette": {"sim"},
    "uvicorn": {"sim"},
}
MODULES = sorted(ROOT.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else ""


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_sees_only_what_its_layer_may_see(path: Path) -> None:
    here = room(path)
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "gputui" and rest and here in SEES:
            there = rest.split(".")[0]
            if there in SEES:
                assert there == here or there in SEES[here], f"{here} must not see {name}"
            else:
                assert there not in ("cli", "commands"), f"{here} must not see {name}"
        if top in ONLY_IN and here not in ("", "commands"):
            assert here in ONLY_IN[top], f"{top} belongs to {ONLY_IN[top]}, not to {here}"


def test_core_needs_the_standard_library_only() -> None:
    import sys

    for path in (ROOT / "core").glob("*.py"):
        outside = {name.split(".")[0] for name in imports(path)} - {"gputui"} - set(sys.stdlib_module_names)
        assert not outside, f"{path.name}: {outside}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 350
    tree = ast.parse(text)
    if path.name == "__init__.py" and path != ROOT / "__init__.py":
        assert not text
        return
    assert ast.get_docstring(tree), "every module says in a sentence what it holds"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno
            assert length <= 50, f"{node.name} has {length} lines"
