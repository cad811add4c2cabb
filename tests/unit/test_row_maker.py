"""Rows over readings: made anew only where something has changed, counted; and the same as if all were made anew."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core import text
from gputui.core.cells import BUG_CELL, Column, words
from gputui.core.guarded import guarded
from gputui.core.provider import View
from gputui.core.raw import Packing, RawText
from gputui.core.reading import NOTHING, RowMaker, rows
from gputui.core.rows import Item, Listing, Ref, Row, Unreadable
from gputui.core.slices import Slices
from gputui.net.lists import ListReader, ListReply
from gputui.providers.scp.views import NODES, PROVIDER
from gputui.providers.scp.wire import ScpNode
from gputui.providers.wire import ReadEntry, RowRule, as_listing, entries_of
from tests.toy import PROVIDER as TOYS

AnyView = View[Any, Any]


def made(maker: RowMaker, listing: Listing[Any], known: Mapping[Ref, Row] = NOTHING) -> Mapping[Ref, Row]:
    return asyncio.run(maker.rows(listing, known, Slices()))[0]


@dataclass
class Counted:
    """A provider's nodes read again and again, with a count of all that is called for it."""

    calls: Counter[str]
    reader: ListReader[ReadEntry[ScpNode]]
    maker: RowMaker
    known: Mapping[Ref, Row]

    def read(self, entries: list[dict[str, Any]]) -> Mapping[Ref, Row]:
        """The rows after one more reading; the count begins anew with it."""
        self.calls.clear()
        body = json.dumps({"count": len(entries), "gpu_nodes": entries})
        reply: ListReply[ReadEntry[ScpNode]] = asyncio.run(self.reader.read(body))
        self.known = made(self.maker, as_listing(entries_of(reply, "gpu_nodes")), self.known)
        return self.known


def counting(calls: Counter[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        calls[name] += 1
        return function(*given, **named)

    return call


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Counted:
    calls: Counter[str] = Counter()
    view = guarded(PROVIDER).view(NODES.name)
    assert view is not None
    assert view.state is not None
    columns = tuple(replace(column, cell=counting(calls, "cells", column.cell)) for column in view.columns)
    view = replace(
        view, columns=columns, key=counting(calls, "keys", view.key), label=counting(calls, "names", view.label)
    )
    monkeypatch.setattr(text, "clean", counting(calls, "cleaned", text.clean))
    monkeypatch.setattr(ScpNode, "model_validate", counting(calls, "validated", ScpNode.model_validate))
    return Counted(calls, ListReader(RowRule(ScpNode), ("gpu_nodes",)), RowMaker(view, "p"), NOTHING)


def entries(count: int, **changed: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"id-{number}",
            "gpu_node_name": f"node-{number}",
            "state": changed.get(f"n{number}", "RUNNING"),
            "server_type": "g3c128b8_metal_H100",
            "created_at": "2026-01-01T00:00:00Z",
            "region_id": "kr-west1",
            "of_later_versions": {"x": 1},
        }
        for number in range(count)
    ]


def test_a_reading_costs_what_has_changed(nodes: Counted) -> None:
    first = nodes.read(entries(100))
    assert nodes.calls == {"validated": 100, "keys": 100, "names": 100, "cleaned": 2}, "and no cell is made"
    assert nodes.read(entries(100)) is first
    assert nodes.calls == {}
    second = nodes.read(entries(100, n7="ERROR", n50="STOPPED", n99="ERROR"))
    assert nodes.calls == {"validated": 3, "keys": 3, "names": 3, "cleaned": 2}
    changed = [ref.id for ref, row in second.items() if first[ref] is not row]
    assert changed == ["id-7", "id-50", "id-99"]
    assert [second[Ref("p", "nodes", ref)].state for ref in changed] == ["ERROR", "STOPPED", "ERROR"]


def test_what_comes_back_after_another_reading_is_made_once_more(nodes: Counted) -> None:
    nodes.read(entries(10))
    nodes.read(entries(10, n3="ERROR"))
    rows_again = nodes.read(entries(10))
    assert (nodes.calls["validated"], rows_again[Ref("p", "nodes", "id-3")].state) == (1, "RUNNING")


def test_one_that_is_gone_or_new_costs_nothing_of_the_others(nodes: Counted) -> None:
    before = nodes.read(entries(50))
    after = nodes.read([*entries(50)[5:], {"id": "new", "gpu_node_name": "new"}])
    assert nodes.calls["keys"] == 1
    assert [ref.id for ref in after] == [*(f"id-{number}" for number in range(5, 50)), "new"]
    assert all(after[ref] is before[ref] for ref in list(after)[:-1])


def test_hostile_texts_are_cleaned_in_the_entry_that_holds_them_alone(nodes: Counted) -> None:
    hostile = [*entries(50), {"id": "\x1b[2J", "gpu_node_name": "\u202eevil", "state": "\x9b0m"}]
    found = nodes.read(hostile)
    fields = 3
    assert nodes.calls["cleaned"] == 2 + 2 * fields
    row = next(reversed(found.values()))
    assert (row.ref.id.partition("~")[0], row.name, row.state) == ("␛[2J", "\ufffdevil", "\ufffd0m")
    assert row.raw == {"id": "␛[2J", "gpu_node_name": "\ufffdevil", "state": "\ufffd0m"}


def test_the_raw_object_is_whole_whatever_the_model_knows(nodes: Counted) -> None:
    row = next(iter(nodes.read(entries(1)).values()))
    assert row.raw == entries(1)[0]


def test_a_cell_is_made_when_it_is_asked_for_and_the_others_are_not(nodes: Counted) -> None:
    row = next(iter(nodes.read(entries(2)).values()))
    assert row.cells[3] == row.cells[3]
    assert nodes.calls["cells"] == 2


def test_equal_texts_of_a_column_are_held_once(nodes: Counted) -> None:
    one, other = nodes.read(entries(2)).values()
    assert isinstance(one.item, ScpNode)
    assert isinstance(other.item, ScpNode)
    assert one.item.region_id is other.item.region_id
    assert one.item.model_fields_set is other.item.model_fields_set


# -- what stays, and what must not ------------------------------------------------------------------------------------


def toys(**functions: Any) -> AnyView:
    """The toys' view, guarded, with other functions."""
    view = replace(TOYS.views[0], **functions)
    found = guarded(replace(TOYS, views=(view,))).view(view.name)
    assert found is not None
    return found


@dataclass
class Thing:
    """A stranger's object that it changes in place."""

    id: str
    name: str
    state: str = "RUNNING"


def text_of(number: int) -> RawText:
    return Packing("{}").pack(json.dumps({"id": number}))


def test_a_strangers_object_that_is_changed_in_place_is_seen() -> None:
    maker, thing, raw = RowMaker(toys(), "p"), Thing("a", "one"), text_of(1)
    for source in ({"id": "a"}, raw):
        before = made(maker, Listing((Item(thing, source),)))
        thing.state = "ERROR" if thing.state == "RUNNING" else "RUNNING"
        (row,) = made(maker, Listing((Item(thing, source),)), before).values()
        assert row.state == thing.state


def test_a_row_that_depends_on_more_than_its_own_entry_follows_all_of_it() -> None:
    """Put together from two replies: its own entry is the same, what the other said is not."""
    maker, raw = RowMaker(toys(), "p"), text_of(1)
    before = made(maker, Listing((Item(Thing("a", "one"), raw),)))
    same = made(maker, Listing((Item(Thing("a", "one"), raw),)), before)
    assert same is before
    (row,) = made(maker, Listing((Item(Thing("a", "renamed"), raw),)), before).values()
    assert row.name == "renamed"


def test_a_bug_is_met_anew_at_every_reading() -> None:
    broken = True

    def state(thing: Thing) -> str:
        if broken:
            raise ValueError
        return thing.state

    def cell(thing: Thing) -> Any:
        return words(state(thing))

    listing = Listing((Item(Thing("a", "one"), text_of(1)),))
    for view in (toys(state=state), toys(columns=(Column("STATE2", cell),))):
        broken = True
        maker = RowMaker(view, "p")
        before = made(maker, listing)
        (row,) = before.values()
        assert row.item is None or row.cells[-1] is BUG_CELL
        broken = False
        (row,) = made(maker, listing, before).values()
        assert row.item is not None
        assert row.cells[-1] is not BUG_CELL


def test_slices_give_the_loop_its_turn() -> None:
    clock, turns, count = 0.0, list[int](), 0

    def label(thing: Thing) -> str:
        nonlocal clock, count
        clock, count = clock + 0.003, count + 1
        return thing.name

    async def others() -> None:
        while True:
            turns.append(count)
            await asyncio.sleep(0)

    async def run() -> None:
        beside = asyncio.create_task(others())
        listing = Listing(tuple(Item(Thing(str(number), "x"), text_of(number)) for number in range(40)))
        await RowMaker(toys(label=label), "p").rows(listing, NOTHING, Slices(0.004, lambda: clock))
        beside.cancel()

    asyncio.run(run())
    assert len(turns) >= 19
    assert max(after - before for before, after in pairwise(turns)) <= 2


RAWS = {number: text_of(number) for number in range(6)}
THINGS = st.builds(
    Thing, st.sampled_from("abcd"), st.sampled_from(["one", "two"]), st.sampled_from(["RUNNING", "ERROR"])
)
ITEMS = st.builds(Item, THINGS, st.sampled_from([*RAWS.values(), None, {"id": 1}]))
LISTINGS = st.builds(
    Listing,
    st.lists(ITEMS, max_size=5).map(tuple),
    st.lists(st.builds(Unreadable, st.sampled_from("ab"), st.just("odd"), st.none()), max_size=2).map(tuple),
)


@given(st.lists(LISTINGS, max_size=5))
def test_any_run_of_readings_gives_the_rows_that_each_alone_would(run: list[Listing[Any]]) -> None:
    view = toys()
    maker, known = RowMaker(view, "p"), NOTHING
    for listing in run:
        fresh, _ = rows(view, "p", listing)
        found = made(maker, listing, known)
        assert list(found.items()) == list(fresh.items())
        assert [row.item for row in found.values()] == [row.item for row in fresh.values()]
        for ref, row in found.items():
            before = known.get(ref)
            same = before is not None and (before, before.item, before.source) == (row, row.item, row.source)
            assert (before is row) is same
        known = found
