"""History keeps each observed change once, whoever sees it, and whatever its file is like."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gputui.core.health import Health
from gputui.core.rows import Ref
from gputui.engine.history.database import VERSION, _set_aside, opened_to_write, size, transaction
from gputui.engine.history.history import History, HistoryError, NoHistory
from gputui.engine.history.reading import changes, past, remembered, watched
from gputui.engine.history.records import Facts, ListReading, ObservedChange, Span, WatchedSpan, What
from gputui.engine.history.sqlite import SqliteHistory
from gputui.engine.history.telling import HistoryNews
from gputui.engine.history.writing import DAY, Writing

NOW = 1_800_000_000.0
EVER = Span(0)
REF = Ref("p", "nodes", "1")


def facts(of: str = "1", state: str = "RUNNING", health: Health = Health.OK, **more: str) -> Facts:
    return Facts(of, f"node-{of}", state, health.word, **more)


def read(
    after: float, *rows: Facts, gone: Sequence[str] = (), whole: bool = False, every: float = 5.0, view: str = "nodes"
) -> ListReading:
    return ListReading("p", view, NOW + after, every, rows, gone, all_of_it=whole)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    found, aside = opened_to_write(tmp_path / "state" / "history.db")
    assert aside is None
    with closing(found):
        yield found


@pytest.fixture
def writing(database: sqlite3.Connection) -> Writing:
    return Writing(database)


def told(database: sqlite3.Connection, span: Span = EVER) -> list[tuple[What, str, str]]:
    return [(change.what, change.before, change.after) for change in reversed(changes(database, span))]


def test_the_first_sight_of_a_list_is_no_change(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts("1"), facts("2"), whole=True))
    assert told(database) == []
    assert past(database, REF).last_well == NOW
    assert past(database, REF).state_since is None  # who knows since when
    assert remembered(database, "p", "nodes")["1"].changed is None


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (facts(state="ERROR", health=Health.BAD), (What.STATE, "RUNNING", "ERROR")),
        (facts(health=Health.DEGRADED), (What.HEALTH, "ok", "degraded")),
        (facts(address="10.0.0.1"), (What.ADDRESS, "", "10.0.0.1")),
        (facts(other_address="203.0.113.1"), (What.OTHER_ADDRESS, "", "203.0.113.1")),
        (facts(lock="yes"), (What.LOCK, "", "yes")),
        (facts(owner="kim"), (What.OWNER, "", "kim")),
    ],
)
def test_each_fact_that_changes_is_told(
    writing: Writing, database: sqlite3.Connection, then: Facts, expected: tuple[What, str, str]
) -> None:
    writing.note(read(0, facts(), whole=True))
    writing.note(read(5, then))
    writing.note(read(10, then))
    assert told(database) == [expected]
    [change] = changes(database, EVER)
    assert (change.at, change.ref, change.name, change.not_before) == (NOW + 5, REF, "node-1", None)
    assert (change.health_before.word, change.health.word) == ("ok", then.health)


def test_what_came_and_went(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts("1"), whole=True))
    writing.note(read(5, facts("2", "CREATING", Health.CHANGING)))
    writing.note(read(10, gone=["1"]))
    writing.note(read(15, facts("1", "ERROR", Health.BAD)))
    assert told(database) == [
        (What.APPEARED, "", "CREATING"),
        (What.GONE, "RUNNING", ""),
        (What.APPEARED, "", "ERROR"),
    ]


def test_what_happened_while_nobody_watched_says_between_when(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts("1"), facts("2"), whole=True))
    Writing(database).note(read(3_600, facts("1", "ERROR", Health.BAD), whole=True))  # a process started an hour later
    assert told(database) == [(What.STATE, "RUNNING", "ERROR"), (What.GONE, "RUNNING", "")]
    assert {change.not_before for change in changes(database, EVER)} == {NOW}
    assert watched(database, EVER) == [
        WatchedSpan("p", "nodes", NOW, NOW),
        WatchedSpan("p", "nodes", NOW + 3_600, NOW + 3_600),
    ]


@pytest.mark.parametrize(
    ("every", "after", "watched_it"), [(5.0, 60, True), (5.0, 61, False), (100.0, 300, True), (100.0, 301, False)]
)
@pytest.mark.parametrize("same", [True, False], ids=["a process that slept", "another process"])
def test_a_list_counts_as_watched_for_three_intervals_and_a_minute_at_least(
    writing: Writing, database: sqlite3.Connection, every: float, after: float, watched_it: bool, same: bool
) -> None:
    writing.note(read(0, facts(), whole=True, every=every))
    later = writing if same else Writing(database)
    later.note(read(after, facts(state="ERROR"), every=every))
    [change] = changes(database, EVER)
    assert change.not_before == (None if watched_it else NOW)
    if same:
        assert len(watched(database, EVER)) == (1 if watched_it else 2)


def test_one_that_nobody_knew_does_not_go(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts("1"), whole=True))
    writing.note(read(5, gone=["9"]))
    assert told(database) == []


def test_a_list_read_in_part_proves_no_end(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts("1"), facts("2"), whole=True))
    Writing(database).note(read(5, facts("1")))
    assert told(database) == []


def test_since_when_and_last_well(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts(), whole=True))
    writing.note(read(5, facts(state="ERROR", health=Health.BAD)))
    writing.note(read(10, facts(state="REPAIRING", health=Health.BAD)))
    found = past(database, REF)
    assert (found.state_since, found.health_since, found.last_well) == (NOW + 10, NOW + 5, NOW + 5)


def test_whoever_came_while_it_was_watched_or_comes_back_is_as_it_is_since_then(
    writing: Writing, database: sqlite3.Connection
) -> None:
    writing.note(read(0, facts("1"), whole=True))
    writing.note(read(5, facts("2"), gone=["1"]))
    writing.note(read(10, facts("1")))
    for ref, since in (("1", NOW + 10), ("2", NOW + 5)):
        found = past(database, Ref("p", "nodes", ref))
        assert (found.state_since, found.health_since) == (since, since)


def test_watching_on_is_one_span_and_two_consoles_are_one(writing: Writing, database: sqlite3.Connection) -> None:
    other = Writing(database)
    for after in range(0, 100, 5):
        writing.note(read(after, *([facts()] if not after else ())))
        other.note(read(after + 2, *([facts()] if not after else ())))
    writing.finish()
    other.finish()
    assert watched(database, EVER) == [WatchedSpan("p", "nodes", NOW, NOW + 97)]
    assert watched(database, Span(0, profile="q")) == []
    assert watched(database, Span(NOW + 200)) == []


@given(
    some.lists(some.tuples(some.integers(0, 2), some.sampled_from(["RUNNING", "ERROR", "STOPPED", ""])), max_size=12),
    some.integers(1, 3),
)
def test_any_number_of_watchers_tell_each_change_once(moves: list[tuple[int, str]], watchers: int) -> None:
    """The empty state stands for a machine that is gone; what is told always leads to what there is."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        _tables(database)
        several = [Writing(database) for _ in range(watchers)]
        for one in several:
            one.note(read(0, *(facts(str(number)) for number in range(3)), whole=True))
        expected, now = 0, {str(number): "RUNNING" for number in range(3)}
        for at, (number, state) in enumerate(moves, 1):
            expected += now[str(number)] != state
            now[str(number)] = state
            for late, one in enumerate(several):
                gone = () if state else (str(number),)
                one.note(read(5 * at + late, *([facts(str(number), state)] if state else ()), gone=gone))
        found = list(reversed(changes(database, EVER)))
        assert len(found) == expected
        replayed = {str(number): "RUNNING" for number in range(3)}
        for change in found:
            if change.what is not What.APPEARED:
                assert replayed[change.ref.id] == change.before
            replayed[change.ref.id] = change.after
        assert replayed == now


def _tables(database: sqlite3.Connection) -> None:
    from gputui.engine.history import database as module

    for statement in module._MIGRATIONS[0]:
        database.execute(statement)


def test_an_operation_is_kept_once_whoever_followed_it(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts(), whole=True))
    for at, end in ((1.0, "accepted"), (2.0, "accepted"), (9.0, "stopped"), (9.5, "stopped")):
        writing.note_operation(
            ObservedChange(NOW + at, REF, "node-1", What.OPERATION, "Stop", end, Health.OK, Health.OK, key="e1")
        )
    assert told(database) == [(What.OPERATION, "Stop", "accepted"), (What.OPERATION, "Stop", "stopped")]
    assert [change.key for change in changes(database, EVER)] == ["e1", "e1"]


def test_spans_of_time_profile_row_and_number(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts("1"), facts("2"), whole=True))
    writing.note(read(5, facts("1", "A"), facts("2", "B")))
    writing.note(read(10, facts("1", "C")))
    assert len(told(database, Span(NOW, NOW + 10))) == 2
    assert told(database, Span(0, ref=REF, most=1)) == [(What.STATE, "A", "C")]
    assert told(database, Span(0, profile="q")) == []
    assert told(database, Span(0, ref=Ref("p", "nodes", "2"))) == [(What.STATE, "RUNNING", "B")]
    assert [change.after for change in changes(database, EVER)] == ["C", "B", "A"]  # newest first


def test_each_list_was_watched_by_itself(writing: Writing, database: sqlite3.Connection) -> None:
    for view in ("nodes", "pools"):
        writing.note(read(0, facts(), whole=True, view=view))
    nodes, pools = (WatchedSpan("p", view, NOW, NOW) for view in ("nodes", "pools"))
    assert watched(database, EVER) == [nodes, pools]
    assert watched(database, Span(0, ref=REF)) == [nodes]


def test_what_is_not_too_much_stays(writing: Writing, database: sqlite3.Connection) -> None:
    writing.note(read(0, facts(), whole=True))
    for at in range(1, 50):
        writing.note(read(at, facts(state=f"S{at}")))
    writing.prune(NOW, 30, size(database))
    assert len(told(database)) == 49


def test_what_is_too_old_or_too_much_is_deleted_oldest_first(
    writing: Writing, database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gputui.engine.history.writing._PRUNED_AT_ONCE", 100)
    writing.note(read(-40 * DAY, facts("old")))
    writing.note(read(-40 * DAY + 5, facts("old", "ERROR")))
    writing.note(read(-40 * DAY + 10, gone=["old"]))
    with transaction(database):
        writing.note(read(0, facts(), whole=True))
        for at in range(1, 4_000):
            writing.note(read(at, facts(state=f"S{at}")))
    writing.prune(NOW, 30, 10**9)
    assert len(told(database)) == 4_000
    assert database.execute("SELECT count(*) FROM machine").fetchone() == (1,)
    most = size(database) // 2
    writing.prune(NOW, 30, most)
    left = [after for _, _, after in told(database)]
    assert size(database) <= most
    assert left
    assert left == [f"S{at}" for at in range(4_000 - len(left), 4_000)]


class Kept:
    """A history in a file, and questions to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = SqliteHistory(path, lambda: NOW)

    def note(self, *readings: ListReading) -> None:
        for reading in readings:
            self.history.note(reading)

    def changes(self) -> list[ObservedChange]:
        return list(asyncio.run(self.history.changes(EVER)))


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until it is true, within a bound."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    found = Kept(tmp_path / "state" / "history.db")
    yield found
    found.history.aclose()


def test_closing_writes_what_is_left_and_the_files_are_private(kept: Kept) -> None:
    kept.note(read(0, facts(), whole=True), read(5, facts(state="ERROR")))
    kept.history.aclose()
    assert [change.after for change in Kept(kept.path).changes()] == ["ERROR"]
    assert {path.stat().st_mode & 0o777 for path in kept.path.parent.iterdir()} == {0o600}
    assert kept.path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_noted_is_no_file_and_no_change(kept: Kept) -> None:
    assert kept.changes() == []
    assert kept.history.trouble == ""
    kept.history.aclose()
    assert not kept.path.exists()


@pytest.mark.parametrize(
    "body", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4_096], ids=["text", "pages"]
)
def test_a_corrupt_file_is_set_aside_and_a_new_one_begun(
    kept: Kept, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    kept.path.parent.mkdir(mode=0o700)
    kept.path.write_bytes(body)
    kept.note(read(0, facts(), whole=True), read(5, facts(state="ERROR")))
    until(lambda: list(kept.path.parent.glob("history.db.corrupt-*")))
    until(lambda: kept.path.exists() and not kept.history.trouble and kept.changes())
    [aside] = [path for path in kept.path.parent.glob("history.db.corrupt-*") if path.suffix != ""]
    assert aside.read_bytes() == body
    assert f"moved to {aside}" in caplog.text


def test_damage_that_only_writing_meets_is_set_aside_too(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.engine.history.sqlite.AGAIN_SECONDS", 0.01)
    before = Kept(kept.path)
    before.note(read(0, *(facts(str(number)) for number in range(500)), whole=True), read(5, facts("1", "ERROR")))
    before.history.aclose()
    with kept.path.open("r+b") as file:
        file.seek(4_096)  # the first page, which opening reads, is sound
        file.write(b"\xff" * (kept.path.stat().st_size - 4_096))
    kept.note(read(10, facts("1", "ERROR"), whole=True), read(15, facts("1", "RUNNING")))
    until(lambda: kept.history.begun)
    kept.note(read(20, facts("1"), facts("2"), whole=True), read(25, facts("1", "ERROR")))
    until(lambda: not kept.history.trouble and kept.changes())
    told = [(change.before, change.after) for change in kept.changes()]
    assert told == [("RUNNING", "ERROR")], "what was noted against the lost file is no change"
    assert kept.history.aside == str(next(kept.path.parent.glob("history.db.corrupt-*")))


def test_what_history_does_not_do_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    kept: History = NoHistory()
    news = HistoryNews(lambda: kept, said.append)
    news.look()
    assert said == [], "none is wanted"
    kept = SqliteHistory(Path("/nowhere"), lambda: NOW)
    for trouble, aside in [("", ""), ("full", ""), ("full", ""), ("", "/a"), ("", "/a")]:
        monkeypatch.setattr(kept, "_trouble", trouble)
        monkeypatch.setattr(kept, "_aside", aside)
        news.look()
    corrupt = "the history was corrupt: it was moved to /a, and a new one begun"
    assert said == ["history is not kept: full", corrupt, "history is kept again"]


def test_answers_are_of_the_file_that_is_there_now(kept: Kept) -> None:
    kept.note(read(0, facts(), whole=True), read(5, facts(state="ERROR")))
    until(kept.changes)
    asking = Kept(kept.path)
    assert asking.changes()
    kept.history.aclose()
    _set_aside(kept.path)
    assert asking.changes() == []
    asking.history.aclose()


def test_nothing_of_a_corrupt_file_stays_beside_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).write_text(end)
    aside = _set_aside(path)
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {
        f"{aside.name}{end}": end for end in ("", "-wal", "-shm")
    }


def test_a_file_of_a_newer_version_is_left_alone(kept: Kept) -> None:
    database, _ = opened_to_write(kept.path)
    with closing(database):
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = kept.path.read_bytes()
    kept.note(read(0, facts(), whole=True))
    until(lambda: "newer gputui: update this one" in kept.history.trouble)
    with pytest.raises(HistoryError, match="newer gputui"):
        kept.changes()
    kept.history.aclose()
    assert kept.path.read_bytes() == before


def test_a_place_that_cannot_be_written_costs_history_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    real = SqliteHistory._say
    monkeypatch.setattr("gputui.engine.history.sqlite.AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(SqliteHistory, "_say", lambda self, trouble: (real(self, trouble), tried.append(trouble)))
    (tmp_path / "state").write_text("a file where the folder should be")
    kept = Kept(tmp_path / "state" / "history.db")
    kept.note(read(0, facts(), whole=True))
    until(lambda: len(tried) > 1)
    assert "is not a folder" in kept.history.trouble and "update" not in kept.history.trouble
    assert caplog.text.count("history is not kept: ") == 1
    begun = time.monotonic()
    kept.history.aclose()
    assert time.monotonic() - begun < 2


def test_what_waits_for_a_place_is_written_once_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.engine.history.sqlite.AGAIN_SECONDS", 0.05)
    (tmp_path / "state").write_text("a file where the folder should be")
    kept = Kept(tmp_path / "state" / "history.db")
    kept.note(read(0, facts(), whole=True), read(5, facts(state="ERROR")))
    until(lambda: kept.history.trouble)
    (tmp_path / "state").unlink()
    until(lambda: not kept.history.trouble)
    assert [change.after for change in kept.changes()] == ["ERROR"]
    kept.history.aclose()


def test_another_writer_that_holds_the_file_is_waited_for(kept: Kept) -> None:
    database, _ = opened_to_write(kept.path)
    with closing(database):
        database.execute("BEGIN IMMEDIATE")
        kept.note(read(0, facts(), whole=True), read(5, facts(state="ERROR")))
        assert kept.changes() == []  # asking does not wait for it
        database.execute("COMMIT")
    until(kept.changes)


def test_a_batch_that_cannot_be_written_at_all_is_dropped_and_history_goes_on(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.note(read(0, facts(), whole=True))
    until(lambda: kept.path.exists() and not kept.history._waiting)
    kept.note(read(5, facts(state="\ud800")))  # no database takes half a character
    until(lambda: "a batch is not kept" in caplog.text)
    kept.note(read(10, facts(state="ERROR")))
    until(kept.changes)
    assert [change.after for change in kept.changes()] == ["ERROR"]
