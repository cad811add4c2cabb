"""`m` and `:gpus`: from the key to what the machines say, over real SSH to the embedded clouds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from gputui.core.cells import Cell
from gputui.core.health import Health
from gputui.core.rows import Ref
from gputui.core.ssh_options import HostKeys
from gputui.sim import commands
from gputui.sim.nvidia import nvidia_smi
from gputui.ui.gpus.machine import GpuScreen
from gputui.ui.gpus.many import GpuList
from gputui.ui.inspect.metrics import MetricsScreen
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console


@asynccontextmanager
async def nodes(
    folder: Path, wish: Wish | None = None, *, host_keys: HostKeys = "accept-new"
) -> AsyncIterator[Console]:
    async with console(folder, wish or Wish(only=("scp",))) as here:
        await here.go("1")
        options = here.app.ssh._options
        options["samsung"] = replace(options["samsung"], host_keys=host_keys)
        yield here


def gpu_screen(here: Console) -> GpuScreen:
    return next(screen for screen in here.app.screen_stack if isinstance(screen, GpuScreen))


async def opened(here: Console, name: str) -> GpuScreen:
    await here.choose(name)
    await here.press("m")
    await here.until(lambda: any(isinstance(screen, GpuScreen) for screen in here.app.screen_stack))
    return gpu_screen(here)


def read_lines(here: Console) -> list[str]:
    reader = here.app.screen
    assert isinstance(reader, Reader)
    return ["".join(part for part, _ in line) for line in reader.pages.lines]


def reading_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "gpus"]


async def test_m_asks_for_the_host_key_and_shows_every_gpu(tmp_path: Path) -> None:
    async with nodes(tmp_path, host_keys="ask") as here:
        screen = await opened(here, "gpu-node-052")
        dialog = await here.dialog()
        assert "gpu-node-052" in dialog.question.title
        await here.press("escape")
        await here.until(lambda: "? unknown" in screen._verdict.text)
        assert "r tries again" in screen._verdict.text and not screen.blocks.lines
        await here.press("r")
        await here.dialog()
        await here.press("y")
        await here.until(lambda: len(screen.blocks.lines) == 16)
        assert "GPU 3 was slowed down for heat just now" in screen._verdict.text
        assert "8 × H100 80GB HBM3" in screen._verdict.text
        lines = screen.blocks.text.split("\n")
        assert lines[6].startswith("  3 ● ok") and "91°C" in lines[6]
        assert "python3" in lines[1] and "ECC 0" in lines[1]
        await here.press("w")
        assert len(screen.blocks.lines) > 16
        await here.press("escape")
        await here.until(lambda: not reading_tasks())
        assert here.app.screen is here.app.console_screen


async def test_what_nvidia_smi_says_beside_its_rows_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def corrupted(gpus: Any, words: Any, now: float) -> tuple[str, int]:
        out, _ = nvidia_smi(gpus, words, now)
        return f"{out}WARNING: infoROM is corrupted at gpu {gpus[2].bus}\n", 14

    monkeypatch.setattr(commands, "nvidia_smi", corrupted)
    async with nodes(tmp_path) as here:
        screen = await opened(here, "gpu-node-014")
        await here.until(lambda: screen.blocks.lines)
        assert "▲ degraded  the infoROM of GPU 2 is corrupted" in screen._verdict.text
        assert "nvidia-smi: WARNING: infoROM is corrupted at gpu" in screen._verdict.text
        assert "nvidia-smi: exit status 14" in screen._verdict.text
        await here.press("escape")
        here.page.set_marks([here.rows()["gpu-node-014"].ref])
        await here.press("colon", *"gpus", "enter")
        await here.until(lambda: here.shows(GpuList))
        found = here.app.screen
        assert isinstance(found, GpuList)
        await here.until(lambda: "1 degraded" in found._title.text)
        assert "the infoROM of GPU 2 is corrupted" in found._chosen.text


async def test_a_frozen_screen_stands_still_while_reading_goes_on(tmp_path: Path) -> None:
    async with nodes(tmp_path) as here:
        screen = await opened(here, "gpu-node-014")
        screen._watch._every = 0.02
        screen._watch.again()
        await here.until(lambda: screen.blocks.lines)
        await here.press("p")
        before, read = screen.blocks.lines, screen._watched.smi.readings
        assert here.clock is not None
        here.clock.advance(60)
        await here.until(lambda: screen._watched.smi.readings > read + 2)
        assert screen.blocks.lines == before
        assert "frozen" in screen._title.text
        await here.press("p")
        await here.until(lambda: screen.blocks.lines != before)


async def test_gpus_lists_the_marked_machines_worst_first(tmp_path: Path) -> None:
    async with nodes(tmp_path) as here:
        rows = here.rows()
        names = ("gpu-node-014", "gpu-node-007", "gpu-node-041", "gpu-node-012")
        here.page.set_marks(rows[name].ref for name in names)
        await here.press("colon", *"gpus", "enter")
        await here.until(lambda: here.shows(GpuList))
        found = here.app.screen
        assert isinstance(found, GpuList)
        await here.until(lambda: [row.health.word for row in found._rows.values()].count("bad") == 2)
        await here.until(lambda: "1 ok" in found._title.text)
        shown = [found.table.rows[ref].name for ref in found.table.shown_refs]
        assert shown == ["gpu-node-007", "gpu-node-041", "gpu-node-014", "gpu-node-012"]
        assert "GPUs of 4 machines marked" in found._title.text
        assert "GPU 3 fell off the bus" in found._chosen.text
        stopped = found._rows[rows["gpu-node-012"].ref]
        assert stopped.health.word == "off"
        await here.press("enter")
        await here.until(lambda: here.shows(GpuScreen))
        assert "GPUs of gpu-node-007 in samsung" in gpu_screen(here)._title.text
        assert gpu_screen(here).blocks.lines, "what is known is there at once"
        await here.press("escape", "escape")
        await here.until(lambda: not reading_tasks())


async def test_the_kernel_logs_of_several_machines_are_one_by_time(tmp_path: Path) -> None:
    async with nodes(tmp_path) as here:
        names = ("gpu-node-014", "gpu-node-007", "gpu-node-033")
        here.page.set_marks(here.rows()[name].ref for name in names)
        await here.press("colon", *"gpus", "enter")
        await here.until(lambda: here.shows(GpuList))
        found = here.app.screen
        assert isinstance(found, GpuList)
        await here.press("l")
        await here.until(lambda: here.shows(Reader))
        assert any("not read yet: " in line for line in read_lines(here))
        await here.press("escape")
        found._watch._every = 0.02
        found._watch.again()
        await here.until(lambda: all(one.smi.is_whole for one in found._watch.machines.values()))
        await here.press("l")
        await here.until(lambda: here.shows(Reader))
        lines = read_lines(here)
        assert "gpu-node-033" in lines[0] and "Killed process" in lines[0]
        assert any("gpu-node-007" in line and "Xid 79 at 0000:61:00, the GPU has fallen" in line for line in lines)
        assert any("nothing since they started: 1 machine" in line for line in lines)


async def test_the_evidence_is_copied(tmp_path: Path) -> None:
    async with nodes(tmp_path, Wish(only=("scp",), notices=True)) as here:
        screen = await opened(here, "gpu-node-007")
        await here.press("c")
        await here.until(lambda: screen.blocks.lines)
        await here.press("c")
        await here.until(lambda: "machine: gpu-node-007" in here.app.clipboard)
        assert "- bad: GPU 3 fell off the bus (nvidia-smi) → reboot" in here.app.clipboard
        await here.press("w")
        await here.until(lambda: "fell off the bus (nvidia-smi): reboot the machine" in screen._verdict.text)


async def test_its_lines_fit_into_80_columns(tmp_path: Path) -> None:
    async with nodes(tmp_path, Wish(only=("scp",), size=(80, 24))) as here:
        here.page.set_marks([here.rows()["gpu-node-007"].ref])
        await here.press("colon", *"gpus", "enter")
        await here.until(lambda: here.shows(GpuList))
        found = here.app.screen
        assert isinstance(found, GpuList)
        await here.until(lambda: any(row.health is Health.BAD for row in found._rows.values()))
        found.on_resize()
        (row,) = found._rows.values()
        assert "1 bad" in found._title.text
        found._say([replace(row, health=health) for health in Health for _ in range(20)])
        assert found._title.text.endswith("  ✖ 20  ▲ 20  ? 20  ◌ 20  ○ 20  ● 20")
        long = (*row.cells[:9], Cell("word " * 40), *row.cells[10:])
        found._rows[row.ref] = replace(row, cells=long)
        found._say_why()
        assert cell_len(found._chosen.text) == 80 and found._chosen.text.endswith("…")


async def test_unmet_host_keys_are_said_and_not_asked_for(tmp_path: Path) -> None:
    async with nodes(tmp_path, host_keys="ask") as here:
        await here.press("slash", *"gpu-node-01", "enter", "colon", *"gpus", "enter")
        await here.until(lambda: here.shows(GpuList))
        found = here.app.screen
        assert isinstance(found, GpuList)
        assert "GPUs of 10 machines shown" in found._title.text

        def unmet() -> list[Ref]:
            return [ref for ref, row in found._rows.items() if "has not been accepted yet" in row.cells[9].text]

        await here.until(lambda: len(unmet()) >= 7)  # others are stopped
        assert not any(isinstance(screen, Dialog) for screen in here.app.screen_stack)
        found.table.choose(unmet()[0])
        await here.press("enter")
        await here.dialog()
        await here.press("y")
        await here.until(lambda: gpu_screen(here).blocks.lines)
        ref = gpu_screen(here)._machine.ref
        await here.press("escape")
        await here.until(lambda: found._rows[ref].health.word in ("ok", "bad"))


async def test_without_ssh_m_says_so_or_shows_what_the_panel_has(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("hostedai",), notices=True)) as here:
        await here.go("1", view="gpus")
        await here.press("m")
        await here.until(lambda: here.app._notifications)
        assert any("have no SSH" in note.message for note in here.app._notifications)
        await here.go("1", view="pools")
        await here.choose("training-dedicated")
        await here.press("m")
        await here.until(lambda: here.shows(MetricsScreen))


async def test_m_shows_what_was_read_so_far_as_charts(tmp_path: Path) -> None:
    async with nodes(tmp_path) as here:
        screen = await opened(here, "gpu-node-007")
        await here.until(lambda: screen.blocks.lines)
        await here.press("m")
        await here.until(lambda: here.shows(MetricsScreen))
        charts = here.app.screen
        assert isinstance(charts, MetricsScreen)
        await here.until(lambda: "temperature (°C)" in charts.charts.text)
        assert "a GPU 0 " in charts.charts.text and "b GPU 1 " in charts.charts.text
        assert "hot " in charts.charts.text
        await here.press("escape")
        await here.until(lambda: here.app.screen is screen)


async def test_it_reads_well_in_ascii_and_where_there_is_little_room(tmp_path: Path) -> None:
    async with nodes(tmp_path, Wish(only=("scp",), size=(40, 10), ascii_only=True)) as here:
        screen = await opened(here, "gpu-node-007")
        await here.until(lambda: screen.blocks.lines)
        assert "X bad" in screen.blocks.text and "+ ok" in screen.blocks.text
        assert not set("█▁▂▃▄▅▆▇·●✖") & set(screen.blocks.text.replace(" · ", " "))
