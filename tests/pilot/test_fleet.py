"""The fleet: what is ill, why and since when, before anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from gputui.core.cells import AT_LEAST, moment
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.rows import Ref
from gputui.engine.fleet import FLEET_COLUMNS, PLACES
from gputui.engine.history.history import NoHistory
from gputui.engine.history.records import MachinePast, Remembered
from gputui.engine.journal import Journal
from gputui.engine.lost_profiles import is_profile, profile_ref
from gputui.engine.store import Store, Tab
from gputui.ui.inspect.profile import ProfileState, state_lines
from tests.clocks import ManualClock, until
from tests.promises.toy_console import TOY, VIEW, toy_console
from tests.toy import PROVIDER, Machine, ToyClient

WHY = "exit code 137: killed (SIGKILL): out of memory likely"
SINCE = next(at for at, column in enumerate(FLEET_COLUMNS) if column.id == "since")
ILL = replace(TOY, views=(replace(VIEW, reasons=lambda one: (WHY,) if one.state == "ERROR" else ()),))


async def test_what_fell_last_comes_first_and_says_why_and_since_when(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=ILL, size=(80, 24)) as here:
        await here.read()
        for toy, machine in (("a", "a2"), ("b", "b5"), ("a", "a4")):
            here.toys[toy].set(machine, "ERROR")
            here.time.advance(30.0)
            await here.read()
            await here.until(lambda machine=machine: here.page.shown_refs[0].id == machine)
        assert [ref.id for ref in here.page.shown_refs[:4]] == ["a4", "b5", "a2", "a0"]
        await here.pilot.pause()
        drawn = ["".join(piece.text for piece in line.pieces) for line in here.page._standing]
        lines = [line for line in drawn if "bad" in line]
        assert "out of memory likely" in lines[0]
        assert ["30s" in line for line in lines] == [False, True, False]
        assert all(name in line for name, line in zip(("a-4", "b-5", "a-2"), lines, strict=True))


class Past(NoHistory):
    """A history that remembers one machine."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def remembered(self, profile: str, view: str) -> Mapping[str, Remembered]:
        self.asked.append((profile, view))
        return {"a2": Remembered("ERROR", "bad", 900_000.0, MachinePast(health_since=900_000.0), 950_000.0)}


async def test_since_when_comes_from_history_asked_once_for_each_list(tmp_path: Path) -> None:
    time, past = ManualClock(), Past()
    store = Store(
        [Tab("a", "toy")], journal=Journal(tmp_path / "audit.jsonl", "tester", time.now), clock=time, rng=Random(1)
    )
    store.remember(past)
    toy = ToyClient({f"a{n}": Machine(f"a{n}", f"a-{n}", "ERROR") for n in range(4)})
    store.connect("a", PROVIDER, toy)
    shown = store.fleet.rows
    try:
        ref = Ref("a", "nodes", "a2")
        await until(lambda: ref in shown and shown[ref].cells[SINCE] == moment(datetime.fromtimestamp(900_000.0, UTC)))
        assert store.fleet.order.refs[0] == ref, "what is known to have fallen comes before what always was so"
        assert shown[Ref("a", "nodes", "a1")].cells[SINCE].text == AT_LEAST
        reads = toy.reads
        store.clouds["a"].refresh()
        await until(lambda: toy.reads > reads)
        assert past.asked == [("a", "nodes")]
    finally:
        await store.aclose()


DOWN = Problem(Cause.CREDENTIALS, "the token has expired", "renew it: hosted.example/tokens")


async def test_a_hung_profile_is_named_within_five_seconds_and_goes_on_waiting(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.read()
        here.toys["a"].free.clear()
        reads = here.toys["a"].reads
        here.store.clouds["a"].refresh()
        await until(lambda: here.toys["a"].reads > reads)
        await here.pass_time(3.0)
        assert profile_ref("a") not in here.page.rows
        await here.pass_time(1.0)
        row = here.page.rows[profile_ref("a")]
        assert (row.cells[1].text, row.cells[2].text) == ("▲ degraded", "hung, no answer yet")
        assert "? hung" in here.bar("tabs")
        assert "Fleet ▲1" in here.bar("tabs")
        assert here.health("a-0") == "● ok", "its rows are young enough to be trusted"
        await here.pass_time(3 * 15.0)
        assert here.page.shown_refs[0] == profile_ref("a")
        assert here.page.rows[profile_ref("a")].health is Health.BAD
        here.toys["a"].free.set()
        await here.until(lambda: profile_ref("a") not in here.page.rows)


async def test_a_slow_list_is_not_hung_while_it_takes_as_long_as_ever(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        for seconds, hung in ((6.0, True), (9.0, False), (18.5, True)):
            here.toys["a"].free.clear()
            reads = here.toys["a"].reads
            here.store.clouds["a"].refresh()
            await until(lambda reads=reads: here.toys["a"].reads > reads)
            await here.pass_time(seconds)
            assert (profile_ref("a") in here.store.fleet.rows) is hung
            ended = here.toys["a"].ended
            here.toys["a"].free.set()
            await until(lambda ended=ended: here.toys["a"].ended > ended)
            await here.until(lambda: profile_ref("a") not in here.store.fleet.rows)


async def test_a_refused_profile_is_a_row_with_its_cause_and_leads_to_its_tab(tmp_path: Path) -> None:
    async with toy_console(tmp_path, size=(200, 50)) as here:
        here.toys["b"].problem = DOWN
        await here.read()
        await here.until(lambda: here.page.shown_refs[0] == profile_ref("b"))
        row = here.page.rows[profile_ref("b")]
        told = {id: row.cells[at].text for id, at in PLACES.items()}
        assert told["state"] == "credentials refused"
        assert told["profile"].startswith("again in ") and told["profile"].endswith(": renew it: hosted.example/tokens")
        assert told["why"] == "renew it: hosted.example/tokens; the token has expired"
        assert "Fleet ✖1" in here.bar("tabs")
        await here.press("g", "d")
        await here.until(lambda: here.shows(ProfileState))
        told = "\n".join("".join(text for text, _ in line) for line in state_lines(here.store.state("b")))
        assert "credentials refused: the token has expired" in told
        assert "next try" in told
        assert "renew it" in told
        await here.press("escape", "x")
        await here.until(lambda: here.shows(ProfileState))
        await here.press("escape", "enter")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "b")


async def test_at_80_columns_what_matters_stays_beside_a_profile_that_fails(tmp_path: Path) -> None:
    async with toy_console(tmp_path, size=(80, 24)) as here:
        long = {f"b{n}": Machine(f"b{n}", f"training-canary-node-{n:02}", "ERROR") for n in range(3)}
        here.toys["a"].machines.update(long)
        here.toys["b"].problem = DOWN
        await here.read()
        await here.until(lambda: here.page.shown_refs[0] == profile_ref("b"))
        await here.pilot.pause()
        drawn = ["".join(piece.text for piece in line.pieces) for line in here.page._standing]
        assert re.search(r"again in \d+ (s|min)", drawn[1]), drawn[1]
        titles = [here.page.columns[slot.column].title for slot in here.page.layout_for(80).slots]
        assert titles[:6] == ["NAME", "HEALTH", "STATE", "SINCE", "PROFILE", "GPU"]


async def test_the_cursor_begins_on_the_worst_machine_below_the_profiles_that_fail(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        here.toys["b"].problem = DOWN
        here.toys["a"].set("a3", "ERROR")
        await here.read()
        await here.until(lambda: here.page.shown_refs[0] == profile_ref("b"))
        await here.until(lambda: here.page.cursor_ref == Ref("a", "nodes", "a3"))
        await here.press("k")
        await here.until(lambda: here.page.cursor_ref == profile_ref("b"))
        await here.read()
        assert here.page.cursor_ref == profile_ref("b"), "what was chosen stays"


async def test_keys_about_machines_say_what_the_row_of_a_profile_is(tmp_path: Path) -> None:
    async with toy_console(tmp_path, notices=True) as here:
        here.toys["b"].problem = DOWN
        await here.read()
        await here.until(lambda: here.page.shown_refs[0] == profile_ref("b"))
        for key in ("X", "s", "a", "c", "y", "space"):
            here.app.clear_notifications()
            await here.press("g", key)
            said = [notice.message for notice in here.app._notifications]
            assert len(said) == 1, (key, said)
            assert "b is a profile that cannot be read, no machine: enter leads to it" in said[0]
        assert not here.page.marks
        await here.press("asterisk")
        assert len(here.page.marks) == 12
        assert not any(is_profile(ref) for ref in (*here.page.marks, *here.page.many().refs))


async def test_faults_only_keeps_what_is_not_known_to_be_well(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        here.toys["a"].set("a1", "ERROR")
        here.toys["a"].set("a2", "NEVER HEARD OF")
        here.toys["a"].set("a3", "STOPPED")
        await here.read()
        await here.press("f")
        assert [ref.id for ref in here.page.shown_refs] == ["a1", "a2"]
        here.toys["b"].free.clear()
        here.store.clouds["b"].refresh()
        await here.pass_time(16.0)
        await here.pass_time(1.0)
        kept = {ref.id for ref in here.page.shown_refs if ref.profile == "b"}
        assert kept == {"b", *(f"b{n}" for n in range(6))}, "the profile, and its machines, which are stale"
