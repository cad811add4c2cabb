"""The configuration in a form that can be shown: every secret, and every possible secret, is replaced."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from gputui.config.profiles import GENERAL_KEYS, PROFILE_KEYS
from gputui.config.ssh_table import TAKES
from gputui.core.secret import STARS

OpenKeys = Callable[[str], frozenset[str]]
"""Returns for a provider's id which of its own keys hold no secrets; none for an unknown provider."""


def masked_config(values: Mapping[str, Any], open_keys: OpenKeys) -> dict[str, Any]:
    """A copy of the file's table without secrets. An unknown key may hold one, so its value is hidden."""
    shown: dict[str, Any] = {}
    for key, value in values.items():
        if key == "profiles" and isinstance(value, Mapping):
            shown[key] = {name: _profile(profile, open_keys) for name, profile in value.items()}
        elif key in GENERAL_KEYS and key != "profiles":
            shown[key] = value
        else:
            shown[key] = _hidden(value)
    return shown


def _profile(values: object, open_keys: OpenKeys) -> Any:
    if not isinstance(values, Mapping):
        return _hidden(values)
    known = open_keys(str(values.get("provider", "")))
    shown: dict[str, Any] = {}
    for key, value in values.items():
        if key == "ssh" and isinstance(value, Mapping):
            shown[key] = {name: entry if name in TAKES else _hidden(entry) for name, entry in value.items()}
        elif (key in PROFILE_KEYS and key != "ssh") or key in known:
            shown[key] = _address(value)
        else:
            shown[key] = _hidden(value)
    return shown


def _hidden(value: object) -> Any:
    if isinstance(value, Mapping):
        return {name: _hidden(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_hidden(entry) for entry in value]
    if not isinstance(value, str):
        return STARS
    if value.startswith(("env:", "file:", "keyring:")):
        return value  # only says where the secret is, which is what the reader looks for
    return f"cmd:{_program(value[4:])} {STARS}" if value.startswith("cmd:") else STARS


def _program(line: str) -> str:
    """The first word of a command: the others may be anything."""
    try:
        return next(iter(shlex.split(line)), "")
    except ValueError:
        return ""


def _address(value: object) -> Any:
    """The value; for a URL with a password in it, without the password."""
    if not isinstance(value, str) or "@" not in value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return STARS
    if not parts.netloc or "@" not in parts.netloc:
        return value
    return parts._replace(netloc=f"{STARS}@{parts.netloc.rpartition('@')[2]}").geturl()
