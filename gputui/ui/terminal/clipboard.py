"""Copy text to the terminal's clipboard (OSC 52), up to the size terminals accept, or else to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.text import lines_of
from gputui.ui.widgets.picker import Pick, PickAction, Picker

if TYPE_CHECKING:
    from gputui.ui.host import Host

MOST_BYTES = 74_994
"""The limit of terminals: an escape sequence of 100,000 bytes holds this many as base64."""


async def copy(host: Host, text: str, what: str, note: str = "") -> None:
    """Copy `text`, cleaned line by line, and report it; if it is too long, offer to save it.

    The text has no trailing newline and no control characters except the line breaks between its lines.
    Must run in a worker, as it may wait for a dialog.
    """
    safe = "\n".join(lines_of(text.rstrip("\n")))
    size = len(safe.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        await _too_long(host, safe, what, size)
        return
    host.copy_to_clipboard(safe)
    notes = [part for part in (note, _doubt(host)) if part]
    told = " · ".join((f"copied {what}, {len(safe):,} characters", *notes))
    host.notify(told, markup=False, timeout=6 if notes else 3)


def _doubt(host: Host) -> str:
    """Return what may prevent copying, for the first copy only: the terminal does not confirm it."""
    if host.has_copied:
        return ""
    host.has_copied = True
    return host.copying_doubt


async def _too_long(host: Host, text: str, what: str, size: int) -> None:
    title = f"{what}: {size:,} bytes are more than terminals copy ({MOST_BYTES:,})"
    picker = Picker(title, [Pick("Save", f"to {host.dumps}/", (PickAction("s", "save"),))], whole=True)
    if await host.push_screen_wait(picker) is None:
        return
    try:
        path = host.dump("copied", {".txt": text + "\n"})
    except OSError as error:
        host.notify(f"not saved: {error.strerror}", severity="error", markup=False)
        return
    host.notify(f"saved {path}", markup=False, timeout=10)
