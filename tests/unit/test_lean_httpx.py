"""What httpx and httpcore try to import and do not find is looked for once, not at every request."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

import pytest
from httpcore._synchronization import current_async_library

import gputui.net.lean_httpx  # noqa: F401 - what makes it so


class Finder(importlib.abc.MetaPathFinder):
    """Finds nothing, and remembers what was looked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        self.asked.append(fullname)
        return None


def test_no_request_searches_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = Finder()
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    assert current_async_library() == "asyncio"
    assert finder.asked == []
