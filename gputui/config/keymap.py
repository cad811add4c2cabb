"""Judges the `[keys]` of a configuration: unknown ids and keys, and keys with two meanings."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping

from gputui.config.document import ConfigError, Document
from gputui.core.naming import did_you_mean

MODIFIERS = frozenset({"ctrl", "shift", "alt", "meta", "super", "hyper"})


def key_errors(
    document: Document,
    keymap: Mapping[str, str],
    everywhere: Mapping[str, str],
    views: Iterable[Mapping[str, str]],
    named: Callable[[str], bool],
) -> list[ConfigError]:
    """All errors in `keymap` (keys by id of binding).

    `everywhere` are the bindings of the console with their usual keys, `views` those of the verbs of each view, `named`
    tells whether a word is the name of a key.
    """
    verbs = [dict(view) for view in views]
    known = {**everywhere, **{identity: key for view in verbs for identity, key in view.items()}}
    errors: list[ConfigError] = []
    for identity, keys in keymap.items():
        place = ("keys", identity)
        if identity not in known:
            errors.append(document.error(place, f"there is no binding of that id{did_you_mean(identity, known)}"))
        errors += [
            document.error(place, f"there is no key called {key}{did_you_mean(key, ('ctrl+', 'shift+', 'alt+'))}")
            for key in _split(keys)
            if not _is_key(key, named)
        ]
    for view in verbs or [{}]:
        errors += _shared(document, {**everywhere, **view}, keymap)
    return list(dict.fromkeys(errors))


def _shared(document: Document, bindings: Mapping[str, str], keymap: Mapping[str, str]) -> Iterator[ConfigError]:
    taken: dict[str, str] = {}
    for identity, usual in bindings.items():
        for key in _split(keymap.get(identity, usual)):
            other = taken.setdefault(key, identity)
            own = next((one for one in (identity, other) if one in keymap), None)
            if other != identity and own is not None:
                yield document.error(("keys", own), f"{key} means both {other} and {identity}")


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip() or keys.strip()] if keys != "," else [","]


def _is_key(key: str, named: Callable[[str], bool]) -> bool:
    *modifiers, last = key.split("+") if key not in ("+", "") else (key,)
    if not set(modifiers) <= MODIFIERS or not last:
        return False
    return len(last) == 1 or named(last) or _is_character(last)


def _is_character(name: str) -> bool:
    """Whether it is the name of a character, such as `question_mark`."""
    try:
        return bool(unicodedata.lookup(name.replace("_", " ").upper()))
    except KeyError:
        return False
