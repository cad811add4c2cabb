"""Forwarded ports and links, from the keys to a page of a simulated machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gputui.core.links import flaw
from gputui.ssh.prompter import NonInteractive
from gputui.ui.ssh.forward_list import ForwardList
from gputui.ui.ssh_service import SessionAttempt
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.picker import Picker
from tests.pilot.consoles import Console, Wish, console


def said(here: Console) -> str:
    return "\n".join(notice.message for notice in here.app._notifications)


def begin(here: Console, work: Coroutine[Any, Any, None]) -> None:
    """As the console's screen does it."""
    here.app.console_screen.start(work)


def read(here: Console) -> str:
    pages = here.app.screen.query(Pages)
    return "\n".join("".join(text for text, _ in line) for page in pages for line in page.lines)


async def fetch(url: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        return (await reader.read(-1)).decode()
    finally:
        writer.close()


async def picker(here: Console) -> Picker:
    """The open menu, ready to be answered."""
    await here.until(lambda: here.shows(Picker))
    assert isinstance(here.app.screen, Picker)
    here.app.screen.patient = False
    return here.app.screen


async def running(here: Console, number: str, view: str) -> str:
    """Choose a machine that runs."""
    await here.go(number, view=view)
    row = next(row for row in here.page.rows.values() if row.state.upper() == "RUNNING")
    await here.choose(row.name)
    return row.name


async def test_a_port_is_forwarded_listed_counted_and_closed(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml",))) as here:
        name = await running(here, "1", "nodes")
        await here.press("colon", *"forward", "space", *"8888", "enter")
        await here.until(lambda: here.app.ssh.forward_count == 1)
        (one,) = here.app.ssh.forwards.open
        await here.until(lambda: f"leads to localhost:8888 on {name}" in said(here))
        assert "JupyterLab on " in await fetch(one.url)
        await here.until(lambda: "⇄ 1 port" in here.bar("views"))
        begin(here, here.app.console_screen.ssh.forwards())
        await here.until(lambda: here.shows(ForwardList))
        await here.until(lambda: one.served == 1 and not one.callers)
        await here.press("c")
        await here.until(lambda: here.app.clipboard == one.url)
        await here.press("enter")
        await here.until(lambda: here.app.clipboard == one.place)
        await here.press("k")
        await here.until(lambda: not here.app.ssh.forward_count)
        with suppress(OSError):  # another test may listen at that number by now
            assert name not in await fetch(one.url)
        await here.press("escape", "b")
        menu = await picker(here)
        assert [pick.label.rpartition(" ")[0] for pick in menu.picks] == ["TCP port", "TCP port"]
        await here.press("2")
        await here.until(lambda: here.app.ssh.forward_count == 1)
        (one,) = here.app.ssh.forwards.open
        assert menu.picks[1].label.endswith(f" {one.wanted.port}")
        assert "a service on " in await fetch(one.url)
        async with here.app.ssh.pool.lease(one.machine, NonInteractive()) as connection:
            connection.ssh.abort()
        await here.until(lambda: f"{name}, {one.url} is closed" in said(here))
        here.app.clear_notifications()
        begin(here, here.app.console_screen.ssh.forwards())
        await here.until(lambda: here.shows(ForwardList))
        await here.until(lambda: "1 ended" in here.app.screen.query_one("#live-title", Bar).text)
        assert isinstance(here.app.screen, ForwardList)
        assert "ended, begun " in str(here.app.screen.text_of(one))
        await here.press("enter")
        await here.until(lambda: here.app.ssh.forward_count == 1)
        assert here.app.ssh.forwards.open[0].here == one.here
        await here.until(lambda: one not in here.app.ssh.forwards.ended)
        assert here.clouds is not None
        here.clouds.door.close(one.machine.address.port or 0)
        await here.until(lambda: f"{name}, {one.url} is closed" in said(here))
        assert not here.app.ssh.forward_count


async def test_what_cannot_be_forwarded_says_why(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml", "runai"))) as here:
        await running(here, "1", "nodes")
        begin(here, here.app.console_screen.ssh.forward(here.page.cursor_ref))
        menu = await picker(here)
        assert [pick.label for pick in menu.picks] == ["TCP port", "TCP port", "Jupyter", "TensorBoard"]
        await here.press("escape")
        begin(here, here.app.console_screen.ssh.forward(here.page.cursor_ref, "http://x"))
        await here.until(lambda: "write 8888, 9000:8888 or HOST:8888" in read(here))
        await here.press("escape")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            begin(here, here.app.console_screen.ssh.forward(here.page.cursor_ref, f"{taken.getsockname()[1]}:6006"))
            await here.until(lambda: "is not to be had here" in read(here))
        await here.press("escape")
        options = here.app.ssh._options
        options["nsml"] = replace(options["nsml"], command="ssh")
        begin(here, here.app.console_screen.ssh.forward(here.page.cursor_ref, "9000:8888"))
        await here.until(lambda: "-L 9000:localhost:8888" in read(here))
        await here.press("escape")
        await here.go("2", view="inferences")
        begin(here, here.app.console_screen.ssh.forward(here.page.cursor_ref, "8888"))
        await here.until(lambda: "Run:ai" in said(here))
        assert not here.app.ssh.forward_count


async def test_links_are_opened_or_copied_and_their_token_is_unseen(tmp_path: Path) -> None:
    seen, browser = tmp_path / "seen", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$#" "$@" > {seen}\n')
    browser.chmod(0o700)
    async with console(tmp_path, Wish(only=("datenfab",))) as here:
        name = await running(here, "1", "instances")
        row = here.row("datenfab", name)
        await here.press("b")
        menu = await picker(here)
        jupyter, board = menu.picks
        assert (jupyter.label, board.label) == ("Jupyter", "TensorBoard")
        assert jupyter.text.endswith("/jupyter?token=***")
        await here.press("1")
        await here.until(lambda: here.app.clipboard)
        url = here.app.clipboard
        assert url.startswith(jupyter.text.removesuffix("***")) and "*" not in url and flaw(url) == ""
        assert "its token is in it" in said(here) and url not in said(here)
        here.app.ssh.opener = lambda: str(browser)
        await here.press("b")
        menu = await picker(here)
        # What a browser is started with can be seen by all users: no token may be there.
        assert [[way.word for way in pick.ways] for pick in menu.picks] == [["copy"], ["open", "copy"]]
        await here.press("2")
        await here.until(lambda: seen.exists() and seen.read_text().count("\n") == 2)
        assert seen.read_text() == f"1\n{row.raw['servers']['Tensorboard']}\n"  # type: ignore[index,call-overload]


async def test_what_connections_have_to_say_is_shown_once(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("nsml",))) as here:
        await here.app.ssh.load()
        memory = here.app.ssh.pool.memory
        for text in ("known_hosts:1 does not count", "known_hosts:1 does not count", "known_hosts:2 neither"):
            memory.notice(text)
        await here.until(lambda: "known_hosts:2 neither" in said(here))
        assert said(here).count("known_hosts:1 does not count") == 1
        here.app.ssh.attempt = SessionAttempt("gpu-1")
        memory.notice("known_hosts:3 is told by the session")
        assert memory.take_notices() == ["known_hosts:3 is told by the session"]
