"""Where a simulated shell reads and writes: a terminal, or the pipes of a single command."""

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
    """Nobody is at the other end any more."""


class Console:
    """One session's input and output; `write` takes bytes and whether they go to the error stream."""

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
        """Take what was typed, in pieces of any size."""
        self._typed.extend(self._decoder.decode(data))
        self._news.set()

    def end(self) -> None:
        """Take note that nothing more will be typed."""
        self._ended = True
        self._news.set()

    def resize(self, columns: int, rows: int) -> None:
        """Take note of the window's new size; whoever waits for a key wakes up and sees none."""
        self.columns, self.rows = columns, rows
        self._news.set()

    async def key(self, seconds: float | None = None) -> str | None:
        """The next character typed, or None when the time is over or the window changed. HungUp at the end."""
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
        """Let time pass with what is typed kept for later; False when ctrl-c or the end of the session cut it short."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while CTRL_C not in self._typed:
            left = end - loop.time()
            if left <= 0:
                return True
            self._news.clear()
            if self._ended:  # a command without a terminal goes on when its input has ended
                await asyncio.sleep(left)
                return True
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                return True
        while self._typed.popleft() != CTRL_C:
            pass  # what was typed before is lost with it, as in a real terminal
        await self.write("^C\n" if self.tty else "")
        return False

    async def write(self, text: str, *, error: bool = False) -> None:
        """Print text; a terminal gets its line ends as terminals want them, and errors among the rest."""
        if text:
            shown = text.replace("\n", "\r\n") if self.tty else text
            await self._write(shown.encode(), error and not self.tty)

    async def rest(self) -> str:
        """Everything that is still to come, for commands that read their input."""
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
        """Ask for a line as a terminal without line editing does; None on ctrl-d, empty after ctrl-c."""
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
        """Swallow an arrow or function key: there is no history to move in."""
        if await self.key(0.05) in ("[", "O"):
            while (key := await self.key(0.05)) is not None:
                if "@" <= key <= "~":
                    return
