"""Promise 7, of lists: what is missing is said wherever the list is shown, and nothing vanishes without a word."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gputui import cli
from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Problem
from gputui.sim.faults import Fault
from gputui.sim.run import write_private
from gputui.sim.serve import Simulator
from tests.pilot.consoles import Wish, console
from tests.promises.toy_console import toy_console

BUSAN = Gap("region busan", Problem(Cause.FORBIDDEN, "HTTP 403", "ask for the right to list it"))
DOWN = Problem(Cause.SERVER, "HTTP 500")
PROFILE = "datenfab"


async def test_a_list_that_lacks_a_part_says_so_everywhere(tmp_path: Path) -> None:
    async with toy_console(tmp_path, count=24) as here:
        toy = here.toys["a"]
        for n in range(4, 24):
            del toy.machines[f"a{n}"]
        toy.missing = (BUSAN,)
        await here.read("a")
        assert "a ◐ 4 of 24" in here.bar("tabs")
        assert "1 of 2 live" in here.bar("views")
        assert "a: 4 of 24 (region busan missing)" in here.bar("banner")
        assert (here.health("a-0"), here.health("a-9")) == ("● ok", "? stale")
        await here.press("1")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "a")
        assert "4/24" in here.bar("views")
        assert "partial: 4 of 24" in here.bar("views")
        assert "missing: region busan: not allowed: HTTP 403 (ask for the right to list it)" in here.bar("banner")
        assert "20 rows from before are kept, dimmed" in here.bar("banner")


async def test_on_the_fleet_one_that_fails_is_enough_for_the_colour_of_trouble(tmp_path: Path) -> None:
    """A part that is missing is none: what is shown may be believed."""
    async with toy_console(tmp_path) as here:
        banner = here.app.console_screen.query_one("#banner")
        here.toys["a"].missing = (BUSAN,)
        await here.read("a")
        assert "problems: a: region busan missing" in here.bar("banner")
        assert not banner.has_class("-bad")
        here.toys["b"].problem = DOWN
        await here.read("b")
        assert "b: server error" in here.bar("banner")
        assert banner.has_class("-bad")


async def test_from_the_first_reading_on(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        here.toys["a"].missing = (BUSAN,)
        await here.read("a")
        assert "a ◐ region busan missing" in here.bar("tabs")
        assert "a: region busan missing" in here.bar("banner")


async def test_an_empty_list_that_lacks_a_part_is_not_said_to_be_all(tmp_path: Path) -> None:
    async with toy_console(tmp_path, count=1) as here:
        here.toys["a"].machines.clear()
        await here.read("a")
        here.toys["a"].missing = (BUSAN,)
        await here.press("1")
        await here.read("a")
        assert "nothing in what could be read" in here.bar("banner")
        assert "nothing here" not in here.bar("banner")


async def test_after_an_empty_list_a_failure_says_that_it_was_empty(tmp_path: Path) -> None:
    """Header, banner and tab agree: nothing is called live beside an error, or said never to have been read."""
    async with toy_console(tmp_path, count=1) as here:
        here.toys["a"].machines.clear()
        await here.press("1")
        await here.read("a")
        assert (here.bar("banner"), "live" in here.bar("views")) == ("nothing here", True)
        here.toys["a"].problem = DOWN
        await here.read("a")
        assert "the list was empty 0s ago" in here.bar("banner")
        assert "r tries at once" in here.bar("banner")
        assert ("failing" in here.bar("views"), "live" in here.bar("views")) == (True, False)
        assert "✖ server error" in here.bar("tabs")


async def test_a_region_of_a_real_cloud_that_cannot_be_read(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",), every=0.3, size=(120, 30))) as here:
        await here.go("1")
        total = here.page.total_count
        assert here.clouds is not None
        here.clouds.faults["datenfab"].always(Fault("status", status=403), match="east-cluster")
        await here.until(lambda: f" of {total} " in here.bar("tabs"))
        assert f"partial: {len(here.page.snapshot.rows)} of {total}" in here.bar("views")
        assert here.page.total_count == total


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(calm=True, only=("datenfab", "hostedai", "nsml")) as served:
        yield served


@pytest.fixture
def run(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: object) -> Run:
    path = tmp_path / "config" / "config.toml"
    write_private(path, simulator.config())
    for name, folder in (("GPUTUI_CONFIG_DIR", "config"), ("GPUTUI_STATE_DIR", "state"), ("HOME", "")):
        monkeypatch.setenv(name, str(tmp_path / folder))

    def running(*argv: str) -> tuple[int, str, str]:
        code = cli.main(list(argv))
        said = capsys.readouterr()  # type: ignore[attr-defined]
        return code, said.out, said.err

    return running


@pytest.mark.parametrize(
    ("cloud", "kind", "match", "part"),
    [
        ("datenfab", "instances", "east-cluster", "region "),
        ("hostedai", "nodes", "region_id=2", "region "),
        ("nsml", "nodes", "/nodes?", "nodes of "),
    ],
)
def test_get_says_what_is_missing_and_exits_2(
    run: Run, simulator: Simulator, cloud: str, kind: str, match: str, part: str
) -> None:
    profile = {"hostedai": "hosted"}.get(cloud, cloud)
    code, out, err = run("get", kind, "-p", profile, "-o", "json")
    whole = json.loads(out)
    assert (code, err) == (0, "")
    if cloud == "nsml":  # the nodes of one run of several
        match = f"/runs/{whole[0]['run']}/nodes"
    simulator.faults[cloud].always(Fault("status", status=403), match=match)
    code, out, err = run("get", kind, "-p", profile, "-o", "json")
    assert (code, 0 < len(json.loads(out)) < len(whole)) == (2, True)
    assert f"{profile}: missing: {part}" in err
    code, partial, err = run("get", kind, "-p", profile, "-o", "json", "--partial")
    assert (code, [row["id"] for row in json.loads(partial)]) == (0, [row["id"] for row in json.loads(out)])
    assert f"{profile}: missing: {part}" in err


def test_get_takes_no_failure_of_everything_for_a_part(run: Run, simulator: Simulator) -> None:
    simulator.faults["datenfab"].always(Fault("status", status=403))
    assert run("get", "instances", "-p", "datenfab", "--partial")[:2] == (2, "")
    code, out, err = run("get", "fleet", "--partial", "-o", "json")
    assert (code, "datenfab: not allowed" in err) == (0, True)
    assert {row["profile"] for row in json.loads(out)} == {"hosted", "nsml"}
    assert run("get", "fleet", "-o", "json")[0] == 2


def test_what_cannot_be_read_at_all_is_written_as_such_and_2(run: Run, simulator: Simulator) -> None:
    body = b'[{"clusterName": 7, "region": {}}]'
    simulator.faults["datenfab"].always(Fault("status", status=200, body=body), match="/regions")
    code, out, err = run("get", "clusters", "-p", "datenfab", "-o", "json")
    assert (code, [bool(row["unreadable"]) for row in json.loads(out)]) == (2, [True])
    assert "datenfab: bad reply: its only entry can be read" not in err
    assert "datenfab: bad reply: " in err


def test_faults_of_a_part_are_faults(run: Run, simulator: Simulator) -> None:
    simulator.faults["datenfab"].always(Fault("status", status=403), match="east-cluster")
    found = run("get", "fleet", "--faults", "--partial")[0]
    assert (found, run("get", "fleet", "--faults")[0]) == (1, 2)


async def test_rows_of_a_missing_part_can_be_worked_on(tmp_path: Path) -> None:
    """Their region may list nothing and still do what it is asked, as a cloud whose list fails."""
    async with toy_console(tmp_path) as here:
        del here.toys["a"].machines["a0"]
        here.toys["a"].missing = (BUSAN,)
        await here.read("a")
        await here.choose("a-0")
        (stop,) = (one for one in here.page.offers() if one.label == "Stop")
        assert not stop.off


async def test_what_fails_is_dimmed_and_what_does_not_is_not(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        here.toys["a"].problem = DOWN
        await here.read("a")
        assert here.page._stale == {"a"}
        await here.press("1")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "a" and here.page.total_count)
        assert here.page._stale == {"a"}
        await here.press("2")
        await here.until(lambda: here.app.console_screen.trail.here.tab == "b" and here.page.total_count)
        assert not here.page._stale


def test_a_run_says_that_there_may_be_others(run: Run, simulator: Simulator) -> None:
    code, _, err = run("run", "no-such-machine", "--yes", "--", "true")
    assert (code, "no machine matches" in err) == (2, True)
    simulator.faults["datenfab"].always(Fault("status", status=403), match="east-cluster")
    code, _, err = run("run", "no-such-machine", "--yes", "--", "true")
    assert (code, "no machine among those that could be read matches" in err) == (2, True)
    assert "datenfab: missing: region " in err


def test_so_does_ssh(run: Run, simulator: Simulator) -> None:
    code, _, err = run("ssh", "no-such-machine", "--", "true")
    assert (code, "no machine is called no-such-machine" in err) == (2, True)
    simulator.faults["datenfab"].always(Fault("status", status=403), match="east-cluster")
    code, _, err = run("ssh", "no-such-machine", "--", "true")
    assert (code, "no machine among those that could be read is called no-such-machine" in err) == (2, True)
