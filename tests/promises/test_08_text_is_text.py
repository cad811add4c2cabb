"""Promise 8: text from outside is text. Whatever stands in a name, a state or an error, the terminal gets text only."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gputui.sim.faults import Fault
from gputui.sim.serve import Simulator
from gputui.ssh.shells.traces import AFTER, BEFORE
from tests.e2e.conftest import Start
from tests.e2e.steps import command, go, leave, narrow
from tests.e2e.terminal import Terminal

CORPUS = (
    "\x1b]52;c;T1dORUQ=\x07",
    "\x1b]2;OWNED\x07",
    "\x1b]8;;http://owned.example/\x1b\\",
    "\x1b[31337m",
    "\x1b[?31337h",
    "\x1bP$q q\x1b\\",
    "\x1bc",
    "\x1b(0",
    "\x1b_Gowned\x1b\\",
    "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "\x9b31337m",
    "\x9d52;c;T1dORUQ=\x9c",
    "\x00\x07\x08\x0b\x0c\x7f\t\r\n",
    "\x85\u2028\u2029",
    "\u202eowned\u2066",
    "\u200b\u200d\u2060\ufeff\u00ad",
    "\ud800",
    "[red]owned[/red][/x][@click=app.quit]",
)
FREE_TEXT = re.compile(
    r"name$|description|label|message|image|reason|created_?by|owner|version|model|type$", re.IGNORECASE
)
NEEDED = re.compile(r"cluster_?name|project|run_?name|^type$|workloadType|region|grant|token|namespace", re.IGNORECASE)
"""What the next request's path is made of, or tells one kind of object from another."""
FIRST_VIEWS = ("Nodes · Fabrics", "Nodes · Runs", "Nodes · Pools", "Inferences", "Instances")
SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[78]")
POINTER = "\x1b]22;default\x07"
"""Textual's own: the shape of the mouse pointer."""


class Poisoner:
    """ASGI middleware: puts something hostile before every free text of an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._corpus: Iterator[str] = itertools.cycle(CORPUS)
        self._known: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = b""

        async def poison(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            try:
                spoilt = json.dumps(self._spoilt(json.loads(body))).encode()
            except ValueError:
                spoilt = body
            headers = [header for header in start["headers"] if header[0].lower() != b"content-length"]
            await send({**start, "headers": [*headers, (b"content-length", str(len(spoilt)).encode())]})
            await send({"type": "http.response.body", "body": spoilt})

        await self._app(scope, receive, poison)

    def _spoilt(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._spoilt(entry, name) for name, entry in value.items()}
        if isinstance(value, list):
            return [self._spoilt(entry, key) for entry in value]
        if isinstance(value, str) and FREE_TEXT.search(key) and not NEEDED.search(key):
            if value not in self._known:  # the same name every time: else each reading would be a change
                self._known[value] = next(self._corpus) + value
            return self._known[value]
        return value


@pytest.fixture
def clouds() -> Iterator[Simulator]:
    """The embedded clouds, poisoned."""
    with Simulator(calm=True, around=Poisoner) as simulator:
        yield simulator


@pytest.fixture
def config(clouds: Simulator, tmp_path: Path) -> Path:
    """A configuration that reaches them."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(tomli_w.dumps(clouds.config()))
    return path


def evil_in(output: bytes) -> list[str]:
    """What reached the terminal and should not have: sequences that are not ours, controls, characters unseen."""
    text = output.decode()
    for ours in (BEFORE.decode(), AFTER.decode(), POINTER):
        text = text.replace(ours, "")
    found = [sequence for sequence in SEQUENCE.findall(text) if "31337" in sequence]
    rest = SEQUENCE.sub("", text)
    hidden = {char for char in rest if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - set("\r\n")
    return found + sorted(hidden)


def test_the_instrument_finds_evil() -> None:
    for evil in CORPUS[:-2]:
        assert evil_in(f"\x1b[31mname {evil} rest\r\n".encode()), repr(evil)
    assert evil_in(b"\x1b[38;2;1;2;3mname\x1b[0m\r\n" + BEFORE + AFTER) == []


def test_no_text_of_a_cloud_commands_the_terminal(clouds: Simulator, config: Path, start: Start) -> None:
    with start("--config", str(config), size=(160, 40)) as console:
        console.wait_for("✖ bad")
        console.wait_gone("connecting: ")
        assert "␛" in console.screen
        for number, views in enumerate(FIRST_VIEWS, 1):
            every_view(console, number, views)
        a_dialog(console)
        a_session(console)
        errors(clouds, console)
        assert console.emulator.clipboard == []
        assert console.emulator.titles == []
        assert leave(console) == 0
        assert console.left_behind == []
        assert evil_in(console.output) == []


def every_view(console: Terminal, number: int, views: str) -> None:
    """All views of a tab, and of each the details and the JSON of a row."""
    go(console, number, views)
    for _ in range(console.lines[1].count(" · ") + 1):
        console.wait_for(r"^ ▌ ")
        console.press("d")
        console.wait_for("^ Details of ")
        console.press("q")
        console.wait_gone("^ Details of ")
        console.press("y")
        console.wait_for("^ JSON of |^ *[{]")
        console.press("q")
        console.wait_gone("^ JSON of |^ *[{]")
        console.wait_for(r"^ ▌ ")
        next_view(console)


def next_view(console: Terminal) -> None:
    """Go to the next view of the tab."""
    before = console.line("   NAME")
    console.press("tab")
    console.wait_until(lambda: console.line("   NAME") not in ("", before), "the next view")


def a_dialog(console: Terminal) -> None:
    """A question with a hostile name in it."""
    go(console, 1, "Nodes")
    narrow(console, "gpu-node-006")
    console.press("X")
    console.wait_for("Stop .*gpu-node-006 in samsung")
    console.press("escape")
    console.wait_gone("Stop .*gpu-node-006 in samsung")
    console.press("ctrl+u")


def a_session(console: Terminal) -> None:
    """The line that leads into a session names the machine."""
    go(console, 2, "Nodes")
    narrow(console, "running")
    console.press("s")
    console.wait_for(r"^root@[^ ]+:~#\s*\Z")
    console.type("exit\r")
    console.wait_for("exit status 0")
    console.press("ctrl+u")


def errors(clouds: Simulator, console: Terminal) -> None:
    """What a cloud says when it fails is shown in its tab."""
    body = json.dumps({"message": "".join(CORPUS) + "IT-BROKE", "detail": "".join(CORPUS)}).encode()
    clouds.faults["datenfab"].always(Fault("status", status=400, body=body))
    command(console, "instances @datenfab")
    console.press("r")
    console.wait_for("r tries")
    clouds.faults["datenfab"].clear()
