"""A class name stands for one thing: whoever searches for it finds it, and nothing else."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import gputui

ROOT = Path(gputui.__file__).parent


def test_no_class_name_stands_twice_outside_the_simulator() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        where = path.relative_to(ROOT)
        if where.parts[0] != "sim":
            found = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ClassDef))
            for node in found:
                places[node.name].append(str(where))
    assert len(places) > 300
    assert {name: several for name, several in places.items() if len(several) > 1} == {}
