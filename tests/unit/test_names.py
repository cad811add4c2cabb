"""A class name stands for one thing: whoever searches for it finds it, and nothing else."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import gputui

ROOT = Path(gputui.__file__).parent


def classes(body: list[ast.stmt], within: str = "") -> Iterator[str]:
    """Every class; one within another, such as a widget's messages, is always named together with that."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield within + node.name
            yield from classes(node.body, f"{within}{node.name}.")


def test_no_class_name_stands_twice_outside_the_simulator() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        where = path.relative_to(ROOT)
        if where.parts[0] != "sim":
            for name in classes(ast.parse(path.read_text("utf-8")).body):
                places[name].append(str(where))
    assert len(places) > 300
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
