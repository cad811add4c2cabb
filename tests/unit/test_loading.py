"""Providers are imported beside the loop: the console lives meanwhile, and one that hangs holds up no other."""

from __future__ import annotations

import asyncio
import io
import ssl
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import gputui.commands.loading
import gputui.net.tls
import gputui.net.transport
from gputui.commands.context import CliContext
from gputui.commands.loading import loader
from gputui.config.paths import Places
from gputui.config.profiles import Config, Profile
from gputui.core.clock import SystemClock
from gputui.engine.store import Store
from gputui.net.ahead import make_ready
from tests.toy import PROVIDER


async def load(names: list[str], connected: list[str], folder: Path) -> None:
    """What the console runs after its first frame, with a store that only notes who was connected."""
    profiles = tuple(Profile(name, name, {"size": "1"}) for name in names)
    store = SimpleNamespace(
        tabs=dict.fromkeys(names),
        clock=SystemClock(),
        connect=lambda name, *_: connected.append(name),
        remember=lambda _: None,
        keep_lists=lambda _: None,
        resume=lambda: asyncio.sleep(0),
        complete_cached=lambda: asyncio.sleep(0),
    )
    ctx = CliContext({}, Places(folder, folder, folder), io.StringIO(), io.StringIO())
    config = Config(folder / "config.toml", profiles=profiles)
    shells = cast(Any, SimpleNamespace(options={}))
    await loader(lambda: config, shells, ctx, None, lambda: None)(cast(Store, store))


async def test_the_loop_goes_on_while_a_provider_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun, alive = threading.Event(), threading.Event()

    def importing(_: Profile) -> Any:
        begun.set()
        assert alive.wait(10), "the loop stood still"
        return PROVIDER

    async def live() -> None:
        while not begun.is_set():
            await asyncio.sleep(0.001)
        alive.set()

    monkeypatch.setattr(gputui.commands.loading, "load_provider", importing)
    connected: list[str] = []
    await asyncio.gather(load(["toy"], connected, tmp_path), live())
    assert connected == ["toy"]


async def test_providers_come_in_the_order_of_the_tabs_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at_once, seen = threading.Lock(), list[str]()

    def importing(profile: Profile) -> Any:
        assert at_once.acquire(blocking=False), "two imports at once"
        seen.append(profile.name)
        at_once.release()
        return PROVIDER

    monkeypatch.setattr(gputui.commands.loading, "load_provider", importing)
    connected: list[str] = []
    await load(["a", "b", "c"], connected, tmp_path)
    assert (seen, sorted(connected)) == (["a", "b", "c"], ["a", "b", "c"])


async def test_a_provider_that_hangs_while_it_is_imported_costs_its_own_tab_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    over = threading.Event()

    def importing(profile: Profile) -> Any:
        if profile.name == "stuck":
            over.wait(10)
        return PROVIDER

    monkeypatch.setattr(gputui.commands.loading, "load_provider", importing)
    monkeypatch.setattr(gputui.commands.loading, "TURN_SECONDS", 0.05)
    connected: list[str] = []
    loading = asyncio.create_task(load(["stuck", "b", "c"], connected, tmp_path))
    try:
        async with asyncio.timeout(10):
            while len(connected) < 2:
                await asyncio.sleep(0.005)
        assert sorted(connected) == ["b", "c"]
    finally:
        over.set()
        await loading
    assert sorted(connected) == ["b", "c", "stuck"]


async def test_what_a_first_request_needs_is_there_before_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The certificates are read and httpcore's own imports done in the thread, not in a piece of the loop."""
    made: list[bool] = []

    def making(*_: object) -> ssl.SSLContext:
        made.append(threading.current_thread() is threading.main_thread())
        return ssl.create_default_context()

    monkeypatch.setattr(gputui.net.tls, "_made", making)
    monkeypatch.setattr(gputui.commands.loading, "load_provider", lambda _: PROVIDER)
    await load(["toy"], [], tmp_path)
    assert made == [False]
    assert "anyio._backends._asyncio" in sys.modules


async def test_a_certificate_that_cannot_be_used_is_for_the_request_to_say() -> None:
    make_ready("/nonexistent/ca.pem", None)
