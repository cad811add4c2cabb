"""The styles of a table: their names, and their definition by the theme."""

from __future__ import annotations

TONES = ("plain", "dim", "ok", "changing", "degraded", "bad", "off", "unknown")
PREFIX = "live-table--"
COMPONENTS = frozenset(
    PREFIX + look for look in ("header", "cursor", "flash", "mark", "bar", "stale", *(f"tone-{tone}" for tone in TONES))
)
TABLE_CSS = """
LiveTable {
    height: 1fr; background: $surface; color: $foreground;
    overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable; scrollbar-size-vertical: 1;
}
LiveTable > .live-table--header { background: $panel; color: $foreground; text-style: bold; }
LiveTable > .live-table--cursor { text-style: bold; }
LiveTable:focus > .live-table--cursor { background: $primary 22%; text-style: bold; }
LiveTable > .live-table--flash { background: $accent 25%; text-style: bold; }
LiveTable > .live-table--mark { color: $accent; text-style: bold; }
LiveTable > .live-table--bar { color: $primary; text-style: bold; }
LiveTable > .live-table--stale { color: $text-muted; }
LiveTable > .live-table--tone-dim { color: $text-muted; }
LiveTable > .live-table--tone-ok { color: $status-ok; }
LiveTable > .live-table--tone-changing { color: $status-changing; }
LiveTable > .live-table--tone-degraded { color: $status-degraded; }
LiveTable > .live-table--tone-bad { color: $status-bad; text-style: bold; }
LiveTable:nocolor > .live-table--tone-bad { color: $foreground; }
LiveTable > .live-table--tone-off { color: $status-off; }
LiveTable > .live-table--tone-unknown { color: $status-unknown; }
"""
