"""Consoles in real terminals for promises, too."""

from __future__ import annotations

from tests.e2e.conftest import environ, gputui, start, warm  # noqa: F401 - fixtures
