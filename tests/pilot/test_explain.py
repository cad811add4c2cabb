"""`x`: why a row is as it is, with source and age, and what can be done first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gputui.core.gpu_findings import GpuFinding, Verdict
from gputui.core.health import Health
from gputui.engine.taken_verdicts import TakenVerdict
from gputui.engine.told import MOST_GRAVE, told
from gputui.sim.faults import Fault
from gputui.sim.hostedai.models import LogLine
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
        lines = await explained(here, nodes[0].name, "RUNNING → ERROR", "pool POOL", "last seen well")
        assert lines[0].startswith("  state  ✖ ERROR, which means bad, for ")
        fabric = next(line for line in lines if "fabric " in line)
        assert f" of {sum(one.fabric_id == nodes[0].fabric_id for one in world.values())} nodes" in fabric
        assert "4 fell within" in next(line for line in lines if "pool " in line)
        ways = lines[lines.index("what can be done") + 1 :]
        assert ways[0].split() == ["s", "SSH:", "a", "shell", "on", "the", "machine"]
        verbs = [line for line in ways if line.startswith("  a ")]
        offs = ["off: " in line for line in verbs]
        assert offs == sorted(offs)  # what can be done stands first
        told = [risk for line in verbs for risk in ("reversible", "disrupts", "destroys") if f": {risk}" in line]
        assert told == sorted(
            told, key=["reversible", "disrupts", "destroys"].index
        )  # what costs least before the rest
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
        lines = await explained(here, name, "as the list had it", "fabric ", "no fault of it in the ")
        assert "RUNNING, which means ok" in lines[0]
        assert not any("last seen well" in line for line in lines)
        assert any("it was watched of the last day" in line for line in lines)


async def test_a_list_that_cannot_be_read_says_so_and_a_bug_around_it_costs_a_line(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("scp",))) as here:
        await here.go("1")
        name = next(row.name for row in here.rows().values() if row.state == "RUNNING")
        assert here.clouds is not None
        here.clouds.faults["scp"].always(Fault("status", 500))
        await explained(here, name, "the list cannot be read", "what can be done")


async def test_the_log_of_a_node_and_the_events_of_an_inference_are_evidence(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("hostedai", "runai"))) as here:
        await here.go("1")
        assert here.clouds is not None
        node = next(iter(here.clouds.world["hostedai"].nodes.values()))  # type: ignore[attr-defined]
        begun = here.store.clock.now()
        ended = "container train ended with exit code 137"
        node.log.extend(LogLine(9000 + at, begun + at, "error", f"{ended}, attempt {at}") for at in range(9))
        lines = await explained(here, node.name, "what logs and events tell", "exit code 137 (killed (SIGKILL): ")
        assert sum("exit code 137" in line for line in lines) == MOST_GRAVE
        await here.press("q")
        await here.go("2")
        failed = next(row.name for row in here.rows().values() if row.state == "Failed")
        await explained(here, failed, "what logs and events tell", "(Inference ")


async def test_a_log_that_cannot_be_read_or_does_not_answer_is_said(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("hostedai",))) as here:
        await here.go("1")
        assert here.clouds is not None
        name = next(iter(here.rows()))
        here.clouds.faults["hostedai"].next(Fault("status", 418), times=20, match="/logs")
        await explained(here, name, "logs cannot be read: ")
        await here.press("q")
        here.clouds.faults["hostedai"].clear()
        here.clouds.faults["hostedai"].next(Fault("hang"), times=20, match="/logs")
        row = here.rows()[name]
        cloud = here.store.clouds[row.ref.profile]
        view = here.store.view(row.ref)
        assert view is not None
        [evidence] = await told(cloud, view, row, seconds=0.2)
        assert evidence.text == "no logs yet: no answer within 0.2 s"


async def test_what_was_done_to_it_by_whom(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("scp",))) as here:
        await here.go("1")
        stopped = next(row for row in here.rows().values() if row.state == "STOPPED")
        await here.choose(stopped.name)
        await here.press("S")
        await here.dialog()
        await here.press("y")
        await here.until(lambda: here.store.operations.of(stopped.ref))
        await here.until(lambda: not here.page.asking)
        await explained(here, stopped.name, "change", "Start: ")
        here.store.operations._newest.clear()  # as after a restart of this console
        await here.press("q")
        await explained(here, stopped.name, "start by tester: accepted")


async def test_the_verdict_on_its_gpus_with_its_age(tmp_path: Path) -> None:
    async with console(tmp_path, replace(WISH, only=("scp",))) as here:
        await here.go("1")
        row = next(row for row in here.rows().values() if row.state == "RUNNING")
        at = here.store.clock.now() - 90
        verdict = Verdict(Health.BAD, (GpuFinding(Health.BAD, "GPU 3 fell off the bus"),))
        here.store.gpu_verdicts.note(TakenVerdict(row.ref, row.name, verdict, at))
        await explained(here, row.name, "GPUs   ✖ GPU 3 fell off the bus   the machine, 1m ago")
