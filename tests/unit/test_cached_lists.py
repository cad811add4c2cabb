"""A machine list goes to disk and comes back without verdicts that look fine; what is no such file costs nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.cells import Cell, Column, Role, Value, verdict, words
from gputui.core.clock import SystemClock
from gputui.core.gaps import Gap
from gputui.core.health import Health
from gputui.core.provider import View
from gputui.core.reading import AnyView, columns
from gputui.core.rows import Ghost, Ref, Row, Snapshot
from gputui.core.slices import Slices
from gputui.core.text import clean
from gputui.engine.cached import encoding
from gputui.engine.cached import files as cached_files
from gputui.engine.cached.completing import completed
from gputui.engine.cached.encoding import MOST_ROWS, Account, decoded, encoded
from gputui.engine.cached.files import CachedFiles
from gputui.engine.cached.keeper import AT_MOST_EVERY, UNCHANGED_EVERY, ListKeeper
from gputui.engine.cached.lists import UNREAD, CachedList
from gputui.engine.cloud import Cloud, Feed
from gputui.engine.journal import Journal
from gputui.engine.store import Store, Tab
from tests.clocks import until
from tests.toy import PROVIDER, ToyClient
from tests.unit.test_trusted_files import SOMEBODY, as_root

NOW = 1_800_000_000.0
OURS = Account("toy", {"base_url": "https://a", "regions": ["x"]})
TABLE: Mapping[str, Any] = {**OURS.settings, "token": "plain"}


def view(*own: Column[Any]) -> AnyView:
    never = cast(Any, None)
    return View[Any, Any]("nodes", "Nodes", never, str, str, own, state=str, health=lambda _: Health.OK, machine=True)


def row(id: str, *own: Cell, name: str = "n", state: str = "RUNNING", health: Health = Health.OK) -> Row:
    ref = Ref("p", "nodes", id)
    shown = (words(name), verdict(health), words(state), *own)
    return Row(ref, name, state, health, shown, {"is": "raw"}, item=object())


def text_of(of: AnyView, *rows: Row, account: Account = OURS) -> str:
    return "\n".join(encoded(account, "p", of, NOW, rows))


def read(text: str, profile: str = "p", provider: str = "toy", own: Mapping[str, Any] = TABLE) -> CachedList | None:
    found = decoded(text, profile, provider, own)
    return asyncio.run(completed(found, profile, Slices())) if found else None


PLAIN = view(Column("GPU", words, role=Role.GPU))
GOOD = text_of(PLAIN, row("1", words("8×H100")), row("2", words("–")))

texts = st.text(max_size=20).map(clean)
values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False),
    st.datetimes(timezones=st.just(UTC)),
)
cells = st.builds(Cell, texts, values)
healths = st.sampled_from(Health)
own_columns = st.lists(
    st.builds(
        Column,
        texts,
        st.just(words),
        st.booleans(),
        st.booleans(),
        st.integers(1, 99),
        st.one_of(st.none(), st.sampled_from(Role)),
        texts.filter(bool),
        st.sampled_from(["text", "number", "flag", "moment"]),
        texts,
    ),
    max_size=4,
)


@given(st.data())
def test_what_was_shown_comes_back_dimmed_and_with_nothing_that_looks_fine(data: st.DataObject) -> None:
    of = view(*data.draw(own_columns))
    ids = data.draw(st.lists(texts, max_size=6, unique=True))
    many = len(of.columns)
    rows = [
        row(
            id,
            *data.draw(st.lists(cells, min_size=many, max_size=many)),
            name=data.draw(texts),
            state=data.draw(texts),
            health=data.draw(healths),
        )
        for id in ids
    ]
    found = read(text_of(of, *rows))
    assert found is not None
    assert (found.at, [*found.rows]) == (NOW, [one.ref for one in rows])
    assert [_shape(column) for column in columns(found.view)] == [_shape(column) for column in columns(of)]
    for before, after in zip(rows, found.rows.values(), strict=True):
        assert (after.name, after.state) == (before.name, before.state)
        assert after.health is (before.health if before.health.faulty else Health.UNKNOWN)
        assert after.item is None
        assert after.source is None
        assert after.withheld == UNREAD
        assert {cell.tone for cell in after.cells} == {"dim"}
        shown = [(cell.text, cell.value, type(cell.value)) for cell in (after.cells[0], *after.cells[2:])]
        assert shown == [(cell.text, cell.value, type(cell.value)) for cell in (before.cells[0], *before.cells[2:])]
        assert after.cells[1].text == (verdict(before.health).text if before.health.faulty else "? stale")


def _shape(column: Column[Any]) -> tuple[object, ...]:
    return (
        *(column.title, column.id, column.role, column.kind),
        *(column.right, column.wide, column.max_width, column.unit),
    )


def test_no_raw_object_and_no_secret_is_written() -> None:
    assert "raw" not in GOOD
    assert "plain" not in GOOD


@given(st.one_of(st.text(), st.integers(0, len(GOOD)).map(lambda end: GOOD[:end]), st.binary().map(str)))
def test_what_is_no_such_file_is_ignored(text: str) -> None:
    found = read(text)
    assert found is None or set(found.rows) <= {Ref("p", "nodes", "1"), Ref("p", "nodes", "2")}


def changed(line: int, **more: Any) -> str:
    lines = [json.loads(one) for one in GOOD.splitlines()]
    lines[line].update(more)
    return "\n".join(map(json.dumps, lines))


@pytest.mark.parametrize(
    "text",
    [
        changed(0, version=1),
        changed(0, profile="q"),
        changed(0, provider="other"),
        changed(0, settings={"base_url": "https://b"}),
        changed(0, columns=[]),
        changed(0, columns=[{"title": "GPU"}]),
        changed(0, at="yesterday"),
        changed(0, view=["nodes"]),
        changed(1, cells=[["a", {"deep": 1}]]),
        changed(1, cells=[["a", ["2026-01-01"]]]),
        changed(1, rows=[["1", "n", "RUNNING", "splendid", [0, 0, 0, 0]]]),
        changed(1, rows=[["1", "n", "RUNNING", "ok", [0, 0, 0, 99]]]),
        changed(1, rows=[[1, "n", "RUNNING", "ok", [0, 0, 0, 0]]]),
        changed(1, rows=[["1", "n", "RUNNING", "ok", [0]]]),
        "[" * 100_000,
        "null\nnull",
    ],
)
def test_a_foreign_future_or_damaged_one_is_ignored(text: str) -> None:
    assert read(GOOD) is not None
    assert read(text) is None


@pytest.mark.parametrize("own", [{"base_url": "https://b", "regions": ["x"]}, {"regions": ["x"]}, {}])
def test_a_profile_that_leads_elsewhere_now_shows_nothing_of_the_old_place(own: Mapping[str, Any]) -> None:
    assert read(GOOD, own={**own, "token": "another"}) is None
    assert read(GOOD, own={**TABLE, "token": "another"}) is not None


def test_text_of_another_program_s_file_is_cleaned() -> None:
    found = read(changed(1, rows=[["1", "\x1b[2Jn", "RUNNING", "ok", [0, 0, 0, 0]]]))
    assert found is not None
    assert next(iter(found.rows.values())).name == "␛[2Jn"


def test_of_a_long_list_what_is_faulty_is_kept() -> None:
    rows = [row(str(n), words("a")) for n in range(MOST_ROWS)] + [row("bad", words("a"), health=Health.BAD)]
    found = read(text_of(PLAIN, *rows))
    assert found is not None
    assert len(found.rows) == MOST_ROWS
    assert Ref("p", "nodes", "bad") in found.rows


def test_what_is_shown_first_is_read_first_and_the_rest_when_there_is_time() -> None:
    """Worst first, then by name, as lists are shown: what was well is not told from what was unknown."""
    rows = [row(str(n), words("a"), name=f"n-{n}", health=Health.OK if n % 2 else Health.OFF) for n in range(1000)]
    rows.append(row("bad", words("a"), name="z", health=Health.BAD))
    text = text_of(PLAIN, *reversed(rows))
    found = decoded(text, "p", "toy", TABLE)
    assert found is not None
    assert [ref.id for ref in found.rows] == ["bad", *(str(n) for n in range(199))]
    whole = read(text)
    assert whole is not None
    assert {ref: whole.rows[ref] for ref in found.rows} == dict(found.rows)
    assert {ref.id for ref in whole.rows} == {one.ref.id for one in rows}
    assert all(whole.rows[ref] is not None for ref in whole.rows) and not whole.waiting


async def test_the_first_frame_has_the_worst_and_then_all_come_in_pieces(tmp_path: Path) -> None:
    """Rows that are shown stay the objects they are, and nothing is decoded twice."""
    rows = [row(str(n), words("a"), name=f"n-{n}") for n in range(900)]
    rows.append(row("bad", words("a"), name="z", health=Health.BAD))
    found = decoded(text_of(PLAIN, *rows), "p", "toy", TABLE)
    assert found is not None
    journal = Journal(tmp_path / "audit.jsonl", "me", lambda: NOW)
    clock = SystemClock()
    store = Store([Tab("p", "toy")], journal=journal, clock=clock, rng=random.Random(1), cached={"p": [found]})
    fleet = store.fleet
    first = dict(fleet.rows)
    assert (len(first), fleet.order.refs[0].id) == (200, "bad")
    turns = 0

    async def counting() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(counting())
    await store.complete_cached()
    await until(lambda: len(fleet.rows) == 901)
    other.cancel()
    assert turns > 2, "the loop had its turn in between"
    assert all(fleet.rows[ref] is one for ref, one in first.items())
    await store.aclose()


async def test_nothing_of_it_is_held_once_its_list_was_read(tmp_path: Path) -> None:
    found = decoded(text_of(PLAIN, *(row(f"old-{n}", words("a")) for n in range(400))), "p", "toy", TABLE)
    assert found is not None
    clock = SystemClock()
    journal = Journal(tmp_path / "audit.jsonl", "tester", clock.now)
    store = Store([Tab("p", "toy")], journal=journal, clock=clock, rng=random.Random(1), cached={"p": [found]})
    del found
    gc.disable()  # as in a console, where no collection visits what a list holds
    try:
        await store.complete_cached()
        cloud = store.connect("p", PROVIDER, ToyClient())
        await until(lambda: cloud.snapshot(Feed("nodes")).taken_at is not None)
        assert not [one for one in gc.get_objects() if type(one) is Row and one.ref.id.startswith("old-")]
    finally:
        gc.enable()
    await store.aclose()


@pytest.mark.parametrize("end", ["{", "[]", '{"cells": [], "rows": [["1", "n", "", "ok", [0]]]}'])
def test_a_list_whose_end_is_damaged_has_what_stands_before(end: str) -> None:
    rows = [row(str(n), words("a")) for n in range(401)]
    lines = text_of(PLAIN, *rows).splitlines()
    found = read("\n".join([*lines[:2], end, lines[3]]))
    assert found is not None
    assert (len(found.rows), found.waiting) == (200, ())


@pytest.mark.parametrize(("count", "ids"), [(3, ["0", "1", "bad"]), (4, ["bad", "0", "1"])])
def test_a_list_as_long_as_may_be_keeps_its_order(
    monkeypatch: pytest.MonkeyPatch, count: int, ids: Sequence[str]
) -> None:
    monkeypatch.setattr(encoding, "MOST_ROWS", 3)
    rows = [row(str(n), words("a")) for n in range(count - 1)] + [row("bad", words("a"), health=Health.BAD)]
    found = read(text_of(PLAIN, *rows))
    assert found is not None
    assert [ref.id for ref in found.rows] == ids


@pytest.mark.parametrize("lacking", ["state", "health"])
def test_a_list_without_states_or_verdicts_comes_back_without_them(lacking: str) -> None:
    of: AnyView = replace(view(), **cast(Any, {lacking: None}))
    one = row("1")
    cells = one.cells[:-1] if lacking == "state" else (one.cells[0], one.cells[2])
    found = read(text_of(of, replace(one, cells=cells)))
    assert found is not None
    assert (found.view.state is None, found.view.health is None) == (lacking == "state", lacking == "health")
    assert [cell.text for cell in found.rows[one.ref].cells] == (
        ["n", "? stale"] if lacking == "state" else ["n", "RUNNING"]
    )


def test_columns_of_another_version_find_their_places() -> None:
    found = read(text_of(view(Column("A", words), Column("B", words)), row("1", words("a"), words("b"))))
    assert found is not None
    ghosts = found.ghosts(view(Column("B", words), Column("C", words)))
    assert [cell.text for cell in ghosts[Ref("p", "nodes", "1")].row.cells] == ["n", "? stale", "RUNNING", "b", "–"]


# ---- files


@pytest.fixture
def files(tmp_path: Path) -> CachedFiles:
    found = CachedFiles(tmp_path / "lists")
    found.write("p", "nodes", GOOD.splitlines())
    return found


def shown(files: CachedFiles, since: float = 0.0) -> list[str]:
    return [one.view.name for one in files.read("p", "toy", TABLE, since)]


def test_files_are_private_and_found_by_profile(files: CachedFiles, tmp_path: Path) -> None:
    path = tmp_path / "lists" / "nodes@p.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    assert shown(files) == ["nodes"]
    assert not list(files.read("q", "toy", TABLE, 0.0))
    files.clear()
    assert not path.exists()


def test_one_older_than_history_may_be_is_not_shown(files: CachedFiles) -> None:
    assert shown(files, NOW - 1) == ["nodes"]
    assert shown(files, NOW) == []


def test_a_link_a_large_file_and_a_folder_are_ignored(
    files: CachedFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lists" / "nodes@p.jsonl"
    monkeypatch.setattr(cached_files, "MOST_BYTES", 10)
    assert shown(files) == []
    files.write("p", "pools", GOOD.splitlines())
    assert not path.with_name("pools@p.jsonl").exists()
    monkeypatch.undo()
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert shown(files) == []
    path.unlink()
    path.mkdir()
    assert shown(files) == []


@pytest.mark.parametrize(("room", "there"), [(0, True), (-1, False)])
def test_one_as_large_as_may_be_is_kept_and_shown(
    files: CachedFiles, monkeypatch: pytest.MonkeyPatch, room: int, there: bool
) -> None:
    monkeypatch.setattr(cached_files, "MOST_BYTES", len(GOOD.encode()) + room)
    assert shown(files) == (["nodes"] if there else [])
    files.clear()
    files.write("p", "nodes", GOOD.splitlines())
    monkeypatch.undo()
    assert shown(files) == (["nodes"] if there else [])


def test_a_list_under_another_s_name_is_not_shown(files: CachedFiles, tmp_path: Path) -> None:
    path = tmp_path / "lists" / "nodes@p.jsonl"
    path.rename(path.with_name("pools@p.jsonl"))
    assert shown(files) == []


def test_names_that_are_no_file_names_are_not_kept(files: CachedFiles, tmp_path: Path) -> None:
    files.write("p", "../nodes", GOOD.splitlines())
    files.write("../p", "nodes", GOOD.splitlines())
    assert [path.name for path in tmp_path.rglob("*.jsonl")] == ["nodes@p.jsonl"]


@as_root
def test_another_user_s_file_is_refused(files: CachedFiles, tmp_path: Path) -> None:
    os.chown(tmp_path / "lists" / "nodes@p.jsonl", SOMEBODY, 0)
    assert shown(files) == []


# ---- what is kept, and when


class Kept(CachedFiles):
    """Notes what is written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.at: list[float] = []

    def write(self, profile: str, view: str, lines: Any) -> None:
        self.at.append(json.loads(next(iter(lines)))["at"] - NOW)


def kept(folder: Path, *shots: Snapshot) -> list[float]:
    """When the lists that were written had been read, in seconds after the beginning."""
    files = Kept(folder)
    keeper = ListKeeper(files, lambda cloud: OURS, settle=0)
    cloud = cast(Cloud, _Named())
    for shot in shots:
        keeper.published(cloud, Feed("nodes"), (), Snapshot(), shot)
        end = time.monotonic() + 10
        while keeper._due and time.monotonic() < end:
            time.sleep(0.001)
    keeper.aclose()
    return files.at


class _Named:
    name = "p"

    class provider:
        @staticmethod
        def view(_: str) -> AnyView:
            return PLAIN


ROWS = {one.ref: one for one in (row("1", words("a")),)}


def at(seconds: float, **more: Any) -> Snapshot:
    return Snapshot(**{"rows": dict(ROWS), "taken_at": NOW + seconds, **more})


def test_a_list_is_written_at_once_then_seldom_and_at_the_end(tmp_path: Path) -> None:
    assert kept(tmp_path, *(at(5.0 * n) for n in range(14))) == [0, AT_MOST_EVERY, 2 * AT_MOST_EVERY, 65]


def test_one_that_does_not_change_is_written_more_seldom(tmp_path: Path) -> None:
    same = replace(at(0), rows=ROWS)
    shots = [replace(same, taken_at=NOW + 5.0 * n) for n in range(62)]
    assert kept(tmp_path, *shots) == [0, UNCHANGED_EVERY]


def test_a_list_is_shown_before_it_is_written_and_written_at_once_where_the_console_ends(tmp_path: Path) -> None:
    files = Kept(tmp_path)
    keeper = ListKeeper(files, lambda cloud: OURS, settle=3600)
    keeper.published(cast(Cloud, _Named()), Feed("nodes"), (), Snapshot(), at(0))
    assert files.at == []
    keeper.aclose()
    assert files.at == [0]


def test_a_list_known_to_lack_rows_replaces_none(tmp_path: Path) -> None:
    lost = {Ref("p", "nodes", "2"): Ghost(row("2", words("a")), NOW)}
    shots = (at(0), at(40, missing=(Gap("region busan"),)), at(80, ghosts=lost), replace(at(90), taken_at=None))
    assert kept(tmp_path, *shots) == [0]


def test_a_disk_that_takes_nothing_costs_the_list_only(tmp_path: Path) -> None:
    (tmp_path / "lists").write_text("a file in the folder's place")
    keeper = ListKeeper(CachedFiles(tmp_path / "lists"), lambda cloud: OURS)
    keeper.published(cast(Cloud, _Named()), Feed("nodes"), (), Snapshot(), at(0))
    keeper.aclose()
    assert keeper._thread is not None
    assert not keeper._thread.is_alive()


def test_a_moment_keeps_its_zone() -> None:
    since = datetime(2026, 1, 2, tzinfo=UTC)
    found = read(text_of(view(Column("AGE", words, role=Role.AGE)), row("1", Cell("", since))))
    assert found is not None
    assert next(iter(found.rows.values())).cells[-1].value == since
