"""A shell attached to a terminal: raw bytes both ways, the window size, the menu, and detaching."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import termios
import tty
from collections.abc import Sequence
from enum import Enum

from gputui.core.signals import on_signals, unignored
from gputui.core.terminal_input import Kind, Piece, TerminalInput
from gputui.ssh.shells import menu
from gputui.ssh.shells.jobs import in_background, stop_for_output, stop_until_foreground
from gputui.ssh.shells.resizes import Resizes
from gputui.ssh.shells.shell import Shell
from gputui.ssh.shells.terminal import Terminal, forget_input, non_blocking, raw_mode
from gputui.ssh.shells.traces import AFTER, BEFORE, clean_screen
from gputui.ssh.shells.writer import NonBlockingWriter

_PIECE = 65536
_MOST_UNSENT = 16 * 1024 * 1024
"""Bytes of unsent (mostly pasted) input for a machine that reads nothing; beyond it no key is read, not even ctrl+]."""
_REDRAW_PAUSE = 0.1


class DetachReason(Enum):
    """Why a shell is no longer shown."""

    CLOSED = "the shell is over"
    DISCONNECT = "the person wants to end it"
    DETACH = "the person wants to leave it"
    HUNG_UP = "the terminal is gone"
    STOPPED = "a signal stops the process"


async def show(shell: Shell, terminal: Terminal, *, detachable: bool = False) -> DetachReason:
    """Show the shell until it, the terminal or the person ends it, or, if `detachable`, until the person leaves it.

    A shell that is shown again starts on a clean screen, followed by what restores its state.

    The terminal's modes, its screen and the signal handlers are restored afterwards, also when cancelled, and while
    the process is stopped (SIGTSTP).
    """
    while (why := await _shown(shell, terminal, detachable=detachable)) is DetachReason.STOPPED:
        await stop_until_foreground(terminal.fd_in)
    return why


async def _shown(shell: Shell, terminal: Terminal, *, detachable: bool) -> DetachReason:
    with (
        raw_mode(terminal.fd_in),
        non_blocking(terminal.fd_in) as source,
        non_blocking(terminal.fd_out) as drain,
    ):
        attachment = Attachment(shell, terminal, source, drain, detachable=detachable)
        # Where stopping is ignored, as under a shell without job control, nobody would continue us.
        stops = [(number, attachment.stop) for number in unignored(signal.SIGTSTP)]
        signals = ((signal.SIGWINCH, attachment.resizes.check), (signal.SIGCONT, attachment.back_again))
        with on_signals(*signals, *stops):
            return await attachment.run()


class Attachment:
    """One display of a shell on a terminal whose two descriptors never block."""

    def __init__(self, shell: Shell, terminal: Terminal, source: int, drain: int, *, detachable: bool) -> None:
        self.resizes = Resizes(terminal, self._resized)
        self._shell = shell
        self._terminal = terminal
        self._source = source
        self._drain = drain
        self._detachable = detachable
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[DetachReason] = self._loop.create_future()
        self._outlet = NonBlockingWriter(drain, shell.hold, self._hung_up)
        self._leave_key = menu.LeaveKey()
        self._farewell = b""
        self._menu: TerminalInput | None = None
        self._menu_tick: asyncio.TimerHandle | None = None
        self._reading = False
        self._redraw: asyncio.TimerHandle | None = None
        self._stop: asyncio.TimerHandle | None = None

    async def run(self) -> DetachReason:
        """Show the shell until the end."""
        plain = self._terminal.term in ("", "dumb")
        columns, rows = self._terminal.size()
        self._farewell = b"" if plain else AFTER
        self._outlet.write(b"" if plain else BEFORE)
        if self._shell.was_shown and not plain:
            self._outlet.write(clean_screen(rows))
        end = self._loop.create_task(self._watch_the_end())
        self._shell.writable = self._read_again
        self._read_again()
        try:
            if self._shell.was_shown:
                self._have_it_drawn_anew()
            else:
                self._shell.resize(columns, rows)
            self._shell.attach(self._outlet.write, rows)
            return await self._over
        finally:
            end.cancel()
            self._let_go()

    def stop(self) -> None:
        """Handle SIGTSTP: leave the terminal to the shell that started us."""
        self._end(DetachReason.STOPPED)

    def back_again(self) -> None:
        """Handle SIGCONT: after a SIGSTOP, the parent shell has set its own modes and drawn on the screen."""
        if in_background(self._source):
            # Not at once: a signal that ends us may have come with it (`kill` of a shell sends SIGTERM and SIGCONT).
            self._stop = self._loop.call_later(_REDRAW_PAUSE, stop_for_output)
            return
        with contextlib.suppress(termios.error):
            tty.setraw(self._source, termios.TCSANOW)
        self.resizes.check()
        self._have_it_drawn_anew()

    async def _watch_the_end(self) -> None:
        await asyncio.wait([self._shell.closed])
        self._close_menu()
        # The shell's last output may still be on its way through a slow terminal.
        self._outlet.write(self._farewell)
        await self._outlet.drained()
        self._farewell = b""
        self._end(DetachReason.CLOSED)

    def _end(self, parting: DetachReason) -> None:
        if not self._over.done():
            self._over.set_result(parting)

    def _let_go(self) -> None:
        self.resizes.close()
        for timer in (self._redraw, self._stop, self._menu_tick):
            if timer is not None:
                timer.cancel()
        if self._reading:
            self._loop.remove_reader(self._source)
        with contextlib.suppress(termios.error, OSError):
            self._say_farewell()
        self._shell.detach(self._outlet.close())
        forget_input(self._source)

    def _say_farewell(self) -> None:
        if not self._outlet.waiting:
            with contextlib.suppress(BlockingIOError):
                written = os.write(self._drain, self._farewell)
                self._farewell = self._farewell[written:]
        if self._farewell:
            # The terminal does not keep up: output nobody wants any more would delay the farewell.
            termios.tcflush(self._drain, termios.TCOFLUSH)
            os.write(self._drain, self._farewell)

    def _hung_up(self) -> None:
        self._end(DetachReason.HUNG_UP)

    def _resized(self, size: tuple[int, int]) -> None:
        if self._menu is not None:
            self._outlet.release()
            self._outlet.hold(menu.drawn(*size, detachable=self._detachable))
        self._shell.resize(*size)

    def _read_again(self) -> None:
        if not self._reading:
            self._loop.add_reader(self._source, self._readable)
            self._reading = True

    def _stop_reading(self) -> None:
        self._loop.remove_reader(self._source)
        self._reading = False

    def _readable(self) -> None:
        try:
            typed = os.read(self._source, _PIECE)
        except BlockingIOError:
            return
        except OSError:
            typed = b""
        if not typed:
            # A hung-up terminal stays readable forever: watching it would use a whole core for nothing.
            self._stop_reading()
            self._hung_up()
            return
        self._typed(typed)
        if self._shell.unsent > _MOST_UNSENT:
            self._stop_reading()

    def _typed(self, typed: bytes) -> None:
        while typed:
            if self._menu is not None:
                typed = self._chosen(self._menu, self._menu.feed(typed, self._loop.time()))
            else:
                before, key, typed = self._leave_key.split(typed)
                self._shell.send(before)
                if key:
                    self._open_menu()

    def _chosen(self, source: TerminalInput, pieces: Sequence[Piece]) -> bytes:
        """Perform the choices; the terminal's own replies go to the machine, and so does what follows a choice."""
        for at, piece in enumerate(pieces):
            if piece.kind is Kind.ANSWER or not menu.chooses(piece.data):
                self._shell.send(piece.data)
                continue
            if piece.kind is Kind.KEYS:
                choice, for_the_machine, left = menu.choose(piece.data, detachable=self._detachable)
            else:
                choice, for_the_machine, left = menu.MenuChoice.GO_ON, b"", piece.data
            left += b"".join(later.data for later in pieces[at + 1 :]) + source.give_up()
            self._close_menu(going=choice in _PARTINGS)
            self._shell.send(for_the_machine)
            if choice in _PARTINGS:
                self._end(_PARTINGS[choice])
                return b""
            return left
        self._tick_later(source)
        return b""

    def _tick_later(self, source: TerminalInput) -> None:
        if self._menu_tick is not None:
            self._menu_tick.cancel()
        if source.deadline is not None:
            self._menu_tick = self._loop.call_at(source.deadline, self._tick, source)

    def _tick(self, source: TerminalInput) -> None:
        if self._menu is source:
            self._typed(self._chosen(source, source.tick(self._loop.time())))

    def _open_menu(self) -> None:
        self._menu = TerminalInput()
        # Output waits meanwhile: it would scroll the menu line away.
        self._outlet.hold(menu.drawn(*self._terminal.size(), detachable=self._detachable))

    def _close_menu(self, *, going: bool = False) -> None:
        if self._menu is None:
            return
        self._menu = None
        self._outlet.release(menu.wiped(self._terminal.size()[1]))
        if not going:
            # Only the machine knows what was under the menu line.
            self._have_it_drawn_anew()

    def _have_it_drawn_anew(self) -> None:
        """Make the program redraw by changing the size for a moment."""
        if self._redraw is not None:
            self._redraw.cancel()
        columns, rows = self._terminal.size()
        self._shell.resize(columns, rows - 1 if rows > 1 else rows + 1)
        self._redraw = self._loop.call_later(_REDRAW_PAUSE, lambda: self._shell.resize(*self._terminal.size()))


_PARTINGS = {menu.MenuChoice.DISCONNECT: DetachReason.DISCONNECT, menu.MenuChoice.DETACH: DetachReason.DETACH}
