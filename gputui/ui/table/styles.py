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
LiveTable:focus > .live-table--cursor { background: $cursor; text-style: bold; }
LiveTable > .live-table--flash { background: $flash; text-style: bold; }
LiveTable > .live-table--mark { color: $accent; text-style: bold; }
LiveTable > .live-table--bar { color: $primary; text-style: bold; }
LiveTable > .live-table--stale { color: $text-muted; }
LiveTable > .live-table--tone-dim { color: $text-muted; }
LiveTable > .live-table--tone-ok { color: $status-ok; background: $status-ok-ground; }
LiveTable > .live-table--tone-changing { color: $status-changing; background: $status-changing-ground; }
LiveTable > .live-table--tone-degraded { color: $status-degraded; background: $status-degraded-ground; }
LiveTable > .live-table--tone-bad { color: $status-bad; background: $status-bad-ground; text-style: bold; }
LiveTable:nocolor > .live-table--tone-bad { color: $foreground; }
LiveTable > .live-table--tone-off { color: $status-off; background: $status-off-ground; }
LiveTable > .live-table--tone-unknown { color: $status-unknown; background: $status-unknown-ground; }
"""
