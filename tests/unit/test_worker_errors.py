"""No worker of a screen ends without a word: each is begun by a screen that says what became of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gputui.ui
from gputui.core.problem import Cause, Failed, Problem
from gputui.ui.widgets.worker_errors import problem_of

ROOT = Path(gputui.ui.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_workers_are_begun_in_one_way_only(path: Path) -> None:
    """`start` of the screens that hear of its end: `run_worker` is called in one place, and nothing is a `@work`."""
    tree = ast.parse(path.read_text("utf-8"))
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "run_worker"]
    assert not called or path.name == "worker_errors.py"
    assert not any(
        isinstance(node, ast.ImportFrom) and "work" in {one.name for one in node.names} for node in ast.walk(tree)
    )


def test_there_are_workers_to_be_looked_at() -> None:
    assert sum(path.read_text("utf-8").count("self.start(") for path in FILES) > 20


def test_a_failure_is_its_problem_and_anything_else_a_bug_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    problem = Problem(Cause.TIMEOUT, "too slow")
    assert problem_of(Failed(problem), "here") is problem
    assert not caplog.records
    assert str(problem_of(KeyError("x"), "here")) == "bug of gputui: KeyError in here (see the log)"
    assert [record.exc_info is not None for record in caplog.records] == [True]
