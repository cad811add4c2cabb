"""Removes the secrets of one request from its reply: servers echo keys and passwords in their errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gputui.core.known_secrets import spellings
from gputui.core.problem import Problem
from gputui.core.secret import STARS
from gputui.core.text import Json

_SHORTEST_PROOF = 8
_SHORTEST_FIELD = 4
_NO_SECRET = ("timestamp", "clienttype", "language")
_SECRET_WORDS = ("secret", "password", "token")


class Redaction:
    """The secrets sent with one request, in the spellings in which they may come back."""

    def __init__(
        self, proof: Mapping[str, str], body: Json, form: Mapping[str, str] | None, names: frozenset[str]
    ) -> None:
        """`proof` are the authentication headers; `names` the fields of `body` or `form` that are secret."""
        self._proof = proof
        self._body = body
        self._form = form or {}
        self._names = names

    def text(self, text: str) -> str:
        """`text` with stars for every secret, also for one cut off by an ellipsis at the end."""
        for secret in self._spellings():
            text = text.replace(secret, STARS)
            if text.endswith("…"):
                text = _without_cut(text[:-1], secret) + "…"
        return text

    def bytes(self, content: bytes) -> bytes:
        """`content` with stars for every secret."""
        for secret in self._spellings():
            content = content.replace(secret.encode("utf-8", "surrogatepass"), STARS.encode())
        return content

    def problem(self, problem: Problem) -> Problem:
        """`problem` with stars for every secret in its texts."""
        return replace(problem, text=self.text(problem.text), remedy=self.text(problem.remedy))

    def _spellings(self) -> list[str]:
        """All spellings, the longest first, because one secret may be part of another.

        Computed only when something failed: most requests never need it.
        """
        found = {*_of_headers(self._proof), *_of_body(self._body, self._names), *_of_form(self._form, self._names)}
        return sorted({way for secret in found for way in spellings(secret)}, key=len, reverse=True)


def _without_cut(text: str, secret: str) -> str:
    for length in range(len(secret) - 1, _SHORTEST_FIELD - 1, -1):
        if text.endswith(secret[:length]):
            return text[:-length] + STARS
    return text


def _of_headers(proof: Mapping[str, str]) -> Iterator[str]:
    """The values, without the scheme of `Bearer x` and the name of `token=x`, as they may come back without these."""
    for name, value in proof.items():
        if not any(word in name.lower() for word in _NO_SECRET):
            bare = value.partition(" ")[2] if " " in value else value
            bare = bare.partition("=")[2] if name.lower() == "cookie" else bare
            yield from (part for part in (value, bare) if len(part) >= _SHORTEST_PROOF)


def _of_body(body: Json, names: frozenset[str]) -> Iterator[str]:
    if isinstance(body, dict):
        for name, value in body.items():
            if name in names and isinstance(value, str) and len(value) >= _SHORTEST_FIELD:
                yield value
            else:
                yield from _of_body(value, names)
    elif isinstance(body, list):
        for value in body:
            yield from _of_body(value, names)


def _of_form(form: Mapping[str, str], names: frozenset[str]) -> Iterator[str]:
    for name, value in form.items():
        told = name in names or any(word in name.lower() for word in _SECRET_WORDS)
        if told and len(value) >= _SHORTEST_FIELD:
            yield value
