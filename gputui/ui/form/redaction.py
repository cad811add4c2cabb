"""A request's body as editable text: secrets are replaced by stars and restored from the original body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gputui.core.secret import STARS
from gputui.core.text import Json

_SHORTEST_BARE = 4
"""Shorter texts occur in too many words by chance."""


@dataclass(frozen=True, slots=True)
class Starred:
    """The text, and the JSON of the secret behind each `***`, `***2`, … in it (`names` are their fields).

    The stars are numbered, so that a secret follows its stars when they are moved, and never ends up in another's
    place.
    """

    text: str
    names: frozenset[str] = frozenset()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def revealed(self, text: str) -> str:
        """Return an edited text with the secrets restored, line for line. Never write it to disk."""
        if not self.secrets:
            return text
        names = "|".join(re.escape(json.dumps(name, ensure_ascii=False)) for name in self.names)
        pattern = re.compile(rf'((?:{names})\s*:\s*)"({re.escape(STARS)}\d*)"')
        return pattern.sub(lambda found: found[1] + self.secrets.get(found[2], json.dumps(found[2])), text)

    def hidden(self, words: str) -> str:
        """Return `words` with stars for every secret, as complaints quote the text."""
        ways = {way for secret in self.secrets.values() for way in _spellings(secret)}
        for way in sorted(ways, key=len, reverse=True):
            words = words.replace(way, STARS)
        return words


def _spellings(secret: str) -> tuple[str, ...]:
    """Return the spellings of a secret: JSON, and, if long enough, bare and as a Python repr."""
    value = json.loads(secret)
    bare = isinstance(value, str) and len(value) >= _SHORTEST_BARE
    return (secret, value, secret[1:-1], repr(value)[1:-1]) if bare else (secret,)


def redact(body: Json, names: frozenset[str]) -> Starred:
    """Return `body` as indented JSON without the values of the fields in `names`."""
    secrets: dict[str, str] = {}

    def without(value: Json) -> Json:
        if isinstance(value, dict):
            return {key: mask(entry) if key in names and entry else without(entry) for key, entry in value.items()}
        return [without(entry) for entry in value] if isinstance(value, list) else value

    def mask(secret: Json) -> str:
        stars = f"{STARS}{len(secrets) + 1}" if secrets else STARS
        secrets[stars] = json.dumps(secret, ensure_ascii=False)
        return stars

    return Starred(json.dumps(without(body), indent=2, ensure_ascii=False) + "\n", names, secrets)
