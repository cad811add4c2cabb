"""Lists over real sockets: each request has its own memory, and what goes wrong is said as for any other reading."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import stamina

from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings
from gputui.net.api import Api
from gputui.net.lists import ListReply
from gputui.providers.wire import ReadEntry, RowRule, Wire, as_listing, entries_of
from tests.contract.servers import RawServer, answering, reply


class Thing(Wire):
    """The smallest entry."""

    id: str
    state: str | None = None


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def body(**states: str) -> bytes:
    return json.dumps({"count": 9, "things": [{"id": name, "state": state} for name, state in states.items()]}).encode()


async def things(api: Api, **query: str) -> ListReply[ReadEntry[Thing]]:
    return await api.list("/things", query, keys=("things",), rule=RowRule(Thing))


async def test_the_same_bytes_give_the_same_reply_and_other_bytes_only_other_entries() -> None:
    same, other = reply(body=body(a="UP", b="UP")), reply(body=body(a="UP", b="DOWN"))
    async with RawServer(answering(same, same, other)) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        first, again, changed = [await things(api) for _ in range(3)]
        await api.aclose()
    assert again is first
    assert changed.field("count") == 9
    kept = [one is two for one, two in zip(entries_of(first, "things"), entries_of(changed, "things"), strict=True)]
    assert kept == [True, False]
    assert [item.value.state for item in as_listing(entries_of(changed, "things")).items] == ["UP", "DOWN"]


async def test_each_request_is_compared_with_its_own_last_reply() -> None:
    pages = [reply(body=body(a="UP")), reply(body=body(b="UP"))]
    async with RawServer(answering(*pages, *pages)) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        found = [await things(api, page=str(number % 2)) for number in range(4)]
        await api.aclose()
    assert found[2] is found[0]
    assert found[3] is found[1]


async def test_what_fails_once_is_asked_again_and_forgets_nothing() -> None:
    good = reply(body=body(a="UP"))
    async with RawServer(answering(good, reply(503), good)) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        first = await things(api)
        assert await things(api) is first
        await api.aclose()
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("given", "cause", "words"),
    [
        (reply(body=b"{]"), Cause.REPLY, "the reply is not JSON"),
        (reply(body=b"<html><title>Log in</title></html>"), Cause.REPLY, "a web page “Log in”"),
        (reply(body=b""), Cause.REPLY, "the reply is empty"),
        (reply(body=b'{"things": null}'), Cause.REPLY, "expected a list of things, got null"),
        (reply(body=b'{"thongs": []}'), Cause.REPLY, "expected a list of things, got thongs"),
        (reply(403), Cause.FORBIDDEN, "HTTP 403"),
    ],
)
async def test_what_is_no_list_is_said_as_ever_and_then_the_list_is_read_again(
    given: bytes, cause: Cause, words: str
) -> None:
    good = reply(body=body(a="UP"))
    async with RawServer(answering(good, given, good)) as server:
        api = Api(Settings("prod", {}), {"": server.base})
        (before,) = entries_of(await things(api), "things")
        with pytest.raises(Failed) as failed:
            entries_of(await things(api), "things")
        (after,) = entries_of(await things(api), "things")
        await api.aclose()
    assert failed.value.problem.cause is cause
    assert words in failed.value.problem.text
    assert after == before
