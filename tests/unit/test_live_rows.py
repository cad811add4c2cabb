"""Rows that change by pieces: whatever the pieces, what comes of them is what the last reading alone would give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gputui.core.cells import verdict, words
from gputui.core.health import Health
from gputui.core.ordered_refs import OrderedRefs
from gputui.core.request import SendStatus
from gputui.core.rows import Ghost, Ref, Row, Snapshot
from gputui.engine.feed_rows import FeedRows
from gputui.engine.fleet import FLEET_COLUMNS
from gputui.engine.fleet_rows import FleetRows
from gputui.engine.live_rows import LiveRows
from gputui.engine.operations import Operation, Operations
from gputui.ui.table.order import Sort
from gputui.ui.table.state import TableState
from tests.examples import examples
from tests.toy import NODES, STOP

NOW = 1_000_000.0
HEALTHS = [Health.BAD, Health.OK, Health.OFF]


def row(identity: int, health: Health = Health.OK) -> Row:
    """Of the names some are alike, and numbers in them count."""
    name = f"n-{identity // 2}"
    cells = (words(name), verdict(health), words(health.word), words("8"), words("10.0.0.1"))
    return Row(Ref("p", "nodes", str(identity)), name, health.word, health, cells, item=object())


@dataclass(frozen=True)
class Step:
    """A reading: these machines, in this order; so many of the first only as ghosts."""

    machines: dict[int, Health]
    ghosts: int
    expired: bool
    change: int | None
    piece: int


STEPS = st.lists(
    st.builds(
        Step,
        st.dictionaries(st.integers(0, 40), st.sampled_from(HEALTHS), max_size=40),
        st.integers(0, 3),
        st.booleans(),
        st.one_of(st.none(), st.integers(0, 40)),
        st.integers(1, 50),
    ),
    min_size=1,
    max_size=6,
)


class Run:
    """Readings one after the other, in which what has not changed stays the same object."""

    def __init__(self, *, worst_first: bool) -> None:
        self.operations = Operations(lambda: NOW, lambda before, after: self.rows.note([after.ref]))
        self.rows = FeedRows(self.operations, worst_first=worst_first)
        self.fleet = FleetRows()
        self.fleet.follow(self.rows, NODES, "p")
        self.shot = Snapshot()

    def step(self, step: Step) -> None:
        known = self.shot.known
        made = [row(identity, health) for identity, health in step.machines.items()]
        made = [old if (old := known.get(one.ref)) is not None and old.health is one.health else one for one in made]
        ghosts = {one.ref: Ghost(one, NOW) for one in made[: step.ghosts]}
        rows = {one.ref: one for one in made[step.ghosts :]}
        self.shot = Snapshot(rows, NOW - (99 if step.expired else 0), ghosts=ghosts)
        self.rows.update(self.shot, NOW)
        self.rows.work(step.piece)  # what is left comes together with the next reading
        if step.change is not None:
            target = Ref("p", "nodes", str(step.change))
            self.operations.begin(Operation(str(step.piece), target, "", STOP, SendStatus.ACCEPTED, NOW - step.piece))

    def anew(self) -> tuple[FeedRows, FleetRows]:
        rows, fleet = FeedRows(self.operations, worst_first=self.rows.worst_first), FleetRows()
        fleet.follow(rows, NODES, "p")
        rows.update(self.shot, NOW)
        finish(rows)
        return rows, fleet


def finish(rows: FeedRows) -> None:
    while rows.behind:
        rows.work(7)


def seen(live: LiveRows) -> tuple[object, ...]:
    return live.rows, live.order.refs, [live.count(health) for health in Health]


def without_the_past(fleet: FleetRows) -> tuple[object, ...]:
    """The same of the fleet without since when each machine is so, which depends on what was seen before."""
    past = [at for at, column in enumerate(FLEET_COLUMNS) if column.id in ("since", "changed")]
    rows = {ref: [cell for at, cell in enumerate(row.cells) if at not in past] for ref, row in fleet.rows.items()}
    places = {ref: (*place[:2], *place[3:]) for ref, place in fleet.places.items()}
    return rows, places, [fleet.count(health) for health in Health]


@given(STEPS, st.booleans())
@settings(max_examples=examples(150), deadline=None)
def test_any_run_of_readings_is_what_the_last_one_gives(steps: list[Step], worst_first: bool) -> None:
    run = Run(worst_first=worst_first)
    for step in steps:
        run.step(step)
    finish(run.rows)
    rows, fleet = run.anew()
    assert seen(run.rows) == seen(rows)
    assert without_the_past(run.fleet) == without_the_past(fleet)
    assert run.fleet.order.refs == sorted(run.rows.rows, key=run.fleet.places.__getitem__)


@given(STEPS, st.sampled_from([None, Sort(0), Sort(0, True), Sort(2), Sort(2, True)]), st.booleans())
@settings(max_examples=examples(150), deadline=None)
def test_a_table_that_hears_of_pieces_shows_what_one_that_is_given_all_shows(
    steps: list[Step], sort: Sort | None, filtered: bool
) -> None:
    run, table, heard = Run(worst_first=True), TableState(), set[Ref]()
    table.sort, table.keep = sort, (lambda shown: shown.health is not Health.OFF) if filtered else None
    table.arrange()
    run.fleet.listen(heard.update)
    for step in steps:
        run.step(step)
        fleet = run.fleet
        put = {ref: (fleet.rows[ref], fleet.places[ref]) for ref in heard if ref in fleet.rows}
        table.begin_arranging()
        for _ in range(step.piece % 6):
            table.go_on_arranging()
        table.change(put, heard - put.keys())
        table.finish_arranging()
        heard.clear()
        whole = TableState()
        whole.sort, whole.keep = table.sort, table.keep
        whole.take({ref: fleet.rows[ref] for ref in fleet.order.refs}, fleet.places)
        assert (table.rows, table.order) == (whole.rows, whole.order)
        assert not table.apart_from(fleet.rows, fleet.places)


def test_what_is_apart_is_what_came_went_changed_or_moved() -> None:
    table, rows = TableState(), many(5)
    places = {ref: (at,) for at, ref in enumerate(rows)}
    table.take(rows, places)
    assert not table.apart_from(rows, places)
    first, second, third, *_ = rows
    other = {**rows, first: row(0, Health.BAD), row(9).ref: row(9)}
    del other[second]
    moved = {**places, third: (77,), row(9).ref: (9,)}
    assert table.apart_from(other, moved) == {first, second, third, row(9).ref}


def many(count: int, changed: Callable[[int], bool] = lambda n: False) -> dict[Ref, Row]:
    made = [row(n, Health.BAD if changed(n) else Health.OK) for n in range(count)]
    return {one.ref: one for one in made}


def test_of_a_thousand_rows_one_that_changes_is_the_only_one_made_anew() -> None:
    run, heard = Run(worst_first=True), list[Ref]()
    rows = many(1000)
    run.rows.update(Snapshot(rows, NOW), NOW)
    finish(run.rows)
    before = dict(run.fleet.rows)
    run.fleet.listen(heard.extend)
    changed = row(500, Health.BAD)
    run.rows.update(Snapshot({**rows, changed.ref: changed}, NOW + 1), NOW)
    finish(run.rows)
    assert heard == [changed.ref]
    assert [ref for ref, one in run.fleet.rows.items() if one is not before[ref]] == [changed.ref]
    assert (run.fleet.order.refs[0], run.fleet.count(Health.BAD)) == (changed.ref, 1)


def test_a_reading_in_which_nothing_has_changed_tells_nobody() -> None:
    run, heard = Run(worst_first=True), list[Ref]()
    shot = Snapshot(many(10), NOW)
    run.rows.update(shot, NOW)
    finish(run.rows)
    run.rows.listen(heard.extend)
    for same in (replace(shot, taken_at=NOW + 1), replace(shot, rows=dict(shot.rows))):
        run.rows.update(same, NOW)
        assert not run.rows.behind
    assert not heard


def test_who_hears_no_more_is_told_no_more() -> None:
    live, heard = LiveRows(), list[Ref]()
    stop = live.listen(heard.extend)
    live.change({row(1).ref: (row(1), (1,))}, ())
    stop()
    live.change({row(2).ref: (row(2), (2,))}, ())
    assert heard == [row(1).ref]


def test_much_at_once_is_brought_in_by_pieces() -> None:
    run = Run(worst_first=True)
    run.rows.update(Snapshot(many(2500), NOW), NOW)
    sizes = []
    while run.rows.behind:
        run.rows.work()
        sizes.append(len(run.fleet.rows))
    assert sizes == [500, 1000, 1500, 2000, 2500]


@given(st.lists(st.integers(0, 200), unique=True), st.lists(st.integers(0, 200), unique=True), st.integers(0, 300))
def test_a_few_are_put_in_their_places_as_many_are(first: list[int], moved: list[int], by: int) -> None:
    keys = {Ref("p", "v", str(n)): (n,) for n in first}
    order = OrderedRefs(keys.__getitem__, sorted(keys, key=keys.__getitem__))
    for n in moved:
        ref = Ref("p", "v", str(n))
        if ref in keys:
            order.discard([ref])
        keys[ref] = (n * by % 301, n) if n % 2 else (n, by)  # type: ignore[assignment]
        order.add([ref])
    assert order.refs == sorted(keys, key=keys.__getitem__)
    assert [order.place(ref) for ref in order.refs] == list(range(len(keys)))
