"""The source of gputui as rules read it: every file parsed once for all the rules that one process holds."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import gputui

ROOT = Path(gputui.__file__).parent
FILES = tuple(sorted(ROOT.rglob("*.py")))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a file's syntax tree, the module itself first."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


def name_of(path: Path) -> str:
    """A file as findings name it."""
    return str(path.relative_to(ROOT))
