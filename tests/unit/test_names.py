"""A class name stands for one thing: whoever searches for it finds it, and nothing else."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.sources import FILES, name_of, nodes


def test_no_class_name_stands_twice_outside_the_simulator() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for where, path in ((name_of(path), path) for path in FILES):
        if not where.startswith("sim/"):
            for node in nodes(path):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(where)
    assert len(places) > 300
    assert {name: several for name, several in places.items() if len(several) > 1} == {}
