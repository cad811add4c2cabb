"""No worker of a screen ends without a word: each is begun by a screen that says what became of it."""

from __future__ import annotations

import ast
from importlib import import_module
from typing import Any

import pytest
from textual.screen import Screen

from gputui.core.problem import Cause, Failed, Problem
from gputui.ui.widgets.timed_dialog import TimedDialog
from gputui.ui.widgets.worker_errors import WorkerErrors, problem_of
from tests.sources import FILES, ROOT, name_of, nodes

IN_UI = [path for path in FILES if path.is_relative_to(ROOT / "ui")]


def test_workers_are_begun_in_one_way_only() -> None:
    """`start` of the screens that hear of its end: `run_worker` is called in one place, and nothing is a `@work`."""
    calling = {name_of(path) for path in IN_UI for node in nodes(path) if _begins_a_worker(node)}
    assert calling == {"ui/widgets/worker_errors.py"}


def _begins_a_worker(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return "work" in {one.name for one in node.names}
    return isinstance(node, ast.Attribute) and node.attr == "run_worker"


def screens() -> list[type[Screen[Any]]]:
    """Every class of ours that is a screen."""
    modules = [import_module(".".join(path.relative_to(ROOT.parent).with_suffix("").parts)) for path in IN_UI]
    found = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
    return sorted((one for one in found if issubclass(one, Screen) and one.__module__.startswith("gputui.")), key=str)


def test_every_screen_hears_of_the_end_of_its_workers() -> None:
    assert len(screens()) > 15
    assert all(issubclass(screen, WorkerErrors) for screen in screens())


def test_every_screen_with_a_dead_time_has_it_from_one_place() -> None:
    timed = [screen for screen in screens() if issubclass(screen, TimedDialog)]
    assert {screen.__name__ for screen in timed} >= {
        "Dialog",
        "Menu",
        "Picker",
        "Chooser",
        "Form",
        "Prompts",
        "Mistakes",
    }
    for screen in timed:
        assert "ripe" not in vars(screen) or screen is TimedDialog
        assert screen.seen_anew is TimedDialog.seen_anew


def test_there_are_workers_to_be_looked_at() -> None:
    assert sum(path.read_text("utf-8").count("self.start(") for path in IN_UI) > 20


def test_a_failure_is_its_problem_and_anything_else_a_bug_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    problem = Problem(Cause.TIMEOUT, "too slow")
    assert problem_of(Failed(problem), "here") is problem
    assert not caplog.records
    assert str(problem_of(KeyError("x"), "here")) == "bug of gputui: KeyError in here (see the log)"
    assert [record.exc_info is not None for record in caplog.records] == [True]
