"""Many names in few letters, as people who run clusters write them: `gpu-node-[001-012,015]`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LAST_NUMBER = re.compile(r"(?P<before>.*?)(?P<digits>[0-9]{1,18})(?P<after>[^0-9]*)", re.DOTALL)


def folded(names: Iterable[str]) -> list[str]:
    """The names in the order of their first appearance; those that differ in their last number only become one.

    Each result says exactly which names it holds: where zeros lead, numbers of another width stay apart.
    """
    families: dict[tuple[str, str], list[str]] = {}
    for name in dict.fromkeys(names):
        match = _LAST_NUMBER.fullmatch(name)
        before, digits, after = match.groups() if match else (name, "", "")
        families.setdefault((before, after), []).append(digits)
    return [text for (before, after), digits in families.items() for text in _family(before, digits, after)]


def _family(before: str, digits: list[str], after: str) -> list[str]:
    if not any(each.startswith("0") and len(each) > 1 for each in digits):
        return [_written(before, digits, after, 0)]
    widths = dict.fromkeys(map(len, digits))
    return [_written(before, [each for each in digits if len(each) == width], after, width) for width in widths]


def _written(before: str, digits: list[str], after: str, width: int) -> str:
    if len(digits) == 1:
        return f"{before}{digits[0]}{after}"
    parts = [f"{first:0{width}}" + (f"-{last:0{width}}" if last > first else "") for first, last in _runs(digits)]
    return f"{before}[{','.join(parts)}]{after}"


def _runs(digits: list[str]) -> list[tuple[int, int]]:
    """Numbers that follow each other, as first and last."""
    runs: list[tuple[int, int]] = []
    for number in sorted(map(int, digits)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
