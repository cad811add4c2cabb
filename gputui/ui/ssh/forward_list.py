"""`:forwards`: the forwards, and those whose connection ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.binding import Binding
from textual.widgets import OptionList

from gputui.ui.ssh.words import amount
from gputui.ui.terminal.clipboard import copy
from gputui.ui.widgets.live_list import LiveList

if TYPE_CHECKING:
    from gputui.ssh.forward import Forward
    from gputui.ui.host import Host


class ForwardList(LiveList["Forward"]):
    """Returns an ended forward to open again, or None."""

    BINDINGS = [
        Binding("k", "close_it", "Close", show=False),
        Binding("c", "copy", "Copy", show=False),
    ]
    KEYS = (("c", "copy its URL"), ("enter", "its address; an ended one again"), ("k", "close"), ("esc q", "back"))
    NOTE = "whoever is logged in on this computer can reach them"

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    def things(self) -> tuple[Forward, ...]:
        """Open forwards, then ended ones, the newest first."""
        forwards = self._host.ssh.forwards
        return (*forwards.open, *reversed(forwards.ended))

    def heading(self) -> str:
        """The number of forwards."""
        forwards = self._host.ssh.forwards
        standing, ended = len(forwards.open), len(forwards.ended)
        parts = [f"{standing} forwarded port{'s' * (standing > 1)}"] * bool(standing)
        parts += [f"{ended} ended"] * bool(ended)
        return ", ".join(parts) or "no forwarded ports: :forward PORT on a machine makes one"

    def text_of(self, one: Forward) -> Text:
        """Local and remote address, state and traffic, and below that the problem, if any."""
        glyph = "✖" if one.ended else "▲" if one.trouble else "●"
        why = one.ended or one.trouble
        callers = f"{one.callers} connected, {one.served} in all"
        through = f"{amount(one.sent)} out, {amount(one.received)} in"
        since = f"{'ended, begun' if one.ended else 'open since'} {datetime.fromtimestamp(one.since):%H:%M}"
        return Text.assemble(
            (f" {glyph} {one.url}", "bold"),
            f"  →  {one.wanted} on {one.machine.name} in {one.machine.ref.profile}\n",
            (f"   {since} · {callers} · {through}", "dim"),
            f"\n   {why}" if why else "",
        )

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        """Open an ended forward again; for others copy the local address."""
        one = self.shown[event.option_index]
        if one.ended:
            self.dismiss(one)
        else:
            self.start(self._copy(one.place))

    def action_copy(self) -> None:
        """Copy the URL for a browser on this computer."""
        one = self.chosen
        if one is not None and not one.ended:
            self.start(self._copy(one.url))

    async def _copy(self, text: str) -> None:
        await copy(self._host, text, text)

    def action_close_it(self) -> None:
        """Close a forward; an ended one is removed from the list."""
        self.start(self._close_it())

    async def _close_it(self) -> None:
        one, forwards = self.chosen, self._host.ssh.forwards
        if one is None:
            return
        await forwards.close(one)
        forwards.forget(one)
        self.look()
