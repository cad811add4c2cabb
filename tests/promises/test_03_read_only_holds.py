"""Read-only holds: no verb of any view, however it is asked for, asks a question or leaves the machine."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import tomli_w
from textual import events
from textual.command import CommandPalette
from textual.widgets import OptionList

import gputui.ui.widgets.timed_dialog
from gputui.config.profiles import load
from gputui.core.actions import Action
from gputui.core.problem import Cause
from gputui.core.provider import Client
from gputui.core.request import Request, SendStatus
from gputui.sim.log import Seen
from gputui.sim.serve import PROFILES, Simulator
from gputui.ui.act.menu import Menu
from gputui.ui.form.values import typed
from gputui.ui.list.page import Page
from tests.opening import open_first
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.every_call import DOCUMENTED, asked_for
from tests.pilot.every_hand import Hand

TYPED = {"prefix": "every", "os_user_password": "Every62@keys", "password_again": "Every62@keys"}
BASES = {"hostedai": "/api", "datenfab": "/mdc/api/v1"}
"""What the base URL of a profile has in its path."""


@pytest.fixture(autouse=True)
def without_dead_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", -60.0)


def wish(way: str) -> Wish:
    """Read-only by the option, or by the table of each profile."""
    if way == "option":
        return Wish(read_only=True, every=5.0)
    return Wish(every=5.0, profile_changes={name: {"read_only": True} for name in PROFILES.values()})


@pytest.mark.parametrize("way", ["option", "profile"])
async def test_no_verb_of_any_view_asks_or_sends_anything(tmp_path: Path, way: str) -> None:
    async with console(tmp_path, wish(way)) as here:
        hand, verbs = Hand(here, ""), 0
        await here.until(lambda: set(here.store.clouds) == set(here.store.tabs))
        for number, cloud in enumerate(here.store.clouds.values(), 1):
            assert cloud.read_only
            await here.go(str(number))
            for at, view in enumerate(cloud.provider.views):
                await hand.view(view.name)
                await hand.press("g")
                verbs += len(view.actions)
                await by_key(here, hand, view.actions)
                # Both ways come to the same one fact of the cloud: the slow parts need not be done twice.
                if way == "option" or at == 0:
                    await by_menu(here, hand, view.actions)
                    await by_command_line(here, hand, view.actions if way == "option" else view.actions[:1])
        assert verbs >= 30
        assert here.clouds is not None
        assert {cloud: log.changes() for cloud, log in here.clouds.logs.items() if log.changes()} == {}
        assert not (tmp_path / "state" / "audit.jsonl").exists()
        assert "read-only" in here.bar("keys")


def nothing_asked(here: Console) -> None:
    assert here.app.screen is here.app.console_screen
    assert isinstance(here.app.focused, Page)


async def by_key(here: Console, hand: Hand, actions: tuple[Action[Any], ...]) -> None:
    """The key of each verb, on the first row."""
    for action in actions:
        if action.key:
            await hand.press(action.key)
            await here.until(lambda: not here.page.asking)
            nothing_asked(here)


async def by_menu(here: Console, hand: Hand, actions: tuple[Action[Any], ...]) -> None:
    """Each verb of the action menu, chosen by its line: all are off, and say why."""
    await hand.press("a")
    menu = await hand.screen(Menu) if actions or here.page.offers() else None
    if menu is None:
        return
    await hand.press("home")
    for offer in menu.offers:
        if any(offer.verb is action for action in actions):
            assert "read-only" in offer.off
            await hand.press("enter")
            assert here.app.screen is menu
        await hand.press("down")
    await hand.back()
    nothing_asked(here)


async def by_command_line(here: Console, hand: Hand, actions: tuple[Action[Any], ...]) -> None:
    """Each verb given whole to the command line, as one pastes it."""
    for action in actions:
        since = time.time()
        await hand.press("colon")
        palette = await hand.screen(CommandPalette)
        palette.post_message(events.Paste(action.label.lower()))
        await here.until(partial(offers, palette, action))
        await hand.press("enter")
        await here.until(partial(refusals, here, since))
        nothing_asked(here)


def offers(palette: CommandPalette, action: Action[Any]) -> bool:
    return first(palette).startswith(action.label.lower())


def first(palette: CommandPalette) -> str:
    """The line of the command line that Enter would run."""
    found = palette.query_one(OptionList)
    return "" if found.highlighted is None else str(found.get_option_at_index(found.highlighted).prompt).strip()


def refusals(here: Console, since: float) -> list[str]:
    """What was said of read-only lately."""
    return [one.message for one in here.app._notifications if one.raised_at >= since and "read-only" in one.message]


async def test_a_verb_typed_whole_is_the_first_line_of_the_command_line(tmp_path: Path) -> None:
    """Lock is in unlock: likeness must not put another verb under Enter."""
    async with console(tmp_path, Wish(only=("scp",), read_only=True)) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        await hand.press("g", "colon")
        palette = await hand.screen(CommandPalette)
        await hand.write("lock")
        await here.until(lambda: palette.query_one(OptionList).option_count == 1)
        assert first(palette).startswith("lock gpu-node")


@pytest.mark.parametrize("cloud", PROFILES)
async def test_nothing_passes_the_http_layer_whoever_asks(tmp_path: Path, cloud: str) -> None:
    """Every change of every provider, built as the console builds it, and handed to the client straight."""
    with Simulator(calm=True, only=(cloud,)) as clouds:
        file = tmp_path / "config.toml"
        file.touch(mode=0o600)
        file.write_text(tomli_w.dumps(clouds.config()))
        config = load(file, home=tmp_path)
        source = await open_first(config, read_only=True)
        provider, client = source.provider, source.client
        sent: list[Seen] = []
        try:
            for view in provider.views:
                item = (await view.fetch(client)).items[0].value if view.actions else None
                for action in view.actions:
                    request = await refused(client, action, None if action.on == "view" else item)
                    where = BASES.get(cloud, "") + request.path
                    sent.append(as_seen(request.method, f"{where}?{urlencode(request.query)}"))
        finally:
            await client.aclose()
        assert [name for name, log in clouds.logs.items() if log.changes()] == []
        tried = {call for call, asked in asked_for(DOCUMENTED[cloud], sent).items() if asked}
        assert tried == {call for call in DOCUMENTED[cloud] if as_seen(*call.split(" ")).changes}


def as_seen(method: str, target: str) -> Seen:
    """A request as a server would have seen it."""
    return Seen(method, target, {}, b"", 0, 0.0)


async def refused(client: Client, action: Action[Any], item: Any) -> Request:
    request = action.request([] if item is None else [item], await inputs_of(client, action, item))
    outcome = await client.change(request)
    assert outcome.send_status is SendStatus.NOT_SENT, action.name
    assert outcome.problem is not None
    assert outcome.problem.cause is Cause.READ_ONLY
    return request


async def inputs_of(client: Client, action: Action[Any], item: Any) -> dict[str, Any]:
    """Something for every field that is asked for: its beginning, the first that is offered, or a word."""
    inputs: dict[str, Any] = {}
    for one in action.fields:
        if one.when is not None and not one.when(inputs):
            continue
        if one.choices is not None:
            values = [choice.value for choice in await one.choices(client, item, inputs)][:1]
            inputs[one.name] = tuple(values) if one.kind == "choices" else (values or ["none"])[0]
        elif one.kind in ("text", "int", "secret"):
            begins = (one.default(item) if callable(one.default) else one.default) or TYPED.get(one.name, "every")
            inputs[one.name] = typed(one, begins)
    return inputs


# ---------------------------------------------------------------------- each way of it, and each place, by itself

WAYS = {
    "option": Wish(only=("scp",), read_only=True),
    "profile": Wish(only=("scp",), profile_changes={"samsung": {"read_only": True}}),
    "configuration": Wish(only=("scp",), general={"read_only": True}),
}


@pytest.mark.parametrize("way", WAYS)
async def test_each_way_holds_in_the_list_and_in_the_http_layer(tmp_path: Path, way: str) -> None:
    """None of the profiles is protected: only read-only keeps anything away."""
    async with console(tmp_path, WAYS[way]) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        running = next(row for row in here.page.rows.values() if row.state == "RUNNING")
        await here.choose(running.name)
        cloud = here.store.clouds["samsung"]
        assert (cloud.read_only, cloud.protected) == (True, False)
        since = time.time()
        await hand.press("X")
        await here.until(lambda: refusals(here, since))
        nothing_asked(here)
        outcome = await cloud.client.change(Request("POST", "/v1/gpu-nodes/stop", body={"gpu_node_ids": ["x"]}))
        assert outcome.send_status is SendStatus.NOT_SENT
        assert not here.changes("scp")


async def test_without_it_the_same_key_asks(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("scp",))) as here:
        hand = Hand(here, "scp")
        await here.go("1")
        running = next(row for row in here.page.rows.values() if row.state == "RUNNING")
        await here.choose(running.name)
        await hand.press("X")
        await here.dialog()


async def test_one_read_only_profile_does_not_lock_another(tmp_path: Path) -> None:
    wish = Wish(only=("scp", "datenfab"), profile_changes={"samsung": {"read_only": True}})
    async with console(tmp_path, wish) as here:
        hand = Hand(here, "datenfab")
        await here.until(lambda: "read-write" in here.bar("keys"))  # all of the fleet is not
        await here.go("1")
        await here.until(lambda: "read-only" in here.bar("keys"))
        await here.go("2")
        await here.until(lambda: "read-write" in here.bar("keys"))
        await here.choose(next(row.name for row in here.page.rows.values() if row.state == "Running"))
        await hand.press("X")
        await here.dialog()
