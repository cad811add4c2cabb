"""Promise 7: a bug in a provider's package, whatever it does, costs that cell, verb or row, which says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from gputui.config import providers
from gputui.core.actions import Action, Field, LogEntry, Query
from gputui.core.guarded import guarded
from gputui.core.problem import Cause, Failed
from gputui.core.provider import Children, View
from gputui.core.rows import Item, Listing
from gputui.ui.form.screen import Form
from gputui.ui.inspect.explain import Explanation
from gputui.ui.inspect.live_reader import LiveReader
from gputui.ui.widgets.chooser import Chooser
from gputui.ui.widgets.dialogs import Dialog
from tests.pilot.consoles import Console, Wish, configured
from tests.promises import stranger
from tests.promises.seen import screen_text, unseen_in
from tests.promises.stranger import GIVEN, RAISED, Broken, functions, giving, name_of, raising, turning, waiting

CONFIG = '[profiles.mine]\nprovider = "stranger"\n'
FUNCTIONS = functions()


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stranger's package, found through its entry point as any is."""
    entry = EntryPoint("stranger", "tests.promises.stranger:PROVIDER", providers.GROUP)
    monkeypatch.setattr(providers, "_installed", lambda path: (entry,))


def faults(broken: Broken) -> list[Callable[..., Any]]:
    """Everything that can go wrong in a function, one after the other."""
    give = waiting if stranger.is_awaited(broken) else giving
    return [*map(raising, RAISED), *map(give, GIVEN), *map(giving, GIVEN[:4])]


def in_log(caplog: pytest.LogCaptureFixture) -> list[tuple[str, type[BaseException] | None]]:
    found = [record for record in caplog.records if record.exc_info]
    return [(record.getMessage(), record.exc_info[0] if record.exc_info else None) for record in found]


def test_the_stranger_has_every_function_there_is() -> None:
    """A new function of a declaration comes under these tests by itself, or is missed here."""
    assert not [broken for broken in FUNCTIONS if stranger.found(stranger.WELL, broken) is None]


@pytest.mark.parametrize("broken", FUNCTIONS, ids=name_of)
async def test_each_function_with_a_bug_gives_what_stands_for_it(broken: Broken) -> None:
    """By itself: what comes back is of the right kind and clean, or is a problem; nothing else is raised."""
    for fault in faults(broken):
        try:
            provider = guarded(stranger.with_fault(broken, fault))
            client = provider.connect(stranger.settings())
            own = broken[0] is stranger.Client
            function = getattr(client, broken[1]) if own else stranger.found(provider, broken)
            made = function(*arguments(broken, client))
            if asyncio.iscoroutine(made):
                made = await made
        except Failed as failed:
            assert failed.problem.cause is Cause.BUG
            assert not unseen_in(f"{failed.problem} {failed.problem.remedy}")
            continue
        assert not unseen_in(str(made)), made
        assert len(str(made)) < 10_000 or broken[1] in ("show", "read", "default", "watch")


def arguments(broken: Broken, client: Any) -> tuple[Any, ...]:
    one = stranger.Machine("m1", "box-1")
    known: dict[str, tuple[Any, ...]] = {
        "connect": (stranger.settings(),),
        "fetch": (client,),
        "show": (client, one),
        "read_one": (client, one),
        "read_states": (client, ["UP"]),
        "match": (one, one),
        "request": ([one], {}),
        "progress": (one, {}),
        "makes": ({},),
        "watch": (client, one, None),
        "choices": (client, one, {}),
        "read": (client, one, {}),
        "change": (stranger._request([one], {}),),
        "aclose": (),
    }
    if broken == (stranger.Children, "fetch"):
        return (client, one)
    return known.get(broken[1], (one,))


# ---------------------------------------------------------------------- in the console


class Tour:
    """Looks at everything and does everything, once; remembers all that it saw."""

    def __init__(self, here: Console) -> None:
        self.here = here
        self.seen: list[str] = []

    async def look(self) -> None:
        await self.here.pilot.pause()
        text = screen_text(self.here.app)
        assert not unseen_in(text), text
        self.seen.append(text)

    async def key(self, *keys: str) -> None:
        await self.here.press(*keys)
        await self.look()

    async def home(self) -> None:
        for _ in range(12):
            if self.here.app.screen is self.here.app.console_screen:
                return
            await self.key("escape")
        raise AssertionError(f"{self.here.app.screen} cannot be left")

    async def read(self) -> None:
        """Until the list has been read twice, or failed."""
        feed = self.here.page
        await self.here.until(lambda: feed.snapshot.taken_at is not None or feed.snapshot.problem is not None)
        await self.look()

    async def go_round(self, broken: Broken | None = None) -> None:
        """To where `broken` shows, and from there to the fleet and another list, which go on; without it, to all."""
        await self.key("1")
        if "mine" not in self.here.store.clouds:
            return
        await self.here.until(lambda: self.here.app.console_screen.page is not None)
        await self.read()
        for kinds, part in (
            ((View, Query, stranger.Client), self.looks),
            ((Action, Field, stranger.Client), self.verbs),
            ((Children,), self.children),
        ):
            if broken is None or broken[0] in kinds or broken == (View, "owner"):
                await part()
        for key in ("d", "0", "1", "tab", *(("question_mark",) if broken is None else ())):
            await self.key(key)
            await self.home()
        await self.read()

    async def looks(self) -> None:
        """What can be read and copied of a row, why it is so, and the way into it."""
        await self.key("x")
        await self.comes(Explanation)
        await self.home()
        for keys in (("y",), ("l",), ("a",), ("c",), ("b",), ("s",), ("colon", *"res")):
            await self.key(*keys)
            await self.here.pilot.pause(0.02)
            await self.home()

    async def verbs(self) -> None:
        """Both changes: of a row, and of the list."""
        for verb in ("R", "N"):
            await self.key("a")
            await self.home()
            await self.key(verb)
            await self.change()
            await self.home()

    async def children(self) -> None:
        """From a rack into both kinds of what it holds."""
        await self.key("tab")
        await self.read()
        for down in ((), ("down",)):
            self.here.app.clear_notifications()  # what was said before is no answer to this key
            await self.key("enter")
            if await self.comes(Chooser):
                await self.key(*down, "enter")
            await self.here.pilot.pause(0.05)
            await self.look()
            await self.home()
            await self.key("escape")

    async def comes(self, *kinds: type) -> bool:
        """Whether a screen of that kind comes up, old enough to be answered; or something is said instead."""
        here = self.here

        def there() -> bool:
            screen = here.app.screen
            return bool(here.app._notifications) or (isinstance(screen, kinds) and getattr(screen, "ripe", True))

        with suppress(TimeoutError):
            await here.until(there, 1.0)
        await self.look()
        here.app.clear_notifications()
        return isinstance(here.app.screen, kinds)

    async def change(self) -> None:
        """From the verb's key over the form and the question to what came of it."""
        if await self.comes(Form, Dialog) and isinstance(self.here.app.screen, Form):
            await self.key("enter")
            await self.key("enter")
            await self.key("ctrl+s")
            await self.comes(Dialog)
        if isinstance(self.here.app.screen, Dialog):
            await self.key("y")
            await self.comes(LiveReader)


QUIET = {
    (stranger.Client, "aclose"): "there is no screen any more",
    (View, "read_one"): "the whole list decides instead",
    (View, "read_states"): "the whole list tells instead",
    (stranger.Action, "progress"): "that nothing is known is what it says",
    (stranger.Action, "makes"): "what is made is not followed",
    (stranger.Field, "when"): "one field too many is asked for",
    (stranger.Action, "hides"): "only where a body was edited",
    (stranger.Action, "document"): "only in an editor",
}
"""Functions of which the console does not say in words that they have a bug, and why; the log has it."""


@pytest.mark.parametrize("broken", FUNCTIONS, ids=name_of)
async def test_in_the_console_all_else_goes_on(
    broken: Broken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stranger, "PROVIDER", stranger.with_fault(broken, turning(faults(broken))))
    with caplog.at_level(logging.ERROR):
        async with configured(tmp_path, CONFIG, Wish(every=0.5, notices=True)) as here:
            await here.until(lambda: here.store.clouds or here.store.tabs["mine"].problem)
            tour = Tour(here)
            await tour.go_round(broken)
    said = "provider bug" in " ".join(" ".join(tour.seen).split())
    assert said or broken in QUIET
    logged = in_log(caplog)
    assert logged or broken in QUIET
    assert not [line for line in logged if not line[0].startswith("a bug in ")]
    assert len(logged) == len(set(logged))  # each traceback once


async def test_what_has_no_bug_is_done_whole(tmp_path: Path) -> None:
    """The tour itself reaches what it is for."""
    async with configured(tmp_path, CONFIG, Wish(every=0.5, notices=True)) as here:
        await here.until(lambda: "mine" in here.store.clouds)
        tour = Tour(here)
        await tour.go_round()
        client: Any = here.store.clouds["mine"].client
        assert [request.path for request in client.inner.sent] == ["/resize", "/resize"]
        seen = "\n".join(tour.seen)
        for words in (
            "box-1",
            "SN-1",
            "all is well",
            "1 €/h",
            "j.example",
            "TensorBoard",
            "shelf-1",
            "of ada",
            "Large",
        ):
            assert words in seen, words
        assert "provider bug" not in seen


async def no_json(client: Any) -> Any:
    one = stranger.Machine("m1", "box-1")
    return Listing((Item(one, {"made": object()}), Item(replace(one, id="m2"), b"bytes")))  # type: ignore[dict-item, arg-type]


async def test_an_object_that_is_no_json_is_said_where_it_would_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stranger, "PROVIDER", stranger.with_fault((View, "fetch"), no_json))
    async with configured(tmp_path, CONFIG, Wish(every=0.5, notices=True)) as here:
        await here.go("1")
        await here.press("c")
        await here.until(lambda: "this is no JSON" in screen_text(here.app))


async def test_a_log_may_have_any_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = ("ERROR", "error", "Fatal", "warn", "WARNING", "info", "", "7", "catastrophe", "bad", "head")

    async def read(client: Any, one: Any, inputs: Any) -> Any:
        return tuple(LogEntry(1.0, level, f"line {at}") for at, level in enumerate(levels))

    monkeypatch.setattr(stranger, "PROVIDER", stranger.with_fault((Query, "read"), read))
    async with configured(tmp_path, CONFIG, Wish(every=0.2, size=(100, 30))) as here:
        await here.go("1")
        await here.press("l")
        await here.until(lambda: f"line {len(levels) - 1}" in screen_text(here.app))
