"""The layers of the house, held by reading every import, deferred ones too; and its measures."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.sources import FILES, ROOT, name_of, nodes

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


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else ""


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def test_a_module_sees_only_what_its_layer_may_see() -> None:
    assert [f"{name_of(path)}: {seen}" for path in FILES for seen in forbidden(path)] == []


def forbidden(path: Path) -> Iterator[str]:
    here = room(path)
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "gputui" and rest and here in SEES:
            there = rest.split(".")[0]
            if there in ("cli", "commands") or (there in SEES and there != here and there not in SEES[here]):
                yield f"{here} must not see {name}"
        if top in ONLY_IN and here not in ("", "commands", *ONLY_IN[top]):
            yield f"{top} belongs to {ONLY_IN[top]}, not to {here}"


def test_core_needs_the_standard_library_only() -> None:
    import sys

    for path in (ROOT / "core").glob("*.py"):
        outside = {name.split(".")[0] for name in imports(path)} - {"gputui"} - set(sys.stdlib_module_names)
        assert not outside, f"{path.name}: {outside}"


def test_files_and_functions_stay_readable() -> None:
    assert [f"{name_of(path)}: {what}" for path in FILES for what in unreadable(path)] == []


def unreadable(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    if (lines := text.count("\n")) > 350:
        yield f"has {lines} lines"
    module, *within = nodes(path)
    if path.name == "__init__.py" and path != ROOT / "__init__.py":
        if text:
            yield "is not empty"
        return
    if not (isinstance(module, ast.Module) and ast.get_docstring(module)):
        yield "does not say in a sentence what it holds"
    for node in within:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno
            if length > 50:
                yield f"{node.name} has {length} lines"
