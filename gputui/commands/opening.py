"""The outline with which the console begins: kept by the last console that was started like this one."""

from __future__ import annotations

import os
import sys

from gputui import __version__
from gputui.config.folders import state_folder
from gputui.core.splash import OUTPUT, Splash

TYPE_CHECKING = False  # see commands/leaving.py
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VARIABLES = [
    "COLORTERM",
    "GPUTUI_CONFIG_DIR",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "NO_COLOR",
    "STY",
    "TERM",
    "TERM_PROGRAM",
    "TMUX",
    "XDG_CONFIG_HOME",
]
"""What decides, beside the options, which configuration is read and how the console is drawn."""
_NO_SECOND_SCREEN = (None, "", "dumb", "linux", "unknown")
"""Terminals on which an outline that is taken back would leave its marks."""
_MOST_BYTES = 20_000


class Opening:
    """How this process has begun: with which outline on its terminal, and for which starts its own is to be kept."""

    def __init__(self, argv: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> None:
        self.splash = Splash()
        self.key = "" if environ is None else _key(argv, environ)
        """Equal for starts that draw the same; empty for a process that keeps none."""

    def draw(self, environ: Mapping[str, str]) -> None:
        """Draw the outline that was kept for a start like this, if there is one; no other start draws any."""
        drawable = environ.get("TERM") not in _NO_SECOND_SCREEN
        if drawable and os.isatty(0) and os.isatty(1) and os.isatty(2):
            path = os.path.join(state_folder(environ), "splash")  # noqa: PTH118 - see folders.py
            if picture := _picture(path, self.key):
                self.splash.draw(picture)

    def kept(self, config: str, size: tuple[int, int], outline: Sequence[str]) -> str:
        """The text that is to be kept of an outline: its ground, its first line, the others. Raises OSError."""
        return "\n".join((self.key, f"{_mark(config)} {config}", "{} {}".format(*size), *outline))


def _picture(path: str, key: str) -> str:
    """What is to be drawn; empty if nothing was kept for such a start, or with another configuration."""
    try:
        kept_for, marked, kept_size, ground, first, rest = _own_text(path).split("\n")
        mark, _, config = marked.partition(" ")
        if kept_for != key or mark != _mark(config):
            return ""
    except (OSError, ValueError):
        return ""
    picture = first + rest if kept_size == "{} {}".format(*os.get_terminal_size(OUTPUT)) else first
    return f"\x1b[{ground}m\x1b[2J{picture}" if harmless(f"\x1b[{ground}m{picture}") else ""


def _own_text(path: str) -> str:
    """The text of a file of this user's own. Raises OSError and ValueError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        data = os.read(file, _MOST_BYTES) if os.fstat(file).st_uid == os.geteuid() else b""
    finally:
        os.close(file)
    return data.decode()


def harmless(picture: str) -> bool:
    """Whether it only moves the cursor, sets colours and writes plain text, whoever wrote the file."""
    start, *others = picture.split("\x1b[")
    return start.isprintable() and all(
        sequence.isprintable() and sequence.lstrip("0123456789;")[:1] in ("m", "H") for sequence in others
    )


def _key(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    where = os.getcwd() if argv else ""  # noqa: PTH109 - an option may name a file
    return ascii((__version__, sys.version, [*argv], where, [environ.get(name) for name in _VARIABLES]))


def _mark(config: str) -> str:
    status = os.stat(config)  # noqa: PTH116 - see folders.py
    return f"{status.st_mtime_ns}-{status.st_size}"
