"""The style names of all lines drawn by parts, in one place and known to the type checker."""

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
    "curve-1",
    "curve-2",
    "curve-3",
    "curve-4",
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
"""Empty is the widget's own style. The last six are those of a health and of a cell's tone."""

Part = tuple[str, StyleName]
"""Clean text and its style."""
Line = tuple[Part, ...]

_RULES: Mapping[StyleName, str] = {
    "strong": "text-style: bold;",
    "head": "text-style: bold; color: $primary;",
    "active": "text-style: bold reverse;",
    "dim": "color: $text-muted;",
    "key": "text-style: bold; color: $accent;",
    "chip": "text-style: reverse; color: $accent;",
    "meter": "color: $primary;",
    "curve-1": "color: $primary;",
    "curve-2": "color: $accent;",
    "curve-3": "color: $success;",
    "curve-4": "color: $foreground;",
    "bar": "text-style: bold; color: $primary;",
    "cursor": "text-style: bold; background: $cursor;",
    "added": "color: $success;",
    "removed": "color: $error;",
    "ok": "color: $status-ok; background: $status-ok-ground;",
    "changing": "color: $status-changing; background: $status-changing-ground;",
    "degraded": "color: $status-degraded; background: $status-degraded-ground;",
    "bad": "text-style: bold; color: $status-bad; background: $status-bad-ground;",
    "off": "color: $status-off; background: $status-off-ground;",
    "unknown": "color: $status-unknown; background: $status-unknown-ground;",
}


def component(prefix: str, name: StyleName) -> str:
    """Return the component class for a style in a widget."""
    return f"{prefix}--{name}"


def components(prefix: str) -> set[str]:
    """Return the component classes of all styles, so that every widget knows each style."""
    return {component(prefix, name) for name in get_args(StyleName) if name}


def rules(widget: str, prefix: str, own: Mapping[StyleName, str] | None = None) -> str:
    """Return the style sheet for the styles; `own` overrides some of them in this widget."""
    lines = [f"{widget} > .{component(prefix, name)} {{ {rule} }}" for name, rule in {**_RULES, **(own or {})}.items()]
    # Without colours the terminal's dim would take its place: bad states must not be dimmed.
    return "\n".join([*lines, f"{widget}:nocolor > .{component(prefix, 'bad')} {{ color: $foreground; }}"])
