"""Finds providers, ours and strangers' alike, through their entry points; a broken one is one profile's error."""

from __future__ import annotations

import functools
import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from gputui.config.document import ConfigError
from gputui.config.tables import meant
from gputui.core.provider import Provider

GROUP = "gputui.providers"


def names() -> tuple[str, ...]:
    """The ids of all installed providers, sorted, without importing any."""
    return tuple(sorted({entry.name for entry in _installed(tuple(sys.path))}))


def load(name: str) -> Provider[Any] | ConfigError:
    """Import one provider by its id; what is wrong with it, or with the id, is a value."""
    found = {entry.value: entry for entry in _installed(tuple(sys.path)) if entry.name == name}
    if not found:
        known = names()
        return ConfigError(f"no installed provider is called {name}{meant(name, known)}", allowed=known)
    if len(found) > 1:
        return ConfigError(f"two installed packages provide {name}: {' and '.join(sorted(found))}; remove one")
    return _import(next(iter(found.values())))


@functools.lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """The entry points of all packages on `path`. Looked for once: that takes 8 ms, and every profile asks."""
    return tuple(entry_points(group=GROUP))


def _import(entry: EntryPoint) -> Provider[Any] | ConfigError:
    try:
        loaded = entry.load()
    except Exception as error:  # noqa: BLE001 - a stranger's package may fail in any way
        return ConfigError(f"the provider {entry.name} cannot be loaded: {type(error).__name__}: {error}")
    if not isinstance(loaded, Provider):
        return ConfigError(f"the provider {entry.name} cannot be used: {entry.value} is no Provider")
    return loaded
