"""hosted·ai's three schemes, its address, and the session that a login opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.request import Reply, Request
from gputui.core.secret import Secret
from gputui.core.text import Json
from gputui.providers.address import with_path
from gputui.providers.hostedai.auth import ApiKey, LogIn, cookie
from gputui.providers.hostedai.views import PROVIDER


class Panel:
    """Stands where the Api stands: gives one answer and keeps what it was asked."""

    def __init__(self, answer: Json | Failed) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    async def read(self, request: Request, *, form: Mapping[str, str] | None = None) -> Reply:
        self.asked.append(request)
        if isinstance(self.answer, Failed):
            raise self.answer
        return Reply(200, self.answer)


def log_in(panel: Any) -> LogIn:
    return LogIn(panel, "admin", Secret("pass-word"))


@pytest.mark.parametrize(
    ("scheme", "header"), [("bearer", {"authorization": "Bearer k-1"}), ("x-api-key", {"x-api-key": "k-1"})]
)
async def test_a_key_goes_into_the_header_of_its_scheme(scheme: str, header: Mapping[str, str]) -> None:
    key = ApiKey(scheme, Secret("k-1"))
    assert await key.headers("GET", "https://a.example/api/regions", 0.0) == header
    assert await key.refused() is False


async def test_a_login_sends_name_and_password_and_takes_the_token() -> None:
    panel = Panel({"id": 1, "username": "admin", "token": "t-1"})
    token = await log_in(panel)(0.0)
    (request,) = panel.asked
    assert (request.method, request.path) == ("POST", "/login")
    assert request.body == {"username": "admin", "password": "pass-word"}
    assert request.secrets == {"password"}
    assert cookie(token.value.reveal()) == {"cookie": "token=t-1"}


@pytest.mark.parametrize("cause", [Cause.CREDENTIALS, Cause.FORBIDDEN, Cause.REFUSED])
async def test_a_refused_login_names_the_password_and_only_a_401_proves_it_bad(cause: Cause) -> None:
    with pytest.raises(Failed) as failed:
        await log_in(Panel(Failed(Problem(cause, "no"))))(0.0)
    assert failed.value.problem.cause is cause
    assert "password" in failed.value.problem.remedy


async def test_a_panel_in_trouble_is_not_taken_for_a_wrong_password() -> None:
    with pytest.raises(Failed) as failed:
        await log_in(Panel(Failed(Problem(Cause.SERVER, "down"))))(0.0)
    assert failed.value.problem.cause is Cause.SERVER


@pytest.mark.parametrize("body", [None, [], {}, {"token": None}, {"token": ""}, {"token": 7}])
async def test_a_login_without_a_token_is_a_bad_reply(body: Json) -> None:
    with pytest.raises(Failed) as failed:
        await log_in(Panel(body))(0.0)
    assert failed.value.problem.cause is Cause.REPLY


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://panel.example.com", "https://panel.example.com/api"),
        ("https://panel.example.com/", "https://panel.example.com/api"),
        ("https://panel.example.com/api", "https://panel.example.com/api"),
        ("https://panel.example.com/api/", "https://panel.example.com/api/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api"),
        ("https://panel.example.com/admin/api", "https://panel.example.com/admin/api"),
    ],
)
def test_the_path_is_added_where_there_is_none(given: str, used: str) -> None:
    assert with_path(given, "/api") == used


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"token": Secret("t")}, None),
        ({"auth": "x-api-key", "token": Secret("t")}, None),
        ({"auth": "login", "username": "u", "password": Secret("p")}, None),
        ({}, "token"),
        ({"auth": "bearer", "username": "u", "password": Secret("p")}, "token"),
        ({"auth": "x-api-key", "token": Secret("")}, "token"),
        ({"auth": "login", "password": Secret("p"), "token": Secret("t")}, "username"),
        ({"auth": "login", "username": "u"}, "password"),
    ],
)
def test_each_scheme_says_what_it_needs(values: dict[str, Any], missing: str | None) -> None:
    assert PROVIDER.check is not None
    complaint = PROVIDER.check(values)
    assert (complaint[0] if complaint else None) == missing
