"""Finds all providers, ours and plugins, by entry point; a broken one is an error of its profiles only."""

from __future__ import annotations

import functools
import logging
import sys
from typing import TYPE_CHECKING, Any

from gputui.config.document import ConfigError
from gputui.core.guarded import guarded
from gputui.core.naming import did_you_mean
from gputui.core.provider import Provider
from gputui.core.text import clean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "gputui.providers"
_log = logging.getLogger(__name__)


def names() -> tuple[str, ...]:
    """The ids of all installed providers, sorted, without importing any."""
    return tuple(sorted({entry.name for entry in _installed(tuple(sys.path))}))


def load(name: str) -> Provider[Any] | ConfigError:
    """Import one provider by its id; an unknown id or a broken provider gives a ConfigError."""
    found = {entry.value: entry for entry in _installed(tuple(sys.path)) if entry.name == name}
    if not found:
        known = names()
        return ConfigError(f"no installed provider is called {name}{did_you_mean(name, known)}", allowed=known)
    if len(found) > 1:
        return ConfigError(f"two installed packages provide {name}: {' and '.join(sorted(found))}; remove one")
    return _import(next(iter(found.values())))


@functools.lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """The entry points of all packages on `path`. Cached: finding them takes 8 ms, and every profile asks."""
    from importlib.metadata import entry_points  # 12 milliseconds, of which the first frame needs nothing

    return tuple(entry_points(group=GROUP))


def _import(entry: EntryPoint) -> Provider[Any] | ConfigError:
    """The provider with each of its functions guarded: all providers are made here."""
    try:
        loaded = entry.load()
    except BaseException as error:  # noqa: BLE001 - a plugin may fail in any way, including sys.exit()
        _log.error("the provider %s cannot be loaded", entry.name, exc_info=error)
        return ConfigError(f"the provider {entry.name} cannot be loaded: {clean(_words(error))}")
    if not isinstance(loaded, Provider):
        return ConfigError(f"the provider {entry.name} cannot be used: {entry.value} is no Provider")
    try:
        return guarded(loaded)
    except Exception as error:  # noqa: BLE001 - as above
        return ConfigError(f"the provider {entry.name} cannot be used: {clean(_words(error))}")


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - an error that cannot even be printed
        return type(error).__name__
