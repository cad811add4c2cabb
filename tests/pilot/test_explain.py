"""`x`: why a row is as it is, with source and age, and what can be done first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gputui.sim.faults import Fault
from gputui.ui.inspect.explain import Explanation
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.test_timeline import fallen

WISH = Wish(size=(110, 40), general={"history_days": 30})


def text(here: Console) -> list[str]:
    if not isinstance(here.app.screen, Explanation):
        return []
    return ["".join(part for part, _ in line) for line in here.app.screen.pages.lines]


async def explained(here: Console, name: str, *wanted: str) -> list[str]:
    await here.choose(name)
    await here.press("x")
    await here.until(lambda: all(any(part in line for line in text(here)) for part in wanted))
    return text(here)


async def test_what_happened_when_and_to_whom_besides(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("scp",))) as here:
        assert here.clouds is not None
        world = here.clouds.world["scp"].nodes  # type: ignore[attr-defined]
        nodes = await fallen(here, 4)
        lines = await explained(here, nodes[0].name, "RUNNING → ERROR", "nodes bad or degraded", "last seen well")
        assert lines[0].strip().startswith("✖ ERROR, which means bad, for ")
        fabric = next(line for line in lines if "fabric " in line)
        assert f" of {sum(one.fabric_id == nodes[0].fabric_id for one in world.values())} nodes" in fabric
        assert "4 fell within" in next(line for line in lines if "pool " in line)
        verbs = [line for line in lines if "off: " in line or "reversible" in line]
        offs = ["off: " in line for line in verbs]
        assert offs == sorted(offs)  # what can be done stands first
        await here.press("t")
        await here.until(lambda: not isinstance(here.app.screen, Explanation))
        await here.press("q", "q")
        assert here.app.screen is here.app.console_screen


async def test_error_fields_and_exit_codes_in_words(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("nsml", "runai"))) as here:
        await here.go("1")
        failed = next(row.name for row in here.rows().values() if row.state == "FAILED")
        lines = await explained(here, failed, "exit code 137: killed (SIGKILL): out of memory likely", "run ")
        assert any("1 of" in line and "nodes bad or degraded" in line for line in lines)
        await here.press("q")
        await here.go("2")
        failed = next(row.name for row in here.rows().values() if row.state == "Failed")
        await explained(here, failed, "OOMKilled", "pods run", "cluster ")


async def test_a_healthy_row_says_why_that_is_believed_and_how_old_it_is(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("scp",))) as here:
        await here.go("1")
        name = next(row.name for row in here.rows().values() if row.state == "RUNNING")
        lines = await explained(here, name, "as the list had it", "fabric ")
        assert "RUNNING, which means ok" in lines[0]
        assert not any("last seen well" in line for line in lines)


async def test_a_list_that_cannot_be_read_says_so_and_a_bug_around_it_costs_a_line(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("scp",))) as here:
        await here.go("1")
        name = next(row.name for row in here.rows().values() if row.state == "RUNNING")
        assert here.clouds is not None
        here.clouds.faults["scp"].always(Fault("status", 500))
        await explained(here, name, "the list cannot be read", "what can be done")
