"""Restore a shell on a terminal that attaches again: its state, and the kept part of the missed output."""

from __future__ import annotations

import re

from gputui.core.text import clean
from gputui.ssh.shells.modes import Modes

MOST_MISSED = 1 << 20
"""Bytes of missed output that are kept; the oldest are dropped first."""
_SLACK = MOST_MISSED // 4
_MOST_SEEN = 16_384
_MOST_FRESH = 131_072
_LONGEST_CUT = 4096
_MOST_LAST_WORDS = 20
"""Lines kept of a shell that has ended."""
_BOUNDARY = re.compile(rb"(?<=\n)|\x1b")

_QUESTION = re.compile(
    rb"\x05|\x1bZ"
    rb"|\x1b\[(?:[?>=]?[0-9;]*c|\??[0-9;]*n|>[0-9]*q|\??[0-9;]*\$p|\?u|(?:1[13-9]|2[01])(?:;[0-9]*)?t|[0-9;]*x)"
    rb"|\x1b\[(?:[0-9;]*\*y|\?[0-9;]+S)"
    rb"|\x1bP(?:\+q|\$q)[^\x1b\x07]*\x1b\\"
    rb"|\x1b\][0-9;]*;\?(?:\x07|\x1b\\)"
)
"""Queries that a terminal answers by itself. If replayed, the answers would become input of the current program."""
_NO_TEXT = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


class Replay:
    """Tracks a shell's output, shown or not. Memory is bounded whatever a machine sends."""

    def __init__(self) -> None:
        self._modes = Modes()
        self._fresh: list[bytes] = []
        self._fresh_bytes = 0
        self._seen = bytearray()
        self._missed = bytearray()
        self._lost = 0

    @property
    def unseen(self) -> int:
        """Bytes of output that no terminal showed, including dropped ones."""
        return len(self._missed) + self._lost

    def show(self, data: bytes) -> None:
        """Record output that is shown on the terminal."""
        # Parsed for many packets together: one by one it would slow a flood down by a tenth.
        self._fresh.append(data)
        self._fresh_bytes += len(data)
        if self._fresh_bytes > _MOST_FRESH:
            self._follow()

    def _follow(self) -> None:
        data = b"".join(self._fresh)
        self._fresh.clear()
        self._fresh_bytes = 0
        for part in self._modes.feed(data):
            self._seen += part[-_MOST_SEEN:]
        if len(self._seen) > 2 * _MOST_SEEN:
            del self._seen[:-_MOST_SEEN]

    def unshow(self, data: bytes) -> None:
        """Mark the end of the shown output as not shown: it had not reached the terminal before it detached."""
        self._follow()
        del self._seen[max(0, len(self._seen) - len(data)) :]
        self._missed[:0] = data

    def miss(self, data: bytes) -> None:
        """Record output that no terminal shows."""
        self._missed += data
        if len(self._missed) > MOST_MISSED + _SLACK:
            self._lose(len(self._missed) - MOST_MISSED)

    def _lose(self, size: int) -> None:
        """Drop at least `size` bytes, up to the start of a line or a sequence."""
        found = _BOUNDARY.search(self._missed, size, size + _LONGEST_CUT)
        size = found.start() if found else size
        self._follow()
        self._modes.feed(bytes(self._missed[:size]))
        del self._missed[:size]
        self._seen.clear()
        self._lost += size

    def begin(self) -> bytes:
        """Return the output from before the first terminal, and mark it as seen."""
        begun = bytes(self._missed)
        self._missed.clear()
        self.show(begun)
        return begun

    def take(self, rows: int) -> bytes:
        """Return the bytes that restore the state on a clean terminal with `rows` rows, and mark all output as seen."""
        self._follow()
        seen = b"".join(bytes(self._seen).splitlines(keepends=True)[1 - max(2, rows) :])
        # The beginning of a sequence that was cut off by detaching has not been shown yet.
        missed = self._modes.carried + bytes(self._missed)
        pieces = [_QUESTION.sub(b"", seen), self._modes.again()]
        if self._lost and not self._modes.alternate:
            pieces.append(b"\x1b[7m %d kB of output before this are lost \x1b[m\r\n" % (self._lost // 1000 or 1))
        pieces.append(_QUESTION.sub(b"", missed))
        self._lost = 0
        self.begin()
        return b"".join(pieces)

    def last_words(self) -> list[str]:
        """Return the last lines of an ended shell as plain cleaned text; nothing else is kept of it."""
        self.show(bytes(self._missed))
        self._follow()
        words = _plain_lines(self._seen[-_MOST_SEEN:])[-_MOST_LAST_WORDS:]
        self._missed.clear()
        self._seen.clear()
        return words

    def last_line(self) -> str:
        """The last line of the main screen, plain and cleaned: it tells two shells on one machine apart."""
        self._follow()
        lines = _plain_lines(
            self._seen[-_LONGEST_CUT:] + (b"" if self._modes.alternate else self._missed[-_LONGEST_CUT:])
        )
        return lines[-1] if lines else ""


def _plain_lines(data: bytearray) -> list[str]:
    text = _NO_TEXT.sub("", data.decode("utf-8", "replace").replace("\t", "    "))
    lines = [clean(line.rstrip("\r").rpartition("\r")[2]).rstrip() for line in text.split("\n")]
    return [line for line in lines if line]
