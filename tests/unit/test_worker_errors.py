"""No worker of a screen ends without a word: each is begun by a screen that says what became of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import gputui.ui
from gputui.core.problem import Cause, Failed, Problem
from gputui.ui.widgets.worker_errors import WorkerErrors, problem_of

ROOT = Path(gputui.ui.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def is_work(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(target, ast.Name) and target.id == "work"


def module_of(path: Path) -> str:
    return ".".join(("gputui.ui", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_workers_are_begun_in_one_way_only(path: Path) -> None:
    """`run_worker` is called in one place; `@work` stands in screens that hear of its end, and ends no console."""
    tree = ast.parse(path.read_text("utf-8"))
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "run_worker"]
    assert not called or path.name == "worker_errors.py"
    for found in classes(tree):
        decorators = [
            one
            for node in ast.walk(found)
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
            for one in node.decorator_list
            if is_work(one)
        ]
        if not decorators:
            continue
        assert issubclass(getattr(import_module(module_of(path)), found.name), WorkerErrors), found.name
        for one in decorators:
            assert isinstance(one, ast.Call)
            assert "exit_on_error" in [keyword.arg for keyword in one.keywords]


def test_there_are_workers_to_be_looked_at() -> None:
    assert sum(path.read_text("utf-8").count("@work(") for path in FILES) > 10
    assert sum(path.read_text("utf-8").count(".start(self._") for path in FILES) > 5


def test_a_failure_is_its_problem_and_anything_else_a_bug_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    problem = Problem(Cause.TIMEOUT, "too slow")
    assert problem_of(Failed(problem), "here") is problem
    assert not caplog.records
    assert str(problem_of(KeyError("x"), "here")) == "bug of gputui: KeyError in here (see the log)"
    assert [record.exc_info is not None for record in caplog.records] == [True]
