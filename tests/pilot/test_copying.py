"""The copy menu: what ends up in the clipboard, of which rows, and that no secret does."""

from __future__ import annotations

import asyncio
import json
import shlex
import stat
import subprocess
from pathlib import Path

from gputui.core.secret import STARS
from gputui.ui.inspect.copying import _elided
from gputui.ui.terminal.clipboard import MOST_BYTES, copy
from gputui.ui.terminal.multiplexer import Multiplexer
from gputui.ui.widgets.picker import Picker
from tests.pilot.consoles import Console, Wish, console


async def copied(here: Console, number: int) -> str:
    """What the copy menu's line of that number puts into the clipboard."""
    await here.press("c")
    await here.until(lambda: here.shows(Picker))
    await here.press(str(number))
    await here.until(lambda: not isinstance(here.app.screen, Picker))
    await here.pilot.pause()
    return here.app.clipboard


def said(here: Console) -> str:
    return "\n".join(notice.message for notice in here.app._notifications)


async def test_one_key_copies_of_one_row_or_of_the_marked_ones(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        row = next(row for row in here.page.rows.values() if row.state == "RUNNING")
        await here.choose(row.name)
        assert await copied(here, 1) == row.name
        assert await copied(here, 2) == row.ref.id
        machine = here.app.ssh.machine(row.ref)
        assert await copied(here, 3) == f"{machine.address.host}:{machine.address.port}"
        words = shlex.split(await copied(here, 4))
        assert (words[0], words[-4:]) == ("ssh", ["-l", "root", "--", machine.address.host])
        assert json.loads(await copied(here, 5)) == row.raw
        stopped = next(row for row in here.page.rows.values() if row.state == "STOPPED")
        await here.choose(stopped.name)
        assert await copied(here, 3) == stopped.raw["policy_ip"]  # type: ignore[index,call-overload]
        await here.press("c", "4")
        await here.until(lambda: "it is STOPPED" in said(here))
        await here.press("escape")
        rows = [here.page.rows[ref] for ref in here.page.shown_refs if here.page.rows[ref].state != "STOPPED"][:2]
        here.page.set_marks(row.ref for row in (*rows, stopped))
        assert set((await copied(here, 1)).split("\n")) == {row.name for row in (*rows, stopped)}
        assert "the name of 3 marked rows" in said(here)
        commands = await copied(here, 4)
        assert len(commands.split("\n")) == 2
        told = f"ssh command of 2 of 3 rows, {len(commands)} characters · 1 have none: it is STOPPED"
        assert told in said(here)
        lines = (await copied(here, 5)).split("\n")
        assert sorted(json.loads(line)["id"] for line in lines) == sorted(row.ref.id for row in (*rows, stopped))


async def test_the_ssh_line_really_logs_in_and_holds_no_password(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml", "datenfab"))) as here:
        await here.go("1", view="nodes")
        row = next(row for row in here.page.rows.values() if row.state == "RUNNING")
        await here.choose(row.name)
        line = await copied(here, 4)
        shown = _elided(line, 120)
        assert len(shown) == 120 and line.startswith(shown.partition(" … ")[0]) and shown.endswith(line[-40:])
        done = await asyncio.to_thread(
            subprocess.run, ["sh", "-c", f"{line} hostname"], stdin=subprocess.DEVNULL, capture_output=True, timeout=20
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode().strip() == row.name.replace("/", "-").replace(".", "-")
        await here.go("2", view="instances")
        row = next(row for row in here.page.rows.values() if row.state == "Running")
        password = row.raw["servers"]["SSH"]["sshPassword"]  # type: ignore[index,call-overload]
        await here.choose(row.name)
        for number in range(1, 6):
            assert password not in await copied(here, number)
        assert json.loads(here.app.clipboard)["servers"]["SSH"]["sshPassword"] == STARS
        assert "it asks for the password, which is not in it" in said(here)


async def test_nothing_copied_can_press_a_key_and_too_much_is_saved(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml",))) as here:
        for text in ("rm -rf /\r", "a\nb\n", "\x1b[201~id\x07", "x\u202ey\x00"):
            await copy(here.app, text, "it")
            found = here.app.clipboard
            assert found.replace("\n", "").isprintable()
            assert not found.endswith("\n")
            assert found.count("\n") == text.rstrip("\n").count("\n")
        before = here.app.clipboard
        long = "\x1b]52;c;aWQ=\x07\r\n" + "ü" * (MOST_BYTES // 2)
        here.app.run_worker(copy(here.app, long, "it"))
        await here.until(lambda: here.shows(Picker))
        assert "more than terminals copy" in str(here.app.screen.query_one(".title").render())
        await here.press("enter")
        await here.until(lambda: "saved" in said(here))
        assert here.app.clipboard == before
        (path,) = here.app.dumps.iterdir()
        assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(here.app.dumps.stat().st_mode)) == (0o600, 0o700)
        assert path.read_text().count("ü") == MOST_BYTES // 2
        assert path.read_text().replace("\n", "").isprintable()


async def test_in_a_multiplexer_the_first_copy_says_what_may_be_in_its_way(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",), multiplexer=Multiplexer.TMUX)) as here:
        await here.go("1")
        name = await copied(here, 1)
        assert f", {len(name)} characters · " in said(here)
        assert Multiplexer.TMUX.value in said(here)
        assert said(here).count("set-clipboard") == 1
        await copied(here, 2)
        assert said(here).count("set-clipboard") == 1
