"""A cloud in trouble is asked three times and no more, whoever in us wants something of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from gputui.config import providers
from gputui.core.problem import Failed
from gputui.core.provider import Provider, Settings
from gputui.core.request import Request
from gputui.core.secret import Secret
from gputui.net.api import READ_TRIES
from tests.contract.servers import RawServer, Script, Seen, Wire, reply
from tests.promises.echoing import PROFILES, SECRETS

FAILURES = ("500", "503", "429", "503 after 1 s", "reset", "cut", "garbled")
TOKEN = reply(body=b'{"accessToken": "t-1", "token": "t-1", "expiresIn": 3600}')


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=READ_TRIES + 5, cap=True):
        yield


def is_login(seen: Seen) -> bool:
    return seen.method == "POST" and seen.target.endswith(("token", "login"))


def failing(how: str, *, login: bool) -> Script:
    """A cloud that fails so at everything but its login, or at its login alone."""

    async def script(wire: Wire) -> None:
        while True:
            seen = await wire.request()
            if is_login(seen) is not login:
                await wire.send(TOKEN if is_login(seen) else reply())
            elif how == "reset":
                wire.reset()
                return
            elif how in ("cut", "garbled"):
                await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{" if how == "cut" else b"no\r\n\r\n")
                wire.writer.close()
                return
            else:
                headers = ("Retry-After: 1",) if "after" in how else ()
                await wire.send(reply(int(how[:3]), b'{"message": "no"}', headers))

    return script


def settings(name: str, base: str) -> tuple[Provider[Any], Settings]:
    profile = PROFILES[name]
    values: dict[str, Any] = {
        key: Secret(value) if key in SECRETS else value for key, value in profile.items() if key != "provider"
    }
    provider = providers.load(profile["provider"])
    assert isinstance(provider, Provider)
    values |= {"base_url": base, "vpc_url": base, "seconds_between_requests": "0"}
    return provider, Settings(name, values)


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("name", PROFILES)
async def test_a_reading_sends_each_request_three_times_at_most(name: str, how: str) -> None:
    async with RawServer(failing(how, login=False)) as server:
        for view in settings(name, server.base)[0].views:
            sent = await requests_of(name, view.name, server)
            assert max(sent.values()) <= 3, view.name


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("name", ["runai", "panel"])
async def test_a_reading_asks_for_a_token_three_times_at_most(name: str, how: str) -> None:
    async with RawServer(failing(how, login=True)) as server:
        for view in settings(name, server.base)[0].views:
            sent = await requests_of(name, view.name, server)
            assert sent.total() <= 3, view.name


@pytest.mark.parametrize("name", ["runai", "panel"])
async def test_a_change_asks_for_a_token_three_times_at_most(name: str) -> None:
    async with RawServer(failing("500", login=True)) as server:
        provider, profile = settings(name, server.base)
        client = provider.connect(profile)
        await client.change(Request("POST", "/v1/things"))
        await client.aclose()
        assert len(server.seen) == 3


async def requests_of(name: str, view: str, server: RawServer) -> Counter[tuple[str, str, bytes]]:
    """What one reading of a list sends, by a client of its own."""
    provider, profile = settings(name, server.base)
    client = provider.connect(profile)
    server.seen.clear()
    found = provider.view(view)
    assert found is not None
    with pytest.raises(Failed):
        await found.fetch(client)
    await client.aclose()
    sent = Counter((seen.method, seen.target, seen.body) for seen in server.seen)
    assert sent
    return sent
