"""No sequence of keys and news does the wrong thing: what is sent always names what the last question showed.

Run long by hand: `GPUTUI_STEPS=100000 pytest tests/pilot/test_machine.py`.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import re
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from textual.pilot import Pilot

import gputui.ui.act.verbs
import gputui.ui.list.page
import gputui.ui.shell.console
import gputui.ui.widgets.timed_dialog
from gputui.core.request import Outcome, Request, SendStatus
from gputui.engine.store import Store, Tab
from gputui.ssh.places import SshPlaces
from gputui.ui.app import ConsoleApp
from gputui.ui.ssh_service import SshConfig
from gputui.ui.widgets.dialogs import Dialog
from tests.clocks import until
from tests.pilot.consoles import Wish, running
from tests.toy import PROVIDER, Machine, ToyClient

R = TypeVar("R")
IDS = tuple(f"m{n}" for n in range(8))
STATES = ("RUNNING", "STOPPED", "STOPPING", "ERROR")
LOOKS = ("j", "k", "g", "G", "space", "asterisk", "f", "w", "tab", "0", "1", "shift+right", "shift+down", "escape", "p")
SHOWN_ID = re.compile(r"   id (\S+)")
STEPS = int(os.environ.get("GPUTUI_STEPS", "100"))


class Told:
    """The newest question that stood on the screen, by the ids it named."""

    def __init__(self, dialog: Dialog) -> None:
        self.verb = dialog.question.verb
        self.ids = {found[1] for line in dialog.question.told if (found := SHOWN_ID.search(line))}
        self.names = {line.partition("   ")[0] for line in dialog.question.told if SHOWN_ID.search(line)}
        self.blocked = dialog.question.blocked


class Watchful(ToyClient):
    """Holds every request against the question that was answered yes last."""

    agreed: Told | None = None
    stops = 0
    wrong: list[str]

    async def change(self, request: Request) -> Outcome:
        """As any toy, but not without looking."""
        body = request.body
        listed = body["ids"] if isinstance(body, dict) else [request.path.rpartition("/")[2]]
        assert isinstance(listed, list)
        ids = {str(one) for one in listed}
        if self.agreed is None:
            self.wrong.append(f"{request.path} {ids}: nobody agreed")
        elif self.agreed.blocked or not ids <= self.agreed.ids:
            self.wrong.append(f"{request.path} {ids}: shown {self.agreed.ids}, {self.agreed.blocked}")
        self.stops += request.path == "/stop"
        if self.stops > 1:
            self.wrong.append("stopped twice for one yes")
        return await super().change(request)


class ConsoleMachine(RuleBasedStateMachine):
    """The real console, keys and all, over a cloud that changes under it in every way there is."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.context = contextvars.copy_context()
        self.stack = AsyncExitStack()
        self.client = Watchful({id: Machine(id, f"toy-{id}") for id in IDS})
        self.client.wrong = []
        self.told: Told | None = None
        self.folder = tempfile.TemporaryDirectory()
        self.app, self.pilot = self.run(self.open())

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Run on the machine's own loop, always in the same context: Textual keeps its app there."""
        return self.loop.run_until_complete(self.loop.create_task(work, context=self.context))

    async def open(self) -> tuple[ConsoleApp, Pilot[None]]:
        async def load(store: Store) -> None:
            store.connect("p", PROVIDER, self.client)

        folder = Path(self.folder.name)
        shells = SshConfig(SshPlaces(folder, folder / "known"))
        made = await self.stack.enter_async_context(
            running(folder, [Tab("p", "toy", every=0.05)], load, shells, Wish(every=0.05))
        )
        await until(lambda: made[0].store.machines("p"))
        await made[1].press("1")
        return made

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()
        self.folder.cleanup()

    async def news(self) -> None:
        """The console has read and drawn what the cloud is now."""
        for _ in range(2):  # the reading under way may have begun before the change
            reads = self.client.reads
            self.app.store.clouds["p"].refresh()
            await until(lambda reads=reads: self.client.reads > reads)
        await self.settled()

    def press(self, *keys: str) -> None:
        self.run(self.pressed(keys))
        self.look()

    async def pressed(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self.app.simulate_key(key)
        await self.settled()

    async def settled(self) -> None:
        """All that was caused has happened: keys and messages handled, questions asked, answers sent."""
        await until(lambda: not self.app._typed._under_way)
        for _ in range(4):
            done = asyncio.Event()
            target = self.app.focused or self.app.screen
            target.call_later(lambda done=done: self.app.call_later(done.set))
            await done.wait()
        await until(lambda: isinstance(self.app.screen, Dialog) or not self.asking)
        await until(lambda: not self.app.store._performing)

    @property
    def asking(self) -> bool:
        page = self.app.console_screen.page
        return page is not None and page.asking

    def look(self) -> None:
        screen = self.app.screen
        self.told = Told(screen) if isinstance(screen, Dialog) else None

    @rule(key=st.sampled_from(LOOKS))
    def looks(self, key: str) -> None:
        self.press(key)

    @rule(word=st.sampled_from(["m1", "toy", "!m2", "RUN", "/m[0-3]/"]))
    def filters(self, word: str) -> None:
        if self.told is None:
            self.press("slash", *("slash" if letter == "/" else letter for letter in word), "enter")

    @rule(key=st.sampled_from(["X", "ctrl+d", "ctrl+backslash"]))
    def verb(self, key: str) -> None:
        self.press(key)

    @rule(burst=st.text("Xyn\\ 1jS", min_size=4, max_size=12))
    def bursts(self, burst: str) -> None:
        """A paste into a terminal without brackets: whatever it opens, it never says yes."""
        self.run(self.settled())
        self.look()
        if self.told is not None:
            return
        gputui.ui.widgets.timed_dialog.DEAD_SECONDS = 0.3
        self.client.agreed = None
        self.press(*burst)
        self.press("escape", "escape")
        gputui.ui.widgets.timed_dialog.DEAD_SECONDS = 0.0

    @rule(id=st.sampled_from(IDS), state=st.sampled_from(STATES))
    def changes_state(self, id: str, state: str) -> None:
        if id in self.client.machines:
            self.client.set(id, state)
            self.run(self.news())
            self.look()

    @rule(id=st.sampled_from(IDS))
    def goes(self, id: str) -> None:
        self.client.machines.pop(id, None)
        self.run(self.news())
        self.look()

    @rule(id=st.sampled_from(IDS), name=st.sampled_from(["again", "other", "toy-m1"]))
    def comes_back(self, id: str, name: str) -> None:
        """The same id, somebody else's machine."""
        self.client.machines[id] = Machine(id, name)
        self.run(self.news())
        self.look()

    @rule(id=st.sampled_from(IDS), state=st.sampled_from(STATES))
    def changes_behind_its_back(self, id: str, state: str) -> None:
        """The cloud changes and the console has not read it yet."""
        if id in self.client.machines:
            self.client.machines[id] = replace(self.client.machines[id], state=state)

    @rule(send_status=st.sampled_from(list(SendStatus)))
    def fate_is(self, send_status: SendStatus) -> None:
        self.client.send_status = send_status

    @rule(key=st.sampled_from(["escape", "enter", "n"]))
    def declines(self, key: str) -> None:
        self.press(key)

    @rule()
    def agrees(self) -> None:
        """Say yes as the dialog asks for it."""
        dialog = self.app.screen
        if isinstance(dialog, Dialog):
            self.client.agreed, self.client.stops = Told(dialog), 0
            self.press(*((*dialog.question.type_this, "enter") if dialog.typing else ("y",)))

    @invariant()
    def nothing_is_sent_that_was_not_agreed_to(self) -> None:
        assert not self.client.wrong

    @invariant()
    def a_yes_is_not_at_hand(self) -> None:
        dialog = self.app.screen
        if isinstance(dialog, Dialog) and not dialog.typing:
            assert dialog.focused is None or dialog.focused.id == "cancel"


def test_what_is_sent_is_what_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    # The dead time and the pause between equal verbs are tested by themselves; here they would only cost hours.
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", 0.0)
    monkeypatch.setattr(gputui.ui.shell.console, "COALESCE_SECONDS", 0.001)
    monkeypatch.setattr(gputui.ui.list.page, "SEEN_SECONDS", 0.0)
    monkeypatch.setattr(gputui.ui.act.verbs, "REPEAT_SECONDS", 0.0)
    per_run = min(STEPS, 50)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        ConsoleMachine,
        settings=settings(
            max_examples=max(1, STEPS // per_run),
            stateful_step_count=per_run,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
