"""What the driver wants to know of the app that it drives, or to tell it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from gputui.core.splash import Splash


@runtime_checkable
class EndObserver(Protocol):
    """An app that is notified at once that it is being ended, even while its loop is blocked."""

    def leaving(self, code: int) -> None:
        """Called with the exit code."""


@runtime_checkable
class AfterSplash(Protocol):
    """An app that may find its outline on the terminal."""

    splash: Splash
