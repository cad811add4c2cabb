"""A console with one form: a toy verb with every kind of field, over a toy cloud that answers when told to."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from gputui.config.palettes import ThemeFile
from gputui.config.themes import find
from gputui.core.actions import Action, Choice, Complaint, Field, Inputs, Risk
from gputui.core.health import Health
from gputui.core.problem import Failed, Problem
from gputui.core.request import Request
from gputui.core.rows import Ref, Row
from gputui.ui.form.choice import ChoiceBox
from gputui.ui.form.screen import Form
from gputui.ui.form.state import Filled
from gputui.ui.terminal.ascii import AsciiDriver
from gputui.ui.terminal.driver import ConsoleDriver
from gputui.ui.terminal.themes import textual_theme
from gputui.ui.terminal.type_ahead import TypeAhead
from tests.clocks import until


@dataclass
class Cloud:
    """What can be chosen in each place; a `gate` that is cleared lets readers wait, a `problem` fails them."""

    networks: dict[str, list[str]] = field(default_factory=lambda: {"west": ["vpc-1", "vpc-2"], "east": ["vpc-2"]})
    problem: Problem | None = None
    broken: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reads: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def answer(self, what: str, inputs: Inputs, choices: Sequence[Choice]) -> Sequence[Choice]:
        self.reads.append((what, dict(inputs)))
        await self.gate.wait()
        if self.broken:
            raise KeyError("oops")
        if self.problem is not None:
            raise Failed(self.problem)
        return choices

    def count(self, what: str) -> int:
        return sum(read == what for read, _ in self.reads)


async def regions(cloud: Cloud, item: Any, inputs: Inputs) -> Sequence[Choice]:
    return await cloud.answer(
        "regions", inputs, [Choice(name, name.title(), "[bold]a note[/]") for name in cloud.networks]
    )


async def networks(cloud: Cloud, item: Any, inputs: Inputs) -> Sequence[Choice]:
    names = cloud.networks[inputs["region"]]
    return await cloud.answer("networks", inputs, [Choice(name, name.upper()) for name in names])


async def images(cloud: Cloud, item: Any, inputs: Inputs) -> Sequence[Choice]:
    return await cloud.answer("images", inputs, [Choice(f"i{n}", f"image {n:02}", "ubuntu") for n in range(30)])


def short(text: str) -> str | None:
    return "is longer than 8 characters" if len(text) > 8 else None


def few(text: str) -> str | None:
    return None if 2 <= int(text) <= 5 else "has to be 2 to 5"


NAME = Field("name", "Name", check=short, help="at most 8 characters")
COUNT = Field("count", "Number of nodes", "int", default="2", check=few, help="2 to 5")
REGION = Field("region", "Region", "choice", choices=regions, help="where it stands")
NETWORK = Field("network", "Network", "choice", choices=networks, needs=("region",), help="of that region")
IMAGES = Field("images", "Images", "choices", choices=images, required=False, help="any of them")
PUBLIC = Field("public", "Public address", "flag", help="billed by the hour")
PORT = Field("port", "Public port", "int", required=False, when=lambda inputs: inputs.get("public", False))
PASSWORD = Field("password", "Root password", "secret", help="never kept")
SCRIPT = Field("script", "Start script", "lines", required=False, help="runs once")
TAGS = Field("tags", "Tags", "pairs", default="team=ml", required=False, help="to find it again")
FIELDS = (NAME, COUNT, REGION, NETWORK, IMAGES, PUBLIC, PORT, PASSWORD, SCRIPT, TAGS)


def crossed(inputs: Inputs) -> Mapping[str, str]:
    return {"name": "is taken in this network"} if (inputs["name"], inputs["network"]) == ("taken", "vpc-1") else {}


def request(items: Sequence[Any], inputs: Inputs) -> Request:
    body = {"name": inputs["name"], "count": inputs["count"], "password": inputs["password"].reveal()}
    return Request("POST", "/machines", body=body, secrets=frozenset({"password"}))


def judge(text: str) -> Sequence[Complaint]:
    """The body's rules: at most five."""
    lines = text.split("\n")
    return [Complaint(at, "count", f"{line.strip()} of {text!r}") for at, line in enumerate(lines, 1) if "99" in line]


CREATE = Action[Any]("create", "Create", Risk.DISRUPTS, request, fields=FIELDS, on="view", check=crossed)
DOCUMENTED = replace(CREATE, fields=(NAME, COUNT, PASSWORD), check=None, document=judge)
ROW = Row(Ref("toy", "machines", "m1"), "machine 1", "RUNNING", Health.OK, (), item={"name": "old"})


class Behind(Screen[None]):
    """What lies behind the form, as the console does."""


class Ahead(TypeAhead):
    """Typing ahead as in the console, and whether all of it has had its effect."""

    @property
    def idle(self) -> bool:
        return not self._under_way and not self._waiting


class FormApp(App[None]):
    """The console as far as a form knows it."""

    def __init__(
        self,
        action: Action[Any] = CREATE,
        rows: tuple[Row, ...] = (),
        draft: Mapping[str, str] | None = None,
        theme: str = "gputui-dark",
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.paused = False
        self.console_screen = Behind()
        self.cloud = Cloud()
        self.filled: Filled | None = None
        self.closed = False
        self.form = Form(action, self.cloud, rows, "Create machines in [red]toy", draft)
        self.typed = Ahead(self, super().on_event)
        file = find(theme, Path("nowhere"))
        assert isinstance(file, ThemeFile)
        self.register_theme(textual_theme(file))
        self.theme = theme

    def get_default_screen(self) -> Screen[None]:
        return self.console_screen

    def resumed(self) -> None:
        """Back from an editor."""

    def on_mount(self) -> None:
        self.open(self.form)

    def open(self, form: Form) -> None:
        self.form, self.closed = form, False
        self.push_screen(form, self.done)

    def done(self, filled: Filled | None) -> None:
        self.filled, self.closed = filled, True
        if not self.is_headless:
            self.exit(message=repr(filled))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.typed.take(event)
        else:
            await super().on_event(event)


_NAMES = {" ": "space", "=": "equals_sign", "\n": "enter"}
_CHARACTERS = {name: char for char, name in _NAMES.items() if char != "\n"}


@dataclass
class Here:
    """An open form, and the hands of a person."""

    app: FormApp
    pilot: Pilot[None]

    @property
    def form(self) -> Form:
        return self.app.form

    @property
    def focus(self) -> str:
        return next((name for name, box in self.form.boxes.items() if box.editor is self.form.focused), "")

    @property
    def cloud(self) -> Cloud:
        return self.app.cloud

    def choice(self, name: str) -> ChoiceBox:
        editor = self.form.boxes[name].editor
        assert isinstance(editor, ChoiceBox)
        return editor

    def shown(self, name: str) -> str:
        """What a choice shows."""
        return str(self.choice(name).render())

    def note(self, name: str) -> str:
        return self.form.boxes[name].note

    async def press(self, *keys: str) -> None:
        """Keys as fast as a terminal brings them; returns when they have had their effect."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else _CHARACTERS.get(key)))
        await self.pilot.pause(0)
        await self.until(lambda: self.app.typed.idle)
        for _ in range(2):
            await self.pilot.press()  # no key: only waits for every widget to be done with its messages

    async def type(self, text: str) -> None:
        await self.press(*(_NAMES.get(char, char) for char in text))

    async def paste(self, text: str) -> None:
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def go(self, name: str) -> None:
        self.form.boxes[name].editor.focus()
        await self.until(lambda: self.focus == name)

    async def until(self, condition: Any) -> None:
        await until(condition, 10.0)

    async def choose(self, name: str, wanted: str) -> None:
        """Choose by typing."""
        await self.go(name)
        await self.until(lambda: self.form.sheet.offer(name).choices)
        await self.press("enter")
        await self.type(wanted)
        await self.press("enter")
        await self.until(lambda: self.form.sheet.text(name))

    async def fill(self) -> None:
        """Everything that is needed."""
        await self.go("name")
        await self.type("one")
        await self.choose("region", "west")
        await self.choose("network", "vpc-1")
        await self.go("password")
        await self.type("s3cret")
        await self.until(lambda: not self.form.sheet.complaints)

    async def go_on(self) -> None:
        await self.until(lambda: self.form.ripe)
        await self.press("ctrl+s")


@asynccontextmanager
async def form(action: Action[Any] = CREATE, *, size: tuple[int, int] = (80, 24), **more: Any) -> AsyncIterator[Here]:
    """The form, open."""
    app = FormApp(action, **more)
    async with app.run_test(size=size) as pilot:
        here = Here(app, pilot)
        await here.until(lambda: app.screen is app.form and here.focus)
        yield here


if __name__ == "__main__":
    flags = sys.argv[1:]
    verb = DOCUMENTED if "documented" in flags else CREATE
    driver = AsciiDriver if "ascii" in flags else ConsoleDriver
    theme = "gputui-light" if "light" in flags else "gputui-dark"
    app = FormApp(verb, (ROW,) if "row" in flags else (), theme=theme, driver_class=driver)
    app.run(mouse=False)
    sys.exit(app.return_code)
