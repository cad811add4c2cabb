"""Which parts of a cloud's objects nobody may see: fields, variables and arguments, by name."""

from __future__ import annotations

import re

from gputui.core.links import Link
from gputui.core.secret import STARS
from gputui.core.text import Json

FIELDS = frozenset(
    {
        *("password", "passwd", "passphrase", "ssh_password", "node_password", "root_password", "os_user_password"),
        *("private_key", "ssh_private_key", "secret_key", "secretKey", "api_key", "kubeconfig"),
        *("token", "access_token", "refresh_token", "join_token", "accessToken", "refreshToken", "idToken"),
    }
)
"""Fields whose names suggest a credential: redacted in every view, documented or not."""
_SAYS_SO = re.compile(r"secret|passw|passphrase|credential", re.IGNORECASE)
_LAST_WORDS = ("token", "key", "auth")
_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])")
_VALUE = r"(\"[^\"]*\"|'[^']*'|[^\s&#'\"-][^\s&#]*)"
_GIVEN = re.compile(rf"([A-Za-z][\w.-]*=|--[A-Za-z][\w-]*\s+){_VALUE}")
_LOGIN = re.compile(r"(?<=://)[^\s/@]*:[^\s/@]+(?=@)")


def secret_name(name: str) -> bool:
    """Whether a variable or argument of this name holds a secret: `HF_TOKEN` does, `MAX_TOKENS` does not."""
    if _SAYS_SO.search(name):
        return True
    return any(word.lower().endswith(_LAST_WORDS) for word in _WORD.findall(name.replace("_", " ")))


def redact_secrets(value: Json) -> Json:
    """`value` with stars for what is secret according to the name beside it.

    That is the value of a name-value pair, as in environment variables, and of an argument or query in a text
    (`--api-key x`, `TOKEN=x`, `?token=x`), and the password of a URL.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [redact_secrets(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    name = value.get("name")
    if isinstance(name, str) and value.get("value") and secret_name(name):
        value = {**value, "value": STARS}
    return {key: redact_secrets(entry) for key, entry in value.items()}


def link(name: str, url: str) -> Link:
    """A link for a browser, shown without the secrets in its URL."""
    return Link(name, url, _text(url))


def _text(text: str) -> str:
    if "=" not in text and "--" not in text and "://" not in text:
        return text
    return _LOGIN.sub(STARS, _GIVEN.sub(_given, text))


def _given(found: re.Match[str]) -> str:
    return found[1] + STARS if secret_name(found[1]) else found[0]
