"""The same hostile case through the command line and the console: both decide alike, and say the same words."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import tomli_w

from gputui.commands import run as run_command
from gputui.commands import running
from gputui.commands.context import CliContext
from gputui.commands.options import GlobalOptions, RunOptions
from gputui.commands.run import run_run
from gputui.commands.ssh import run_ssh
from gputui.config import providers
from gputui.config.paths import Places
from gputui.engine.fleet import LOST
from gputui.ui.fan_out.command import CommandLine, CommandScreen
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.ssh.host_key_changed import ChangedKey
from gputui.ui.widgets.dialogs import Dialog
from tests.pilot import parity_cloud
from tests.pilot.consoles import Console, Wish, configured
from tests.pilot.parity_cloud import Box
from tests.promises.seen import screen_text
from tests.promises.test_10_host_keys_are_checked import Balancer
from tests.ssh.conftest import Server, StartServer
from tests.ssh.conftest import start_server as start_server
from tests.ssh.test_fan_out import Commands

A, B, C, D = (Box("lab", f"b{n}", f"box-{n}") for n in range(1, 5))
PROD = Box("prod", "p1", "big-1")
UNCHECKED = "a shell command is none, and is not checked."
OPENSSH = "its profile hands over to OpenSSH (ssh.command), so gputui makes no connection of its own"


@dataclass(frozen=True)
class Case:
    """What there is, what is asked for, and what both must make of it.

    `on` are the machines meant: chosen by name on the command line, marked in the console; all without it. `asks`:
    whether a yes is needed before it runs. `ran` counts the logins at the machines. `words` are what both must say.
    With `each` it runs for each of those behind one address and port.
    """

    id: str
    boxes: Sequence[Box]
    words: Sequence[str] = ()
    on: Sequence[str] = ()
    asks: bool = False
    ran: int = 0
    name: str = ""
    read_only: bool = False
    lab: dict[str, object] = field(default_factory=dict)
    prod: dict[str, object] = field(default_factory=dict)
    ssh: dict[str, object] = field(default_factory=dict)
    general: dict[str, object] = field(default_factory=dict)
    down: frozenset[str] = frozenset()
    keys: str = ""
    each: bool = False


RUN = (
    Case("one machine", (A, B), on=("box-1",), ran=1),
    Case(
        "a machine of a protected profile", (A, B), ("lab (protected)",), ("box-1",), True, 1, lab={"protected": True}
    ),
    Case("read-only by the option", (A,), ("lab (read-only)", UNCHECKED), ("box-1",), True, 1, read_only=True),
    Case(
        "read-only by the profile", (A,), ("lab (read-only)", UNCHECKED), ("box-1",), True, 1, lab={"read_only": True}
    ),
    Case("read-only for all", (A,), ("lab (read-only)", UNCHECKED), ("box-1",), True, 1, general={"read_only": True}),
    Case("all of two profiles", (A, PROD), ("prod (protected)",), asks=True, ran=2, prod={"protected": True}),
    Case(
        "marks over two profiles",
        (A, B, PROD),
        ("prod (protected)",),
        ("box-1", "big-1"),
        True,
        2,
        prod={"protected": True},
    ),
    Case(
        "a bug in the provider's ssh",
        (A, replace(B, way="bug"), C),
        ("provider bug: KeyError in boxes.ssh",),
        asks=True,
        ran=2,
    ),
    Case("one that SSH does not lead to", (A, replace(B, way="stopped"), C), ("it is stopped",), asks=True, ran=2),
    Case("nobody that SSH leads to", (replace(A, way="stopped"),), ("it is stopped",)),
    Case("handed over to OpenSSH", (A,), (OPENSSH,), ("box-1",), ssh={"command": "ssh"}),
    Case(
        "two machines behind one address, once",
        (A, replace(A, id="x9", name="box-9"), B),
        ("2 share 127.0.0.1:", "run once, as"),
        asks=True,
        ran=2,
    ),
    Case(
        "two machines behind one address, each",
        (A, replace(A, id="x9", name="box-9"), B),
        ("2 share 127.0.0.1:", "run for each of them"),
        asks=True,
        ran=3,
        each=True,
    ),
    Case(
        "a host with two new keys",
        (A, B),
        ("showed several host keys in one run",),
        asks=True,
        ssh={"host_keys": "ask"},
        keys="torn",
        each=True,
    ),
    Case("a changed host key", (A,), ("has CHANGED",), ("box-1",), keys="changed"),
)
SSH = (
    Case("no row of that name", (A, B), ("no machine is called box-7; did you mean box-",), name="box-7"),
    Case(
        "where not all could be read",
        (A,),
        ("no machine among those that could be read is called big-1",),
        name="big-1",
        down=frozenset({"prod"}),
    ),
    Case(
        "two of one name",
        (A, replace(B, name="box-1")),
        ("2 machines are called box-1; say which, as profile/id", "lab/b1", "lab/b2"),
        name="box-1",
    ),
    Case(
        "a bug in the provider's ssh",
        (replace(A, way="bug"),),
        ("box-1: provider bug: KeyError in boxes.ssh",),
        name="box-1",
    ),
    Case("one that SSH does not lead to", (replace(A, way="stopped"),), ("box-1: it is stopped",), name="lab/b1"),
    Case(
        "an entry that cannot be read",
        (A, replace(B, way="unreadable")),
        ("it is unreadable now",),
        name="unreadable (box-2)",
    ),
    Case(
        "a changed host key",
        (A,),
        (
            "The host key has CHANGED: box-1, 127.0.0.1 port",
            "shows",
            "known",
            "Nothing was sent to it: no user name, no password, no key.",
            "Forget the old key, and the next connection asks again:",
        ),
        name="box-1",
        keys="changed",
    ),
)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("parity", "tests.pilot.parity_cloud:PROVIDER", providers.GROUP)
    monkeypatch.setattr(providers, "_installed", lambda path: (entry,))


@dataclass
class Outcome:
    """What one side made of it."""

    words: str
    asked: bool = False
    ran: int = 0


@dataclass
class Stage:
    """The machines of a case, behind them real SSH servers, and its configuration."""

    folder: Path
    case: Case
    servers: list[Server]

    @property
    def config(self) -> dict[str, Any]:
        profiles: dict[str, Any] = {}
        for name, changes in (("lab", self.case.lab), ("prod", self.case.prod)):
            if name in {box.profile for box in self.case.boxes} | self.case.down:
                ssh = {"allow_local": True, "host_keys": "accept-new", **self.case.ssh}
                profiles[name] = {"provider": "parity", **changes, "ssh": ssh}
        return {**self.case.general, "profiles": profiles}

    @property
    def logins(self) -> int:
        return sum(len(server.seen.passwords) for server in self.servers)

    async def command_line(self) -> Outcome:
        """`gputui run` or `gputui ssh` itself, in a thread: it brings a loop of its own."""
        before, asked = self.logins, list[str]()
        out, err = io.StringIO(), io.StringIO()
        ctx = CliContext({}, Places(self.folder, self.folder / "state", self.folder), out, err)
        options = GlobalOptions(self.folder / "config.toml", (), self.case.read_only or None)

        async def agreed(question: str) -> bool:
            asked.append(question)
            return question.startswith("Run ")

        with pytest.MonkeyPatch.context() as patch:
            for module in (run_command, running):
                patch.setattr(module, "can_ask", lambda ctx: True)
                patch.setattr(module, "confirm", agreed)
            if self.case.name:
                await asyncio.to_thread(run_ssh, self.case.name, ["echo hello"], options, ctx)
            else:
                # An expression's words are ANDed, so several names are one pattern.
                expression = f"/{'|'.join(self.case.on)}/" if self.case.on else ""
                asked_for = RunOptions(expression, "echo hello", concurrency=1, each=self.case.each)
                await asyncio.to_thread(run_run, asked_for, options, ctx)
        return Outcome(flat(out.getvalue() + err.getvalue()), bool(asked), self.logins - before)

    async def console(self) -> Outcome:
        """`:ssh NAME`, or `!` on the marked rows or on all that are shown."""
        before = self.logins
        wish = Wish(size=(220, 50), read_only=self.case.read_only, notices=True)
        async with configured(self.folder, tomli_w.dumps(self.config), wish) as here:
            hand = Hand(here)
            await here.until(lambda: hand.sees_machines() == len(self.case.boxes) and hand.all_read())
            if self.case.name:
                entered(here, self.case.name)
                await here.until(
                    lambda: here.shows(ChangedKey) or (hand.notices and "connecting" not in hand.notices[-1])
                )
                hand.look()
            else:
                await hand.runs(self.case.on, each=self.case.each)
        return Outcome(flat(" ".join(hand.seen + hand.notices)), hand.asked, self.logins - before)


@dataclass
class Hand:
    """A person at the console: agrees to the run, never to a host key, and remembers what was to be read."""

    here: Console
    seen: list[str] = field(default_factory=list)
    asked: bool = False

    @property
    def notices(self) -> list[str]:
        return [str(one.message) for one in self.here.app._notifications]

    def sees_machines(self) -> int:
        """How many machines are listed; a profile that cannot be read is a row, too."""
        return sum(bool(ref.view) for ref in self.here.page.rows)

    def all_read(self) -> bool:
        """Whether every profile has been read once, or could not be."""
        store = self.here.store
        return set(store.clouds) == set(store.tabs) and all(
            shot.taken_at is not None or shot.problem is not None
            for cloud in store.clouds.values()
            for shot in cloud.snapshots().values()
        )

    def look(self) -> None:
        self.seen.append(screen_text(self.here.app))

    async def runs(self, names: Sequence[str], *, each: bool) -> None:
        here = self.here
        here.page.set_marks(row.ref for name, row in here.rows().items() if name in names)
        await here.press("exclamation_mark")
        await here.until(lambda: self.notices or (here.shows(CommandScreen) and here.app.screen.ripe))
        if each:
            await here.press("tab")
        self.look()
        if self.notices:
            return
        here.app.screen.query_one(CommandLine).value = "echo hello"
        await here.press("enter")
        await here.until(lambda: here.shows(Dialog) or here.shows(FanOutScreen))
        if here.shows(Dialog):
            self.asked = True
            await self._answer()
        await here.until(lambda: here.shows(FanOutScreen) and here.app.screen.rounds.over)
        await here.until(lambda: not here.app.screen.report.pending and here.app.screen.report.all)
        await here.until(lambda: " not yet " not in screen_text(here.app))
        await here.pilot.pause()
        self.look()

    async def _answer(self) -> None:
        dialog = await self.here.dialog()
        self.look()
        await self.here.press(*(dialog.question.type_this or "y"), *("enter",) * bool(dialog.question.type_this))
        await self.here.until(lambda: self.here.app.screen is not dialog)


def entered(here: Console, name: str) -> None:
    """What `:ssh NAME` does."""
    screen = here.app.console_screen
    screen.run_worker(screen.ssh.open_named(None, name), exit_on_error=False)


def flat(text: str) -> str:
    """Without what lines and frames make of it."""
    return " ".join("".join(" " if char in "│┃─╭╮╰╯█▌▐" else char for char in text).split())


async def staged(case: Case, folder: Path, start: StartServer) -> Stage:
    """Have a server behind every machine; its port is the machine's."""
    servers: list[Server] = []
    boxes: list[Box] = []
    ports: dict[str, int] = {}
    for box in case.boxes:
        server = await start(process=Commands()) if box.name != "box-9" else servers[0]
        servers += [server] * (server not in servers)
        ports[box.id] = server.port
        boxes.append(replace(box, port=server.port))
    parity_cloud.WORLD.boxes, parity_cloud.WORLD.down = boxes, case.down
    stage = Stage(folder, case, servers)
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(tomli_w.dumps(stage.config))
    if case.keys == "changed":
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()
        (folder / ".ssh").mkdir(mode=0o700)
        known = folder / ".ssh" / "known_hosts"
        known.touch(mode=0o600)
        known.write_text("".join(f"[127.0.0.1]:{box.port} {other[0]} {other[1]}\n" for box in boxes))
    return stage


async def both(stage: Stage) -> tuple[Outcome, Outcome]:
    return await stage.command_line(), await stage.console()


def test_the_table_is_about_everything_that_both_decide() -> None:
    assert len({case.id for case in RUN}) == len(RUN) and len({case.id for case in SSH}) == len(SSH)


@pytest.mark.parametrize("case", [*RUN, *SSH], ids=lambda case: f"{'ssh' if case.name else 'run'}: {case.id}")
async def test_both_decide_alike(case: Case, tmp_path: Path, start_server: StartServer) -> None:
    stage = await staged(case, tmp_path, start_server)
    if case.keys == "torn":
        async with Balancer(stage.servers) as port:
            boxes = parity_cloud.WORLD.boxes
            parity_cloud.WORLD.boxes = [replace(box, port=port, user=f"u{at}") for at, box in enumerate(boxes)]
            command_line, console = await both(stage)
    else:
        command_line, console = await both(stage)
    for words in case.words:
        assert words in command_line.words
        assert words in console.words
    assert command_line.asked == console.asked == case.asks
    assert command_line.ran == console.ran == case.ran


async def test_a_row_that_the_newest_list_has_lost_is_no_machine_to_either(
    tmp_path: Path, start_server: StartServer
) -> None:
    """The console still shows it: who marks it hears why no command is run there."""
    case = Case("lost", (A, B, C, D), name="box-2")
    stage = await staged(case, tmp_path, start_server)
    words = "is called box-2"  # the console adds that its list is not whole
    wish = Wish(size=(220, 50), notices=True, every=30.0)
    async with configured(tmp_path, tomli_w.dumps(stage.config), wish) as here:
        await here.until(lambda: here.page.total_count == 4)
        lost = here.rows()["box-2"].ref
        parity_cloud.WORLD.boxes = parity_cloud.WORLD.boxes[:1]
        here.store.clouds["lab"].refresh()
        await here.until(lambda: (row := here.store.find(lost)) is not None and row.withheld)
        await here.until(lambda: words in flat(" ".join(_tried(here))))
        here.page.set_marks([lost])
        await here.press("exclamation_mark")
        await here.until(lambda: any(LOST in str(one.message) for one in here.app._notifications))
    assert f"no machine {words}" in (await stage.command_line()).words


def _tried(here: Console) -> list[str]:
    entered(here, "box-2")
    return [str(one.message) for one in here.app._notifications]
