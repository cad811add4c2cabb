"""The protocol of a history, and the one that remembers nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gputui.core.rows import Ref
from gputui.engine.history.records import ListReading, MachinePast, ObservedChange, Remembered, Span, WatchedSpan


class History(Protocol):
    """Remembers what was observed. Noting never blocks, fails or raises: where nothing can be kept, `trouble` says why.

    Asking runs on a thread of its own and raises HistoryError.
    """

    @property
    def trouble(self) -> str:
        """Why nothing is being kept, for a person; empty if all is well."""

    @property
    def aside(self) -> str:
        """Where a corrupt file was moved to by this process; empty if there was none."""

    @property
    def begun(self) -> int:
        """How often it had to begin anew, knowing nothing: then lists are to be noted whole again."""

    def note(self, reading: ListReading) -> None:
        """Remember what a reading shows."""

    def note_operation(self, change: ObservedChange) -> None:
        """Remember that an operation began or ended; the same end of the same operation is kept once."""

    async def changes(self, span: Span) -> Sequence[ObservedChange]:
        """The changes of a span, newest first."""

    async def watched(self, span: Span) -> Sequence[WatchedSpan]:
        """When the lists were watched within a span, oldest first; several consoles at once count as one."""

    async def past(self, ref: Ref) -> MachinePast:
        """Since when a machine is as it is."""

    async def remembered(self, profile: str, view: str) -> Mapping[str, Remembered]:
        """What is known of each machine of a list, by id."""

    def aclose(self) -> None:
        """Write what is left, within a bound."""


class HistoryError(Exception):
    """History cannot be read; its text says why."""


class NoHistory:
    """Remembers nothing."""

    trouble = "no history is kept"
    aside = ""
    begun = 0

    def note(self, reading: ListReading) -> None:
        """Do nothing."""

    def note_operation(self, change: ObservedChange) -> None:
        """Do nothing."""

    async def changes(self, span: Span) -> Sequence[ObservedChange]:
        """None."""
        return ()

    async def watched(self, span: Span) -> Sequence[WatchedSpan]:
        """None."""
        return ()

    async def past(self, ref: Ref) -> MachinePast:
        """Nothing is known."""
        return MachinePast()

    async def remembered(self, profile: str, view: str) -> Mapping[str, Remembered]:
        """Nothing is known."""
        return {}

    def aclose(self) -> None:
        """Do nothing."""
