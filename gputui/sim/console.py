"""The input and output of a simulated shell: a terminal, or the pipes of a single command."""

from __future__ import annotations

import asyncio
import codecs
import unicodedata
from collections import deque
from collections.abc import Awaitable, Callable

Write = Callable[[bytes, bool], Awaitable[None]]
CTRL_C, CTRL_D, CTRL_L = "\x03", "\x04", "\x0c"
CLEAR = "\x1b[H\x1b[2J"


class HungUp(Exception):
    """The other end has hung up."""


class Console:
    """One session's input and output; `write` takes bytes, and whether they go to stderr."""

    def __init__(self, write: Write, *, tty: bool, columns: int = 80, rows: int = 24) -> None:
        self.tty = tty
        self.columns = columns
        self.rows = rows
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._typed: deque[str] = deque()
        self._ended = False
        self._news = asyncio.Event()

    def feed(self, data: bytes) -> None:
        """Receive input, in pieces of any size."""
        self._typed.extend(self._decoder.decode(data))
        self._news.set()

    def end(self) -> None:
        """Mark the end of input."""
        self._ended = True
        self._news.set()

    def resize(self, columns: int, rows: int) -> None:
        """Set the new window size; a pending `key` returns None."""
        self.columns, self.rows = columns, rows
        self._news.set()

    async def key(self, seconds: float | None = None) -> str | None:
        """Return the next character, or None on timeout or a resize. Raises HungUp at the end."""
        if not self._typed and not self._ended:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), seconds)
            except TimeoutError:
                return None
        if self._typed:
            return self._typed.popleft()
        if self._ended:
            raise HungUp
        return None

    async def until(self, seconds: float) -> bool:
        """Wait, keeping input for later; False if interrupted by ctrl-c or the end of the session."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while CTRL_C not in self._typed:
            left = end - loop.time()
            if left <= 0:
                return True
            self._news.clear()
            if self._ended:  # a command without a terminal continues after the end of input
                await asyncio.sleep(left)
                return True
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                return True
        while self._typed.popleft() != CTRL_C:
            pass  # earlier input is discarded, as in a real terminal
        await self.write("^C\n" if self.tty else "")
        return False

    async def write(self, text: str, *, error: bool = False) -> None:
        """Print text; on a terminal with CRLF line ends, and stderr merged into stdout."""
        if text:
            shown = text.replace("\n", "\r\n") if self.tty else text
            await self._write(shown.encode(), error and not self.tty)

    async def rest(self) -> str:
        """Return the remaining input, for commands that read stdin."""
        parts: list[str] = []
        while True:
            try:
                key = await self.key()
            except HungUp:
                return "".join(parts)
            if self.tty and key == CTRL_D:
                return "".join(parts)
            parts.append(key or "")

    async def line(self, prompt: str) -> str | None:
        """Read a line like a terminal without line editing; None on ctrl-d, empty after ctrl-c."""
        await self.write(prompt)
        typed = ""
        while True:
            key = await self.key()
            if key in ("\r", "\n"):
                await self.write("\n")
                return typed
            if key == CTRL_C:
                await self.write("^C\n")
                return ""
            if key == CTRL_D and not typed:
                return None
            typed = await self._edit(prompt, typed, key)

    async def _edit(self, prompt: str, typed: str, key: str | None) -> str:
        if key is None:
            return typed
        if key in ("\x7f", "\b"):
            await self._erase(typed[-1:])
            return typed[:-1]
        if key == "\x15":
            await self._erase(typed)
            return ""
        if key == CTRL_L:
            await self.write(CLEAR + prompt + typed)
        elif key == "\x1b":
            await self._skip_sequence()
        elif key.isprintable():
            await self.write(key)
            return typed + key
        return typed

    async def _erase(self, text: str) -> None:
        await self.write("\b \b" * sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text))

    async def _skip_sequence(self) -> None:
        """Skip an arrow or function key: there is no history."""
        if await self.key(0.05) in ("[", "O"):
            while (key := await self.key(0.05)) is not None:
                if "@" <= key <= "~":
                    return
