"""Many names in few words, in the notation of dshbak: `gpu-node-[001-003,007], login`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_LAST_NUMBER = re.compile(r"(.*?)([0-9]{1,9})([^0-9]*)", re.DOTALL)


def compressed(names: Iterable[str]) -> str:
    """The names with their last numbers as ranges, in the order in which the first of each kind came.

    Nothing is lost: leading zeros stay, and a name that occurs twice is written twice.
    """
    kinds: dict[tuple[str, str, int], list[str]] = {}
    for name, key, number in _taken_apart(list(names)):
        kinds.setdefault(key, []).append(number or name)
    return ", ".join(_written(kind, found) for kind, found in kinds.items())


def _taken_apart(names: Sequence[str]) -> Iterator[tuple[str, tuple[str, str, int], str]]:
    """Each name with what it shares with its kind (prefix, suffix, width where zero-padded) and its number."""
    matches = [_LAST_NUMBER.fullmatch(name) for name in names]
    filled = {
        (match[1], match[3], len(match[2])) for match in matches if match and match[2][0] == "0" and len(match[2]) > 1
    }
    for name, match in zip(names, matches, strict=True):
        if match is None:
            yield name, (name, "", -1), ""
            continue
        wide = (match[1], match[3], len(match[2]))
        yield name, wide if wide in filled else (match[1], match[3], 0), match[2]


def _written(kind: tuple[str, str, int], found: Sequence[str]) -> str:
    before, behind, width = kind
    if width < 0:
        return ", ".join(found)
    if len(found) == 1:
        return f"{before}{found[0]}{behind}"
    return f"{before}[{','.join(_spans(sorted(map(int, found)), width))}]{behind}"


def _spans(numbers: Sequence[int], width: int) -> Iterator[str]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number == last + 1:
            last = number
            continue
        yield _span(first, last, width)
        first = last = number
    yield _span(first, last, width)


def _span(first: int, last: int, width: int) -> str:
    return f"{first:0{width}}" if first == last else f"{first:0{width}}-{last:0{width}}"
