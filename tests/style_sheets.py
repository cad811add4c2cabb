"""Style sheets parsed once for all consoles of a process: Textual spends a third of each start on that."""

from __future__ import annotations

from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parse = Stylesheet._parse_rules
_known: dict[tuple[Any, ...], list[RuleSet]] = {}


def _parsed_once(
    self: Stylesheet, css: str, read_from: tuple[str, str], is_default_rules: bool, tie_breaker: int, scope: str
) -> list[RuleSet]:
    key = (css, read_from, is_default_rules, tie_breaker, scope, frozenset(self._variables.items()))
    if key not in _known:
        _known[key] = _parse(self, css, read_from, is_default_rules, tie_breaker, scope)
    return _known[key]


def share_style_sheets() -> None:
    """Let every console of this process use what one of them has parsed; rules do not change once they are parsed."""
    Stylesheet._parse_rules = _parsed_once  # type: ignore[method-assign, assignment]
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]  # the same by identity, without a call
