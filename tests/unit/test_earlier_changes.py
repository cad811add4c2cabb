"""The line of the latest changes begins with what history holds of the last minutes."""

from __future__ import annotations

from pathlib import Path
from random import Random

from gputui.core.health import Health
from gputui.core.rows import Ref
from gputui.engine.changes import Change
from gputui.engine.earlier_changes import earlier_changes
from gputui.engine.history.history import HistoryError, NoHistory
from gputui.engine.history.records import ObservedChange, Span, What
from gputui.engine.journal import Journal
from gputui.engine.store import Store, Tab
from tests.clocks import ManualClock, until


class Earlier(NoHistory):
    """A history of three changes, newest first."""

    def __init__(self) -> None:
        self.asked: list[Span] = []

    async def changes(self, span: Span) -> list[ObservedChange]:
        self.asked.append(span)
        told = [
            ("a", What.STATE, "RUNNING", "ERROR"),
            ("a", What.LOCK, "no", "yes"),
            ("other", What.GONE, "STOPPED", ""),
        ]
        return [
            ObservedChange(990.0, Ref(profile, "nodes", "1"), "n", what, before, after, Health.BAD, Health.OK)
            for profile, what, before, after in [*told, ("a", What.APPEARED, "", "RUNNING")]
        ]


class Unreadable(NoHistory):
    """A history that cannot be read."""

    async def changes(self, span: Span) -> list[ObservedChange]:
        raise HistoryError("no disk")


async def test_the_latest_changes_begin_with_those_that_history_has(tmp_path: Path) -> None:
    history, time = Earlier(), ManualClock(1000.0)
    journal = Journal(tmp_path / "audit.jsonl", "tester", time.now)
    store = Store([Tab("a", "toy")], journal=journal, clock=time, rng=Random(1))
    drawn: list[str] = []
    store.changed.add(lambda profile, feed: drawn.append(profile))
    store.remember(history)
    await until(lambda: store.changes)
    assert [change.text for change in store.changes if isinstance(change, Change)] == [
        "a n new → RUNNING",
        "a n RUNNING → ERROR",
    ], "the newest one last, of the profiles there are"
    assert drawn == ["a"]
    assert (history.asked[0].since, history.asked[0].until) == (100.0, 1000.0)
    assert await earlier_changes(Unreadable(), 1000.0, ("a",)) == []
    await store.aclose()
