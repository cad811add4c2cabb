"""Consoles in real terminals for promises, too."""

from __future__ import annotations

from tests.e2e.conftest import environ, gputui, start  # noqa: F401 - fixtures
