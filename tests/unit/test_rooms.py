"""No import goes round in a circle, and within `ui` no room sees one above it; types and deferred imports count."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import FILES, ROOT, nodes

ROOMS: Mapping[str, set[str]] = {
    "widgets": set(),
    "table": {"widgets"},
    "charts": {"widgets"},
    "preload": set(),
    "ssh_service": {"preload"},
    "host": {"widgets", "ssh_service"},
    "terminal": {"widgets", "host"},
    "form": {"widgets", "host", "terminal"},
    "list": {"widgets", "table", "host"},
    "ssh": {"widgets", "ssh_service", "host", "terminal", "form"},
    "inspect": {"widgets", "charts", "host", "terminal", "form", "list", "ssh"},
    "act": {"widgets", "host", "form", "list", "inspect"},
    "gpus": {"widgets", "inspect", "table", "host", "terminal", "list", "ssh"},
    "fan_out": {"widgets", "ssh_service", "host", "list", "ssh", "act"},
    "command": {"widgets", "host", "list", "ssh", "act", "fan_out"},
    "commands": {"widgets", "inspect", "gpus", "command"},
    "shell": {
        *("widgets", "table", "host", "terminal", "list"),
        *("ssh", "inspect", "act", "gpus", "fan_out", "command"),
    },
    "app": {"widgets", "preload", "ssh_service", "terminal", "command", "commands", "shell"},
}
"""The rooms of `ui` from the bottom up, and those below it that each may see."""


def name_of(path: Path) -> str:
    return ".".join(("gputui", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {name_of(path): path for path in FILES}


@cache
def imports(name: str) -> frozenset[str]:
    """Every module of ours that a module names, wherever in it."""
    return frozenset(_imports(MODULES[name])) - {name}


def _imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in MODULES or node.module in MODULES:
                    yield whole if whole in MODULES else str(node.module)


def test_no_import_goes_round_in_a_circle() -> None:
    graph = {name: imports(name) for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imported by ".join(error.args[1]))


def room(name: str) -> str:
    return name.split(".")[2]


IN_UI = [name for name in MODULES if name.startswith("gputui.ui.")]


def test_a_room_sees_only_those_below_it_that_it_may() -> None:
    assert [f"{name} must not see {seen}" for name in IN_UI if (seen := rooms_seen(name) - ROOMS[room(name)])] == []


def rooms_seen(name: str) -> set[str]:
    """The other rooms whose modules a module names."""
    return {room(other) for other in imports(name) if other.startswith("gputui.ui.")} - {room(name)}


def test_every_room_is_above_all_that_it_may_see() -> None:
    order = list(ROOMS)
    for here, seen in ROOMS.items():
        assert all(order.index(other) < order.index(here) for other in seen), here
    assert {room(name) for name in IN_UI} == set(ROOMS)


def test_the_plan_of_the_rooms_names_them_all_from_the_top_down() -> None:
    plan = re.findall(r"^\| `(\w+)(?:/|\.py)` ", (ROOT / "ui" / "README.md").read_text("utf-8"), re.MULTILINE)
    assert set(plan) == set(ROOMS)
    for here, seen in ROOMS.items():
        assert all(plan.index(other) > plan.index(here) for other in seen), here


def test_widgets_know_nothing_of_ours_but_core() -> None:
    seen = [(name, other) for name in IN_UI if room(name) == "widgets" for other in imports(name)]
    assert [pair for pair in seen if not pair[1].startswith(("gputui.core.", "gputui.ui.widgets."))] == []
