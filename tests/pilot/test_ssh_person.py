"""What the console asks while it connects: in dialogs that name the machine, hide secrets and take their time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from gputui.core.secret import Secret
from gputui.engine.store import Store, Tab
from gputui.ssh.places import SshPlaces
from gputui.ssh.prompter import HostKeyQuestion, LoginQuestion, PassphraseQuestion, Prompt
from gputui.ssh.trust.changed import HostKeyRefused, KeyChange
from gputui.ssh.trust.hosts import HostKey
from gputui.ssh.trust.known import KnownHosts
from gputui.ui.app import ConsoleApp
from gputui.ui.ssh.host_key_changed import ChangedKey, shown_as_changed
from gputui.ui.ssh.prompter import ConsolePrompter
from gputui.ui.ssh.prompts import Prompts
from gputui.ui.ssh_service import SshConfig
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.timed_dialog import DEAD_SECONDS
from tests.clocks import until
from tests.pilot.consoles import Wish, laid_out, running
from tests.toy import PROVIDER, Machine, ToyClient

T = TypeVar("T")
NAME = "gpu-[red]7"
LOGIN = LoginQuestion(
    "10.0.0.7", 22, "PAM [b]x[/b]", ("Look at [/] your phone",), (Prompt("Password:", False), Prompt("Code:", True))
)


def _key(text: bytes) -> HostKey:
    return HostKey(b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", text.ljust(32))))


OLD, SHOWN = _key(b"old"), _key(b"new")


@asynccontextmanager
async def _console(folder: Path) -> AsyncIterator[tuple[ConsoleApp, Pilot[None]]]:
    async def load(store: Store) -> None:
        store.connect("p", PROVIDER, ToyClient({"m0": Machine("m0", "toy-0")}))

    shells = SshConfig(SshPlaces(folder, folder / "pins"))
    async with running(folder, [Tab("p", "toy", every=60)], load, shells, Wish()) as (app, pilot):
        await until(lambda: app.store.machines("p"))
        yield app, pilot


def _ask(app: ConsoleApp, question: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """As a connection asks: from a task of its own."""

    async def asking() -> T:
        with app._context():
            return await question

    return asyncio.create_task(asking())


async def _prompts(app: ConsoleApp) -> Prompts:
    """The dialog, old enough to take keys."""
    await until(lambda: isinstance(app.screen, Prompts) and app.screen.ripe)
    assert isinstance(app.screen, Prompts)
    return app.screen


def _text(app: ConsoleApp) -> str:
    said = [str(static.render()) for static in app.screen.query(Static)]
    read = ["".join(text for text, _ in line) for pages in app.screen.query(Pages) for line in pages.lines]
    return " ".join(" ".join((*said, *read)).split())


async def test_prompts_are_filled_in_one_after_the_other_and_secrets_are_not_seen(tmp_path: Path) -> None:
    async with _console(tmp_path) as (app, pilot):
        asked = _ask(app, ConsolePrompter(app, NAME).answers(LOGIN))
        await _prompts(app)
        assert f"Log in to {NAME}" in _text(app) and "10.0.0.7 port 22" in _text(app)
        assert "PAM [b]x[/b]" in _text(app) and "Look at [/] your phone" in _text(app)
        await pilot.press(*"s3cret")
        password, code = app.screen.query(Input)
        assert password.password and not code.password
        assert "s3cret" not in "".join(strip.text for strip in app.screen._compositor.render_strips())
        await pilot.press("enter", *"123", "enter")
        answers = await asked
        assert answers == (Secret("s3cret"), Secret("123"))
        assert "s3cret" not in repr(answers)


async def test_escape_leaves_and_says_so(tmp_path: Path) -> None:
    async with _console(tmp_path) as (app, pilot):
        person = ConsolePrompter(app, NAME)
        asked = _ask(app, person.answers(LOGIN))
        await _prompts(app)
        await pilot.press(*"ab", "escape")
        assert (await asked, person.declined) == (None, "login given up")
        locked = _ask(app, person.passphrase(PassphraseQuestion("/home/me/.ssh/[b]", again=True)))
        await _prompts(app)
        assert "/home/me/.ssh/[b] is locked" in _text(app) and "was not its passphrase" in _text(app)
        await pilot.press("escape")
        assert await locked is None


async def test_what_was_typed_for_something_else_is_no_answer(tmp_path: Path) -> None:
    """Keys on their way when the dialog opens: none of them counts, an Enter among them least of all."""
    async with _console(tmp_path) as (app, pilot):
        asked = _ask(app, ConsolePrompter(app, NAME).passphrase(PassphraseQuestion("/k")))
        dialog = await _prompts(app)
        early = events.Key("x", "x")
        early.time = dialog.seen_at + DEAD_SECONDS / 2
        assert not dialog.takes(early)
        early = events.Key("escape", None)
        early.time = dialog.seen_at
        assert dialog.takes(early), "to leave is never too soon"
        await pilot.press(*"sesame", "enter")
        assert await asked == Secret("sesame")


async def test_pasted_text_is_one_line_and_does_not_send_itself(tmp_path: Path) -> None:
    async with _console(tmp_path) as (app, pilot):
        asked = _ask(app, ConsolePrompter(app, NAME).passphrase(PassphraseQuestion("/k")))
        await _prompts(app)
        app.screen.query_one(Input).post_message(events.Paste("ses\name\n"))
        await pilot.pause()
        assert not asked.done()
        await pilot.press("enter")
        assert await asked == Secret("sesame")


async def test_where_nobody_waits_any_longer_the_dialog_goes(tmp_path: Path) -> None:
    async with _console(tmp_path) as (app, _):
        asked = _ask(app, ConsolePrompter(app, NAME).answers(LOGIN))
        await _prompts(app)
        asked.cancel()
        await until(lambda: app.screen is app.console_screen)


async def test_an_unknown_key_is_shown_whole_with_every_reason(tmp_path: Path) -> None:
    why = ("This address belonged to instance p/nodes/[b] until now.", f"That one's key: {OLD.words}")
    question = HostKeyQuestion("10.0.0.7", 2222, SHOWN.kind, SHOWN.fingerprint, why)
    async with _console(tmp_path) as (app, pilot):
        person = ConsolePrompter(app, NAME)
        for key, confirm_host_key in (("escape", False), ("y", True)):
            asked = _ask(app, person.confirm_host_key(question))
            await until(lambda: isinstance(app.screen, Dialog) and app.screen.ripe)
            text = _text(app)
            assert SHOWN.words in text and all(line in text for line in why)
            assert f"{NAME} at 10.0.0.7:2222" in text and "not been met" not in text
            await pilot.press(key)
            assert await asked is confirm_host_key
            assert person.declined == ("" if confirm_host_key else "host key declined")
        jump = _ask(app, person.confirm_host_key(HostKeyQuestion("bastion", 22, "ssh-rsa", "SHA256:x", (), True)))
        await until(lambda: isinstance(app.screen, Dialog) and app.screen.ripe)
        assert "the jump host bastion:22" in _text(app)
        await pilot.press("escape")
        assert not await jump


def _refused(folder: Path, path: Path) -> HostKeyRefused:
    path.write_text(f"gpu {OLD}\n")
    lines = KnownHosts.read([path]).about("gpu", 22).judge(SHOWN).lines
    change = KeyChange("gpu", 22, SHOWN, lines, fixed=folder / "system")
    return HostKeyRefused(None, change)  # type: ignore[arg-type]  # only what has changed is shown


async def test_forgetting_takes_the_name_typed_by_hand(tmp_path: Path) -> None:
    pins = tmp_path / "pins"
    async with _console(tmp_path) as (app, pilot):
        screen = shown_as_changed(_refused(tmp_path, pins), "session", "gpu-7", app.ssh.places)
        assert isinstance(screen, ChangedKey)
        await app.push_screen(screen)
        await until(lambda: laid_out(screen))
        text = "".join(part for line in screen.pages.lines for part, _ in line).replace(" ", "")
        for words in (OLD.words, SHOWN.words, f"{pins}:1", f"ssh-keygen -R gpu -f {pins}"):
            assert words.replace(" ", "") in text
        for typed in ("gpu", "gpu-7"):
            await pilot.press("f")
            await until(lambda: isinstance(app.screen, Dialog) and app.screen.ripe)
            await pilot.press(*typed, "enter")
            if typed == "gpu":
                assert pins.read_text()
                await pilot.press("escape")
                await until(lambda: app.screen is screen)
        await until(lambda: app.screen is app.console_screen)
        assert pins.read_text() == ""


async def test_what_cannot_be_forgotten_is_not_offered(tmp_path: Path) -> None:
    system = tmp_path / "system"
    async with _console(tmp_path) as (app, pilot):
        screen = shown_as_changed(_refused(tmp_path, system), "forwarded port", "gpu-7", app.ssh.places)
        assert screen is not None
        await app.push_screen(screen)
        await until(lambda: laid_out(screen))
        title = str(screen.query_one("#reader-title").text)  # type: ignore[attr-defined]
        assert "no forwarded port on gpu-7: HOST KEY CHANGED" in title
        await pilot.press("f")
        assert app.screen is screen
        assert "the system's" in "".join(part for line in screen.pages.lines for part, _ in line)
        assert "forget" not in str(screen.query_one("#reader-keys").text)  # type: ignore[attr-defined]
        assert system.read_text()
