"""Datenfab's two headers as its document has them."""

from __future__ import annotations

from gputui.core.secret import Secret
from gputui.providers.datenfab.auth import TokenAndNamespace


async def test_both_headers_stand_on_every_request_in_the_documents_spelling() -> None:
    credentials = TokenAndNamespace(Secret("7d27443c5718e75b"), "user-17")
    for method, url in (("GET", "https://a.example/regions"), ("DELETE", "https://a.example/x?name=y")):
        assert await credentials.headers(method, url, 0.0) == {
            "authorization": "bearer 7d27443c5718e75b",
            "namespace": "user-17",
        }


async def test_a_refused_token_is_not_worth_a_second_try() -> None:
    assert await TokenAndNamespace(Secret("t"), "n").refused() is False


def test_the_token_does_not_show_itself() -> None:
    assert "7d27443c5718e75b" not in repr(vars(TokenAndNamespace(Secret("7d27443c5718e75b"), "n")))
