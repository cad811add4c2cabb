"""The names that styles have on every line that is drawn by parts: in one place, and known to the type checker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

StyleName = Literal[
    "",
    "strong",
    "head",
    "active",
    "dim",
    "key",
    "chip",
    "meter",
    "bar",
    "cursor",
    "added",
    "removed",
    "ok",
    "changing",
    "degraded",
    "bad",
    "off",
    "unknown",
]
"""Empty is the widget's own style. The last six are those of a health, and of a tone of a cell."""

Part = tuple[str, StyleName]
"""Clean text and how it looks."""
Line = tuple[Part, ...]

_RULES: Mapping[StyleName, str] = {
    "strong": "text-style: bold;",
    "head": "text-style: bold; color: $primary;",
    "active": "text-style: bold reverse;",
    "dim": "color: $text-muted;",
    "key": "text-style: bold; color: $accent;",
    "chip": "text-style: reverse; color: $accent;",
    "meter": "color: $primary;",
    "bar": "text-style: bold; color: $primary;",
    "cursor": "text-style: bold; background: $primary 22%;",
    "added": "color: $success;",
    "removed": "color: $error;",
    "ok": "color: $success;",
    "changing": "color: $primary;",
    "degraded": "color: $warning;",
    "bad": "text-style: bold; color: $error;",
    "off": "color: $text-muted;",
    "unknown": "color: $accent;",
}


def component(prefix: str, name: StyleName) -> str:
    """The component class that stands for a style in a widget."""
    return f"{prefix}--{name}"


def components(prefix: str) -> set[str]:
    """All of them: each widget knows every style, so that none can be unknown when it is drawn."""
    return {component(prefix, name) for name in get_args(StyleName) if name}


def rules(widget: str, prefix: str, own: Mapping[StyleName, str] | None = None) -> str:
    """The style sheet for them; `own` replaces what looks otherwise in this widget."""
    lines = [f"{widget} > .{component(prefix, name)} {{ {rule} }}" for name, rule in {**_RULES, **(own or {})}.items()]
    # Without colours the terminal's dim would take its place: what is bad must not fade.
    return "\n".join([*lines, f"{widget}:nocolor > .{component(prefix, 'bad')} {{ color: $foreground; }}"])
