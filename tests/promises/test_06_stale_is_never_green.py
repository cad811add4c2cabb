"""Promise 6: every row knows its age; older than three intervals it is shown as stale, and nothing healthy ever is."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from gputui.core.feed import Phase, feed_state, not_connected, worst
from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ghost, Row, Snapshot
from gputui.engine.poller import Poller
from gputui.sim.faults import Fault
from gputui.ui.list.location import FLEET
from tests.clocks import ManualClock, until
from tests.pilot.consoles import Wish, console
from tests.promises.seen import screen_text
from tests.promises.toy_console import EVERY, VIEW, Answering, toy_console
from tests.toy import Machine

NOW = 1_800_000_000.0
DOWN = Problem(Cause.NETWORK, "no route")
LOST = Gap("region busan", DOWN)


def rows(count: int) -> dict[object, Row]:
    from gputui.core.health import Health
    from gputui.core.rows import Ref

    refs = [Ref("p", "nodes", str(n)) for n in range(count)]
    return {ref: Row(ref, ref.id, "RUNNING", Health.OK, (), item=object()) for ref in refs}


def shot(**of: object) -> Snapshot:
    return Snapshot(**{"rows": rows(4), "taken_at": NOW, "every": 5.0, **of})  # type: ignore[arg-type]


GHOSTS = {ref: Ghost(row, NOW) for ref, row in list(rows(24).items())[4:]}


@pytest.mark.parametrize(
    ("snapshot", "age", "phase", "word", "brief"),
    [
        (Snapshot(), 0.0, Phase.READING, "reading…", ""),
        (shot(), 0.0, Phase.LIVE, "live", ""),
        (shot(), 11.9, Phase.LIVE, "live", ""),
        (shot(), 12.1, Phase.LIVE, "10s ago", ""),
        (shot(), 14.5, Phase.LIVE, "10s ago", ""),
        (shot(), 15.5, Phase.STALE, "stale 15s", "stale"),
        (shot(missing=(LOST,)), 0.0, Phase.PARTIAL, "partial: region busan missing", "region busan missing"),
        (shot(missing=(Gap(listed=4, total=9),)), 0.0, Phase.PARTIAL, "partial: 4 of 9", "4 of 9"),
        (shot(missing=(Gap(listed=4), LOST)), 0.0, Phase.PARTIAL, "partial: 4 of more +1", "4 of more +1"),
        (shot(missing=(LOST,), ghosts=GHOSTS), 0.0, Phase.PARTIAL, "partial: 4 of 24", "4 of 24"),
        (shot(missing=(LOST,)), 15.5, Phase.STALE, "stale 15s", "stale"),
        (shot(problem=DOWN, failed_since=NOW), 4.0, Phase.FAILING, "failing", "unreachable"),
        (shot(problem=DOWN, failed_since=NOW + 1), 42.0, Phase.FAILING, "failing 40s", "unreachable"),
        (Snapshot(problem=DOWN, failed_since=NOW), 700.0, Phase.FAILING, "failing 11m", "unreachable"),
    ],
)
def test_a_list_has_one_state_and_one_word(snapshot: Snapshot, age: float, phase: Phase, word: str, brief: str) -> None:
    state = feed_state(snapshot, NOW + age)
    assert (state.phase, state.word, state.brief) == (phase, word, brief)
    assert state.trusted == (phase not in (Phase.FAILING, Phase.STALE))


@pytest.mark.parametrize("every", [0.3, 5.0, 15.0, 300.0])
@pytest.mark.parametrize(("intervals", "expired"), [(2.9, False), (3.1, True)])
def test_rows_expire_after_three_intervals(every: float, intervals: float, expired: bool) -> None:
    assert feed_state(shot(every=every), NOW + intervals * every).expired is expired
    failing = shot(every=every, problem=DOWN, failed_since=NOW)
    assert feed_state(failing, NOW + intervals * every).expired is expired


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (0.0, "trying again now"),
        (-3.0, "trying again now"),
        (0.2, "next try in 1 s"),
        (12.0, "next try in 12 s"),
        (15.1, "next try in 20 s"),
        (119.0, "next try in 120 s"),
        (121.0, "next try in 3 min"),
        (600.0, "next try in 10 min"),
    ],
)
def test_what_fails_says_when_it_is_tried_next(left: float, words: str) -> None:
    state = feed_state(shot(problem=DOWN, failed_since=NOW, next_at=NOW + 9 + left), NOW + 9)
    assert state.next_try == words
    assert feed_state(shot(next_at=NOW + 9 + left), NOW + 9).next_try == ""


def test_several_lists_stand_as_the_worst_of_them() -> None:
    shots = [shot(), Snapshot(), shot(missing=(LOST,)), shot(taken_at=NOW - 99), shot(problem=DOWN)]
    order = [Phase.LIVE, Phase.READING, Phase.PARTIAL, Phase.STALE, Phase.FAILING]
    for count, phase in enumerate(order, 1):
        assert worst((feed_state(one, NOW) for one in shots[:count]), NOW).phase is phase
    assert worst((), NOW).phase is Phase.READING
    assert not_connected(DOWN, NOW).next_try == ""


async def test_when_nothing_answers_any_more_all_of_it_is_stale_by_the_clock(tmp_path: Path) -> None:
    """No event comes of a hang. 2.9 intervals on either side of 3.1: on the fleet, in its header, and in both tabs."""
    async with toy_console(tmp_path) as here:
        await here.read()
        here.hang()
        await here.pass_time(2.9 * EVERY)
        assert {here.health(name) for name in here.rows()} == {"● ok"}
        assert "stale" not in " ".join(here.places.values())
        await here.pass_time(0.2 * EVERY)
        assert {row.cells[1].text for ref, row in here.page.rows.items() if ref.view} == {"? stale"}
        assert here.bar("tabs").count("? stale") == 2
        assert "0 of 2 live" in here.bar("views")
        assert "problems: a, b: stale (rows 15s old)" in here.bar("banner")


async def test_what_was_at_fault_stays_so_when_it_is_stale(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        here.toys["a"].set("a0", "ERROR")
        await here.read()
        here.hang()
        await here.pass_time(3.1 * EVERY)
        assert (here.health("a-0"), here.health("a-1")) == ("✖ bad", "? stale")
        assert "Fleet ✖3" in here.bar("tabs"), "the machine, and each profile that does not answer"


async def test_the_same_in_the_tab_of_a_profile(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.press("1")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "a" and here.page.total_count)
        await here.read("a")
        here.hang()
        await here.pass_time(2.9 * EVERY)
        assert (here.health("a-0"), "stale" in here.bar("views")) == ("● ok", False)
        await here.pass_time(0.2 * EVERY)
        assert (here.health("a-0"), "stale 15s" in here.bar("views")) == ("? stale", True)
        assert here.bar("banner").startswith("stale: no answer for 15s")
        assert "a ? stale" in here.bar("tabs")
        here.toys["a"].free.set()
        await here.until(lambda: here.health("a-0") == "● ok")
        assert "live" in here.bar("views")


@pytest.mark.parametrize("place", ["0", "1"])
async def test_a_frozen_screen_stands_still_but_is_not_green_when_nothing_answers(tmp_path: Path, place: str) -> None:
    async with toy_console(tmp_path) as here:
        await here.press(place)
        wanted = "a" if place == "1" else FLEET
        await here.until(lambda: here.app.console_screen.trail.here.tab == wanted and here.page.total_count)
        await here.read()
        await here.press("p")
        here.hang()
        await here.pass_time(2.9 * EVERY)
        assert here.health("a-0") == "● ok"
        order = here.page.shown_refs
        await here.pass_time(0.2 * EVERY)
        assert {here.health(name) for name in here.rows()} == {"? stale"}
        assert here.page.shown_refs == order
        assert "frozen 15s: p" in here.bar("views")


async def test_the_details_of_a_stale_row_do_not_call_it_well(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.press("1")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "a" and here.page.total_count)
        await here.read("a")
        ref = await here.choose("a-0")
        for passed, says in ((2.9, "● ok"), (0.2, "? stale")):
            here.hang()
            await here.pass_time(passed * EVERY)
            assert (shown := here.store.shown(ref)) is not None and shown.cells[1].text == says
            await here.press("d")
            await here.until(lambda: here.app.screen is not here.app.console_screen)
            await here.until(lambda says=says: says in screen_text(here.app))
            await here.press("escape")
            await here.until(lambda: here.app.screen is here.app.console_screen)


async def test_rows_of_a_list_that_fails_grow_stale_between_two_tries(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        here.toys["a"].problem = Problem(Cause.CREDENTIALS, "no")
        for _ in range(6):
            await here.read("a")
        assert "next try in 10 min" in here.bar("banner")
        here.time.advance(5)
        await here.read("b")
        here.hang()  # nothing else has the screen drawn anew
        await here.pass_time(1.9 * EVERY)
        assert here.health("a-0") == "● ok"
        await here.pass_time(0.2 * EVERY)
        assert (here.health("a-0"), here.health("b-0")) == ("? stale", "● ok")


async def test_the_console_looks_at_its_clock_by_itself(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        here.hang()
        here.time.advance(3.1 * EVERY)
        await here.until(lambda: "? stale" in here.bar("tabs"), 5)


@pytest.mark.parametrize("place", ["0", "1"])
async def test_no_healthy_row_is_called_stale_wherever_one_looks(tmp_path: Path, place: str) -> None:
    """Minutes of ordinary reading, looked at each second, from the fleet and from a tab that hides the other."""
    async with toy_console(tmp_path) as here:
        await here.press(place)
        for _ in range(90):
            await here.pass_time(1.0)
            for name in here.toys:
                assert here.store.state(name).phase is Phase.LIVE
                assert not any(row.cells[1].text == "? stale" for row in here.store.machines(name).values())


async def test_who_comes_back_to_the_fleet_has_all_of_it_read_at_once(tmp_path: Path) -> None:
    """The clock stands still meanwhile: nothing is due."""
    async with toy_console(tmp_path) as here:
        await here.press("1")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "a")
        reads = here.toys["b"].reads
        await here.press("0")
        await here.until(lambda: here.toys["b"].reads > reads)


async def test_who_comes_back_to_a_tab_has_it_read_at_once(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        for tab in ("a", "b"):
            await here.press("1" if tab == "a" else "2")
            await here.until(lambda tab=tab: here.app.console_screen.trail.here.tab == tab)
        reads = here.toys["a"].reads
        await here.press("1")
        await here.until(lambda: here.toys["a"].reads > reads)


async def test_the_fleet_is_read_at_full_pace_while_it_is_shown(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.read()
        waits = [(shot.next_at or 0) - here.time.now() for shot in here.store.clouds["b"].snapshots().values()]
        assert all(4.5 <= wait <= 5.5 for wait in waits)
        await here.press("1")  # the other profile is read three times as slowly now
        await here.read("b")
        (hidden,) = here.store.clouds["b"].snapshots().values()
        assert 13.5 <= (hidden.next_at or 0) - here.time.now() <= 16.5
        assert hidden.every == 3 * EVERY
        await here.press("0")
        await here.until(lambda: [one.every for one in here.store.clouds["b"].snapshots().values()] == [EVERY])


class Bench:
    """One poller, whose readings take as long as the test says."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.toy = Answering({"a": Machine("a", "toy-a")})
        self.toy.free.set()
        self.published: list[Snapshot] = []
        rng, told = random.Random(1), lambda old, new: self.published.append(new)
        self.poller = Poller("p", VIEW, self.toy.list, every=5.0, clock=self.clock, rng=rng, publish=told)

    async def slow_reading(self, seconds: float) -> None:
        self.toy.free.clear()
        reading = asyncio.create_task(self.poller.read())
        await until(lambda: self.toy.reads)
        await asyncio.sleep(0)
        self.clock.advance(seconds)
        self.toy.free.set()
        await reading


@pytest.mark.parametrize(("shown", "in_fleet", "every"), [(True, False, 5), (False, True, 5), (False, False, 15)])
async def test_the_interval_is_the_one_a_list_is_read_with(shown: bool, in_fleet: bool, every: float) -> None:
    bench = Bench()
    bench.poller.shown, bench.poller.in_fleet = shown, in_fleet
    await bench.poller.read()
    assert bench.poller.snapshot.every == every


async def test_a_slow_reading_is_part_of_the_interval() -> None:
    bench = Bench()
    bench.poller.shown = True
    await bench.slow_reading(40.0)
    assert bench.poller.snapshot.every == 45.0
    assert feed_state(bench.poller.snapshot, bench.clock.now()).phase is Phase.LIVE


async def test_a_list_that_begins_to_be_looked_at_has_three_of_the_shorter_intervals() -> None:
    bench = Bench()
    await bench.poller.read()
    bench.clock.advance(16)
    bench.poller.shown = True
    assert not feed_state(bench.poller.snapshot, bench.clock.now() + 14.5).expired
    assert feed_state(bench.poller.snapshot, bench.clock.now() + 15.5).expired


async def test_a_failure_says_since_when_and_a_good_reading_ends_it() -> None:
    bench = Bench()
    await bench.poller.read()
    first = bench.clock.now()
    for _ in range(3):
        bench.toy.problem = DOWN
        await bench.poller.read()
        bench.clock.advance(30)
    assert bench.poller.snapshot.failed_since == first
    assert feed_state(bench.poller.snapshot, bench.clock.now()).word == "failing 90s"
    bench.toy.problem = None
    await bench.poller.read()
    assert (bench.poller.snapshot.failed_since, bench.poller.snapshot.problem) == (None, None)


@pytest.mark.parametrize("retry_after", [1.0, 90.0])
async def test_a_retry_after_makes_the_pause_longer_and_never_switches_the_back_off_off(retry_after: float) -> None:
    bench = Bench()
    bench.toy.problem = Problem(Cause.THROTTLED, "slow down", retry_after=retry_after)
    for _ in range(8):
        await bench.poller.read()
    pause = (bench.poller.snapshot.next_at or 0) - bench.clock.now()
    assert max(30.0, retry_after) <= pause <= max(60.0, retry_after)


async def test_real_clouds_that_all_hang_go_stale_on_the_fleet(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp", "datenfab"), every=0.3, size=(120, 30))) as here:
        await here.until(lambda: all(here.store.machines(name) for name in here.store.tabs))
        assert here.clouds is not None
        for faults in here.clouds.faults.values():
            faults.always(Fault("hang"))
        await here.until(lambda: here.bar("tabs").count("? stale") == 2, 20)
        await here.until(lambda: not any(row.health.word == "ok" for row in here.page.rows.values()), 2)
