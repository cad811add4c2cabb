"""Checks a profile's own keys against those its provider takes, and resolves the secrets."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from gputui.config.document import ConfigError
from gputui.config.profiles import PROFILE_KEYS, Profile
from gputui.config.references import is_variable, mistaken_reference
from gputui.config.secrets import is_reference
from gputui.config.tables import InvalidValue, Table, kind, text
from gputui.core.provider import Provider, Setting, Settings
from gputui.core.secret import Secret

Resolve = Callable[[str], "Secret | ConfigError"]
Errors = tuple[ConfigError, ...]
PLAIN = "holds a secret in plain text"


def settings_of(
    profile: Profile, provider: Provider[Any], resolve: Resolve, *, read_only: bool = False
) -> Settings | Errors:
    """What `provider` needs to connect, or all errors of the profile. May block on secrets.

    `read_only` holds for the whole console and adds to the profile's own setting.
    """
    found = Table(profile.source, ("profiles", profile.name), profile.own)
    values: dict[str, Any] = {}
    for setting in provider.settings:
        if setting.name in found.left:
            value = found.take(setting.name, _fit(setting, profile, resolve), None)
        elif setting.required:
            found.complain(setting.name, f"is missing{f': {setting.help}' if setting.help else ''}", setting.allowed)
            continue
        else:
            value = setting.default
        if value is not None:
            values[setting.name] = value
    found.refuse_rest((*(setting.name for setting in provider.settings), *PROFILE_KEYS))
    errors = (*profile.errors, *found.errors)
    # It judges values together: where one of them is wrong, what it says may follow from that.
    if not found.errors and provider.check is not None and (complaint := provider.check(values)):
        errors = (*errors, profile.source.error(("profiles", profile.name, complaint[0]), complaint[1]))
    if errors:
        return errors
    held = read_only or profile.read_only
    return Settings(profile.name, values, held, profile.ca_file, profile.client_cert, profile.proxy)


def _fit(setting: Setting, profile: Profile, resolve: Resolve) -> Callable[[object], Any]:
    if setting.kind == "secret":
        return lambda value: _secret(value, profile, resolve)
    if setting.kind == "url":
        return url
    if setting.kind == "texts":
        return lambda value: tuple(text(entry) for entry in _list(value))
    if setting.kind == "numbers":
        return lambda value: tuple(_number(entry) for entry in _list(value))
    return lambda value: _word(value, setting.allowed)


def _secret(value: object, profile: Profile, resolve: Resolve) -> Secret:
    given = text(value)
    if mistake := mistaken_reference(given):
        raise InvalidValue(mistake)
    if not is_reference(given) and profile.source.loose:
        raise InvalidValue(f"{PLAIN}, and {profile.source.loose}")
    resolved = resolve(given)
    if isinstance(resolved, ConfigError):
        raise InvalidValue(resolved.message)
    return resolved


def _word(value: object, allowed: tuple[str, ...]) -> str:
    given = text(value)
    if is_reference(given.casefold()) or is_variable(given):
        raise InvalidValue("takes the text itself: only secrets can be references (env:, file:, cmd:, keyring:)")
    if allowed and given not in allowed:
        raise InvalidValue("is not one of the words it may be", allowed)
    if not given.isprintable():
        raise InvalidValue("contains characters that cannot be shown")
    return given


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise InvalidValue(f"must be a list in square brackets, not {kind(value)}")
    return value


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue(f"must hold whole numbers, not {kind(value)}")
    return value


def url(value: object) -> str:
    """An API URL: https, or http to this machine itself; only host, port and path."""
    given = text(value)
    if not given.isascii() or not given.isprintable() or " " in given:
        raise InvalidValue("contains characters that no address may have")
    try:
        parts = urlsplit(given)
        host, number = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidValue("is not an address like https://api.example.com") from None
    if parts.scheme not in ("https", "http") or not host or number == 0:
        raise InvalidValue("is not an address like https://api.example.com")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InvalidValue("takes scheme, host, port and path only: credentials have keys of their own")
    if parts.scheme == "http" and not _loopback(host):
        raise InvalidValue("must start with https://: http:// is accepted for loopback addresses only")
    return given


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def at(profile: Profile, error: ConfigError) -> ConfigError:
    """An error about the profile as a whole, with its file and line."""
    placed = profile.source.error(("profiles", profile.name, "provider"), error.message, error.allowed)
    return replace(placed, key=f"profiles.{profile.name}.provider")
