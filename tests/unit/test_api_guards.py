"""The guards of every request, one by one, without a server: what is sent, what a reply means, who may try again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.request import Outcome, Request, SendStatus
from gputui.net import api as module
from gputui.net.api import Api, _NoProof, _plain
from gputui.net.transport import RawReply

BASE = "http://127.0.0.1:9/v1"
STOP = Request("POST", "/stop")


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    made = Api(Settings("prod", {}), {"": BASE}, changing_gets=("/Reboot",), safe_posts=("/login",), environ={})
    yield made
    await made.aclose()


def replies(api: Api, monkeypatch: pytest.MonkeyPatch, raw: RawReply) -> list[str]:
    """Give every exchange this reply; returns the paths sent."""
    sent: list[str] = []

    def start(request: Any, *, fresh: bool = False) -> Any:
        sent.append(request.url.raw_path.decode())
        return module.asyncio.get_running_loop().create_task(given())

    async def given() -> RawReply:
        return raw

    async def reply(exchange: Any) -> RawReply:
        got: RawReply = await exchange
        return got

    monkeypatch.setattr(api.transport, "start", start)
    monkeypatch.setattr(api.transport, "reply", reply)
    return sent


# -- what changes something ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "changes"),
    [
        ("GET", "/nodes", False),
        ("HEAD", "/nodes", False),
        ("GET", "/reboot", True),
        ("GET", "/REBOOT/", True),
        ("GET", "//x/../%72eboot?a=b", True),
        ("POST", "/login", False),
        ("POST", "/login/", True),
        ("POST", "/Login", True),
        ("DELETE", "/nodes", True),
        ("PUT", "/login", False),
    ],
)
def test_what_may_change_something(api: Api, method: str, path: str, changes: bool) -> None:
    assert api.changes(Request(method, path)) is changes  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/a/b", "/a//b/", "a/b", "/a/./b", "/x/../a/b", "/A/%62", "/a/b?c=/d", "/a/b#c"])
def test_all_ways_to_write_a_path_are_one(path: str) -> None:
    assert _plain(path) == "/a/b"


async def test_a_change_is_never_sent_as_a_read(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = replies(api, monkeypatch, RawReply(200, {}, b"{}", ""))
    for request in (STOP, Request("GET", "/reboot")):
        with pytest.raises(Failed, match="sent as a read"):
            await api.read(request)
    assert sent == []
    await api.read(Request("POST", "/login"))
    assert sent == ["/v1/login"]


@pytest.mark.parametrize("path", ["/a/../stop", "/./stop", "/stop?x", "/stop#x", "/st op"])
async def test_a_path_that_would_not_be_sent_as_it_stands_is_not_sent(
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    sent = replies(api, monkeypatch, RawReply(200, {}, b"{}", ""))
    outcome = await api.change(Request("POST", path))
    assert outcome.send_status is SendStatus.NOT_SENT
    assert outcome.problem is not None
    assert "would not be sent as it stands" in outcome.problem.text
    assert sent == []


async def test_read_only_holds_what_changes_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(Settings("prod", {}, read_only=True), {"": BASE}, safe_posts=("/login",), environ={})
    sent = replies(api, monkeypatch, RawReply(200, {}, b"{}", ""))
    outcome = await api.change(STOP)
    assert (outcome.send_status, sent) == (SendStatus.NOT_SENT, [])
    assert outcome.problem is not None and outcome.problem.cause is Cause.READ_ONLY
    assert (await api.change(Request("POST", "/login"))).send_status is SendStatus.ACCEPTED
    await api.aclose()


async def test_a_change_has_a_connection_of_its_own_and_a_read_need_not(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies(api, monkeypatch, RawReply(200, {}, b"{}", ""))
    start, fresh = api.transport.start, list[bool]()
    monkeypatch.setattr(
        api.transport, "start", lambda request, **how: fresh.append(how.get("fresh", False)) or start(request, **how)
    )
    await api.change(STOP)
    await api.get("/nodes")
    assert fresh == [True, False]


# -- what a reply means ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, b"{}", SendStatus.ACCEPTED),
        (202, b"", SendStatus.ACCEPTED),
        (299, b" \n", SendStatus.ACCEPTED),
        (200, b"<html>", SendStatus.UNKNOWN),
        (199, b"{}", SendStatus.UNKNOWN),
        (300, b"{}", SendStatus.UNKNOWN),
        (302, b"", SendStatus.UNKNOWN),
        (399, b"", SendStatus.UNKNOWN),
        (400, b"", SendStatus.REFUSED),
        (499, b"{}", SendStatus.REFUSED),
        (500, b"{}", SendStatus.UNKNOWN),
    ],
)
async def test_only_2xx_is_a_yes_and_only_4xx_a_no(
    api: Api, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, meaning: SendStatus
) -> None:
    replies(api, monkeypatch, RawReply(status, {}, body, ""))
    outcome: Outcome = await api.change(STOP)
    assert (outcome.send_status, outcome.status) == (meaning, status)
    assert (outcome.problem is None) is (meaning is SendStatus.ACCEPTED)


@pytest.mark.parametrize(("status", "shown"), [(299, True), (200, True), (300, False), (199, False), (404, False)])
async def test_what_a_refusal_echoes_is_masked(
    api: Api, monkeypatch: pytest.MonkeyPatch, status: int, shown: bool
) -> None:
    body = b'{"message": "password hunter2-hunter2 is wrong"}'
    replies(api, monkeypatch, RawReply(status, {"x": "hunter2-hunter2"}, body, ""))
    outcome = await api.change(
        Request("POST", "/keys", body={"password": "hunter2-hunter2"}, secrets=frozenset({"password"}))
    )
    assert ("hunter2" in f"{outcome.body} {outcome.problem}") is shown


@pytest.mark.parametrize(
    ("status", "body", "read"),
    [
        (200, b'{"a": 1}', {"a": 1}),
        (299, b"[]", []),
        (204, b" ", None),
        (200, b"", "HTTP 200, but the reply is empty"),
        (205, b"", "HTTP 205, but the reply is empty"),
        (199, b"{}", "199"),
        (300, b"{}", "300"),
        (404, b"{}", "404"),
        (200, b"<html><body>Log in</body></html>", "login page of the network"),
        (200, b"odd", "the reply is not JSON (no type, 3 bytes)"),
    ],
)
async def test_what_is_read(api: Api, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, read: object) -> None:
    replies(api, monkeypatch, RawReply(status, {}, body, ""))
    if not isinstance(read, str):
        assert await api.get("/nodes") == read
        return
    with pytest.raises(Failed) as failed:
        await api.get("/nodes")
    assert read in f"{failed.value.problem} {failed.value.problem.remedy}"
    assert failed.value.problem.status == (None if status == 200 and body else status)


@pytest.mark.parametrize("value", ["a\nb", "a\x00", " a", "a ", "é", "a\x7f"])
async def test_a_credential_that_no_header_can_carry_is_not_sent(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    class Proof:
        async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
            return {"X-Key": value}

        async def refused(self) -> bool:
            return False

    api = Api(Settings("prod", {}), {"": BASE}, Proof(), environ={})
    sent = replies(api, monkeypatch, RawReply(200, {}, b"{}", ""))
    with pytest.raises(Failed, match="the header X-Key would hold"):
        await api.get("/nodes")
    outcome = await api.change(STOP)
    assert (outcome.send_status, sent) == (SendStatus.NOT_SENT, [])
    await api.aclose()


@pytest.mark.parametrize(("renewed", "calls"), [(True, 2), (False, 1)])
async def test_a_401_is_asked_once_more_with_new_credentials_and_with_no_others(
    monkeypatch: pytest.MonkeyPatch, renewed: bool, calls: int
) -> None:
    class Proof:
        async def headers(self, method: str, url: str, now: float) -> Mapping[str, str]:
            return {"X-Key": "k"}

        async def refused(self) -> bool:
            return renewed

    api = Api(Settings("prod", {}), {"": BASE}, Proof(), environ={})
    sent = replies(api, monkeypatch, RawReply(401, {}, b"{}", ""))
    with pytest.raises(Failed):
        await api.get("/nodes")
    assert len(sent) == calls
    sent.clear()
    assert (await api.change(STOP)).send_status is SendStatus.REFUSED
    assert len(sent) == 1, "a change is never sent twice"
    await api.aclose()


# -- who may try again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "again"),
    [
        (Problem(Cause.NETWORK, "x"), True),
        (Problem(Cause.TIMEOUT, "x"), True),
        (Problem(Cause.SERVER, "x", status=500), True),
        (Problem(Cause.SERVER, "x", status=408), True),
        (Problem(Cause.SERVER, "x", status=499), False),
        (Problem(Cause.SERVER, "x", status=503, retry_after=1.0), False),
        (Problem(Cause.CREDENTIALS, "x"), False),
        (Problem(Cause.REPLY, "x"), False),
    ],
)
def test_what_is_worth_another_try(api: Api, problem: Problem, again: bool) -> None:
    assert api._worth_retrying(Failed(problem)) is again
    assert not api._worth_retrying(_NoProof(problem))
    assert not api._worth_retrying(ValueError())


async def test_nothing_is_tried_again_once_it_is_closed(api: Api) -> None:
    await api.aclose()
    assert not api._worth_retrying(Failed(Problem(Cause.NETWORK, "x")))


async def test_reads_are_tried_three_times_within_half_a_minute(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Mapping[str, Any]] = []
    real: Callable[..., Any] = module.stamina.retry_context
    monkeypatch.setattr(module.stamina, "retry_context", lambda **how: given.append(how) or real(**how))
    replies(api, monkeypatch, RawReply(200, {}, b"{}", ""))
    await api.get("/nodes")
    (how,) = given
    numbers = {name: how[name] for name in how if name != "on"}
    assert numbers == {"attempts": 3, "timeout": 30.0, "wait_initial": 0.2, "wait_max": 5.0, "wait_jitter": 0.5}


async def test_a_read_that_cannot_be_written_gives_its_turn_and_its_slot_back(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []

    async def pace() -> Callable[[], None]:
        return lambda: left.append(1)

    api = Api(Settings("prod", {}), {"": BASE}, concurrency=1, pace=pace, environ={})
    sent = replies(api, monkeypatch, RawReply(200, {}, b"{}", ""))
    with pytest.raises(Failed, match="as it stands"):
        await api.get("/a/../b")
    assert (left, sent) == ([1], [])
    async with module.asyncio.timeout(5):
        await api.get("/nodes")
    assert sent == ["/v1/nodes"]
    await api.aclose()
