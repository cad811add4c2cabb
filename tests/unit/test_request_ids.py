"""The id that a cloud gives a request is kept for the journal, whichever way it gives it."""

from __future__ import annotations

import pytest

from gputui.core.text import Json
from gputui.net.api import _request_id
from gputui.net.transport import RawReply

HEADERS = ("x-request-id", "request-id", "x-ncp-trace-id", "x-amzn-requestid", "x-correlation-id")


@pytest.mark.parametrize("name", HEADERS)
def test_in_any_of_the_usual_headers(name: str) -> None:
    assert _request_id(RawReply(200, {name: "req-1", "date": "now"}, b"", ""), None) == "req-1"


@pytest.mark.parametrize(
    ("body", "id"),
    [
        ({"request_id": "req-2"}, "req-2"),
        ({"request_id": 7}, "7"),
        ({"request_id": None}, ""),
        ({}, ""),
        (["request_id"], ""),
        (None, ""),
    ],
)
def test_else_in_the_body(body: Json, id: str) -> None:
    assert _request_id(RawReply(200, {}, b"", ""), body) == id


def test_a_header_comes_before_the_body_and_neither_commands_the_terminal() -> None:
    assert _request_id(RawReply(200, {"request-id": "head"}, b"", ""), {"request_id": "body"}) == "head"
    assert "\x1b" not in _request_id(RawReply(200, {"request-id": "\x1b[2J" + "x" * 300}, b"", ""), None)
    assert len(_request_id(RawReply(200, {"request-id": "x" * 300}, b"", ""), None)) == 200
