"""How a Run:ai token is asked for, how long it lives, and that all requests share one."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Reply, Request
from gputui.core.secret import Secret
from gputui.core.text import Json
from gputui.providers.runai.auth import TokenCall, read_token
from gputui.providers.session import Token, TokenSession

NOW = 1_770_000_000.0
GOOD: Json = {"accessToken": "opaque"}


def refusal(status: int, cause: Cause = Cause.REFUSED) -> Failed:
    return Failed(Problem(cause, f"HTTP {status}", status=status))


class Tokens:
    """Stands where the Api stands: answers from a list and keeps what it was asked."""

    def __init__(self, *answers: Json | Failed) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Json, Mapping[str, str] | None]] = []

    async def read(self, request: Request, *, form: Mapping[str, str] | None = None) -> Reply:
        self.asked.append((f"{request.method} {request.path}", request.body, form))
        answer = self.answers.pop(0)
        if isinstance(answer, Failed):
            raise answer
        return Reply(200, answer)


def call(tokens: Any, grant: Any = "app_token") -> TokenCall:
    return TokenCall(tokens, "the-id", Secret("the-secret"), grant)


APP = {"grantType": "app_token", "AppId": "the-id", "AppSecret": "the-secret"}
CLIENT = {"grantType": "client_credentials", "clientId": "the-id", "clientSecret": "the-secret"}
FORM = {"grant_type": "client_credentials", "client_id": "the-id", "client_secret": "the-secret"}


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ("app_token", ("POST /api/v1/token", APP, None)),
        ("client_credentials", ("POST /api/v1/token", CLIENT, None)),
        ("v2", ("POST /api/v2/token", None, FORM)),
    ],
)
async def test_each_grant_has_its_documented_body(grant: str, expected: Any) -> None:
    tokens = Tokens(GOOD)
    assert (await call(tokens, grant)(NOW)).value == Secret("opaque")
    assert tokens.asked == [expected]


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refused_app_token_is_tried_once_as_client_credentials_and_remembered(status: int) -> None:
    tokens = Tokens(refusal(status), GOOD, GOOD)
    token_call = call(tokens)
    await token_call(NOW)
    await token_call(NOW)
    assert [body for _, body, _ in tokens.asked] == [APP, CLIENT, CLIENT]


async def test_after_a_failure_both_grants_are_tried_again() -> None:
    tokens = Tokens(refusal(400), GOOD, refusal(401), GOOD)
    token_call = call(tokens)
    await token_call(NOW)
    with pytest.raises(Failed):
        await token_call(NOW)
    await token_call(NOW)
    assert [body for _, body, _ in tokens.asked] == [APP, CLIENT, CLIENT, APP]


@pytest.mark.parametrize("grant", ["client_credentials", "v2"])
async def test_a_chosen_grant_is_the_only_one(grant: str) -> None:
    tokens = Tokens(refusal(401), GOOD)
    with pytest.raises(Failed):
        await call(tokens, grant)(NOW)
    assert len(tokens.asked) == 1


@pytest.mark.parametrize(
    ("status", "given", "cause"),
    [
        (400, Cause.REFUSED, Cause.REFUSED),
        (401, Cause.CREDENTIALS, Cause.CREDENTIALS),
        (403, Cause.FORBIDDEN, Cause.FORBIDDEN),
        (409, Cause.REFUSED, Cause.REFUSED),
        (451, Cause.REFUSED, Cause.REFUSED),
    ],
)
async def test_only_a_401_of_the_token_call_proves_bad_credentials(status: int, given: Cause, cause: Cause) -> None:
    with pytest.raises(Failed) as failed:
        await call(Tokens(refusal(status, given), refusal(status, given)))(NOW)
    problem = failed.value.problem
    assert (problem.cause, problem.status) == (cause, status)
    assert "client_secret" in problem.remedy


@pytest.mark.parametrize("word", ["invalid_client", "invalid_grant", "unauthorized_client"])
async def test_oauths_own_words_prove_bad_credentials_too(word: str) -> None:
    said = Failed(Problem(Cause.REFUSED, f"HTTP 400: {word}", status=400))
    with pytest.raises(Failed) as failed:
        await call(Tokens(said, said))(NOW)
    assert failed.value.problem.cause is Cause.CREDENTIALS


async def test_a_server_in_trouble_is_not_taken_for_wrong_credentials() -> None:
    tokens = Tokens(refusal(503, Cause.SERVER))
    with pytest.raises(Failed) as failed:
        await call(tokens)(NOW)
    assert failed.value.problem.cause is Cause.SERVER
    assert len(tokens.asked) == 1


@pytest.mark.parametrize("body", [None, [], {}, {"accessToken": None}, {"accessToken": 7}, {"accessToken": ""}])
async def test_a_reply_without_a_token_is_a_bad_reply(body: Json) -> None:
    with pytest.raises(Failed) as failed:
        read_token(body, NOW)
    assert failed.value.problem.cause is Cause.REPLY


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("body", "lifetime"),
    [
        ({"accessToken": "opaque"}, 3600),
        ({"accessToken": "opaque", "expiresIn": 600}, 600),
        ({"accessToken": "opaque", "expiresIn": "600"}, 600),
        ({"access_token": "opaque", "token_type": "Bearer", "expires_in": 36000}, 36000),
        ({"accessToken": jwt({"exp": NOW + 900}), "expiresIn": 600}, 600),
        ({"accessToken": jwt({"exp": NOW + 900})}, 900),
        ({"accessToken": jwt({"exp": NOW + 4500, "iat": NOW + 3600})}, 900),  # this clock is an hour behind
        ({"accessToken": jwt({"exp": NOW - 10})}, 3600),
        ({"accessToken": jwt({"exp": "soon"})}, 3600),
        ({"accessToken": jwt(["exp"])}, 3600),
        ({"accessToken": "a.!!!.c"}, 3600),
        ({"accessToken": "a.e30.c"}, 3600),
        ({"accessToken": "opaque", "expiresIn": 0}, 3600),
        ({"accessToken": "opaque", "expiresIn": -5}, 3600),
        ({"accessToken": "opaque", "expiresIn": None}, 3600),
    ],
)
def test_a_token_is_renewed_a_minute_before_its_end(body: Json, lifetime: float) -> None:
    assert read_token(body, NOW).renew_at == NOW + lifetime - 60


def test_a_very_short_token_is_still_used() -> None:
    assert read_token({"accessToken": "opaque", "expiresIn": 40}, NOW).renew_at == NOW + 20


class Source:
    """Gives numbered tokens, each when the gate is open."""

    def __init__(self, lifetime: float = 1000.0) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.calls = 0
        self.lifetime = lifetime
        self.failure: Failed | None = None

    async def __call__(self, now: float) -> Token:
        self.calls += 1
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Token(Secret(f"token-{self.calls}"), now + self.lifetime)


def session(source: Source) -> TokenSession:
    return TokenSession(source, lambda: NOW, lambda token: {"authorization": f"Bearer {token}"})


async def ask(shared: TokenSession, now: float = NOW) -> str:
    return (await shared.headers("GET", "https://a.example", now))["authorization"]


async def test_all_who_wait_get_the_one_token() -> None:
    source = Source()
    source.gate.clear()
    shared = session(source)
    waiting = [asyncio.create_task(ask(shared)) for _ in range(20)]
    await asyncio.sleep(0)
    source.gate.set()
    assert set(await asyncio.gather(*waiting)) == {"Bearer token-1"}
    assert source.calls == 1


async def test_a_token_is_kept_until_it_is_time() -> None:
    source = Source(lifetime=100)
    shared = session(source)
    assert [await ask(shared, NOW + later) for later in (0, 99, 100)] == [
        "Bearer token-1",
        "Bearer token-1",
        "Bearer token-2",
    ]


async def test_who_stops_waiting_does_not_take_the_token_from_the_others() -> None:
    source = Source()
    source.gate.clear()
    shared = session(source)
    impatient, patient = (asyncio.create_task(ask(shared)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    source.gate.set()
    assert await patient == "Bearer token-1"
    assert source.calls == 1


async def test_a_failure_that_nobody_waits_for_is_not_called_a_bug() -> None:
    source = Source()
    source.gate.clear()
    source.failure = Failed(Problem(Cause.CREDENTIALS, "no"))
    shared = session(source)
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    impatient = asyncio.create_task(ask(shared))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    source.gate.set()
    while shared._renewal is not None:
        await asyncio.sleep(0)
    gc.collect()
    assert complaints == []


async def test_requests_refused_together_renew_once() -> None:
    source = Source()
    shared = session(source)
    sent, answered = 0, asyncio.Event()

    async def request() -> tuple[bool, str]:
        nonlocal sent
        await ask(shared)
        sent += 1
        if sent == 5:
            answered.set()
        await answered.wait()
        return await shared.refused(), await ask(shared)

    assert await asyncio.gather(*(request() for _ in range(5))) == [(True, "Bearer token-2")] * 5
    assert source.calls == 2


async def test_a_late_refusal_of_an_old_token_uses_the_new_one() -> None:
    source = Source()
    shared = session(source)
    await ask(shared)

    async def other() -> None:
        await ask(shared)
        await shared.refused()

    await asyncio.create_task(other())
    assert await shared.refused() is True
    assert await ask(shared) == "Bearer token-2"
    assert source.calls == 2


async def test_a_failed_renewal_is_told_to_all_and_tried_again_by_the_next() -> None:
    source = Source()
    source.failure = refusal(401, Cause.CREDENTIALS)
    shared = session(source)
    results = await asyncio.gather(*(ask(shared) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [Failed] * 3
    assert source.calls == 1
    source.failure = None
    assert await ask(shared) == "Bearer token-2"
