"""Text on its way to the terminal's clipboard (OSC 52), as far as terminals take it; else to a file."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gputui.core.text import lines_of
from gputui.ui.picker import Pick, Picker, Way

if TYPE_CHECKING:
    from gputui.ui.app import ConsoleApp

MOST_BYTES = 74_994
"""What terminals take at once: 100,000 bytes of escape sequence hold so many as base64."""
_MULTIPLEXERS = {"tmux": "tmux takes it with `set -g set-clipboard on` only", "screen": "screen lets none through"}


async def copy(app: ConsoleApp, text: str, what: str, note: str = "") -> None:
    """Copy `text`, cleaned line by line, and say that it was; where it is too long, offer to save it.

    Nothing in it can press Enter at its end, and no control character is left but the line breaks between its lines.
    Must run in a worker: it may wait for a dialog.
    """
    safe = "\n".join(lines_of(text.rstrip("\n")))
    size = len(safe.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        await _too_long(app, safe, what, size)
        return
    app.copy_to_clipboard(safe)
    notes = [part for part in (note, _doubt(app)) if part]
    app.notify(f"copied {what}" + "".join(f" · {part}" for part in notes), markup=False, timeout=6 if notes else 3)


def _doubt(app: ConsoleApp) -> str:
    """What may keep it from the clipboard, said with the first copy only: nothing answers whether it arrived."""
    if app.has_copied:
        return ""
    app.has_copied = True
    return next((words for name, words in _MULTIPLEXERS.items() if app.reach.term.startswith(name)), "")


async def _too_long(app: ConsoleApp, text: str, what: str, size: int) -> None:
    title = f"{what}: {size:,} bytes are more than terminals copy ({MOST_BYTES:,})"
    picker = Picker(title, [Pick("Save", f"to {app.dumps}/", (Way("s", "save"),))], whole=True)
    if await app.push_screen_wait(picker) is None:
        return
    try:
        path = _save(app.dumps, text, app.deck.clock.now())
    except OSError as error:
        app.notify(f"not saved: {error.strerror}", severity="error", markup=False)
        return
    app.notify(f"saved {path}", markup=False, timeout=10)


def _save(folder: Path, text: str, at: float) -> Path:
    """Write a new file, 0600 in a folder made 0700; one that is there is never written over. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = datetime.fromtimestamp(at).strftime("copied-%Y%m%d-%H%M%S")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for number in range(1, 1000):
        path = folder / (f"{stem}.txt" if number == 1 else f"{stem}-{number}.txt")
        try:
            handle = os.open(path, flags, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text + "\n")
        return path
    raise FileExistsError(f"{folder} is full of copies of this second")
