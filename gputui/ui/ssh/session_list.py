"""`:sessions`: detached sessions and those that have ended, and showing each again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.binding import Binding
from textual.widgets import OptionList

from gputui.core.actions import Risk
from gputui.ssh.session_result import EndReason, lasted
from gputui.ui.ssh.words import amount, counted
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.live_list import LiveList
from gputui.ui.widgets.question import Question
from gputui.ui.widgets.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ssh.shells.sessions import SessionEntry, Sessions
    from gputui.ui.host import Host

MOST_NAMED = 8


class SessionList(LiveList["SessionEntry"]):
    """Returns the session to show, or None. `now` is the time of day in epoch seconds.

    `another` is True if a new session on the same machine is wanted instead.
    """

    BINDINGS = [Binding("k", "disconnect", "Disconnect", show=False), Binding("n", "another", "Another", show=False)]
    KEYS = (("enter", "go back in"), ("n", "another there"), ("k", "disconnect"), ("↑ ↓", "move"), ("esc q", "back"))

    def __init__(self, sessions: Sessions, now: Callable[[], float]) -> None:
        super().__init__()
        self.another = False
        self._sessions = sessions
        self._now = now

    def things(self) -> tuple[SessionEntry, ...]:
        """Live sessions, and those that ended while not shown."""
        return self._sessions.entries

    def heading(self) -> str:
        """The number of sessions."""
        return counted(entry.ending for entry in self.things()) or "no sessions: s on a machine begins one"

    def text_of(self, entry: SessionEntry) -> Text:
        """The machine, and the session's state."""
        machine, ending = entry.machine, entry.ending
        glyph, state, style = ("●", "live", "bold") if ending is None else ("✖", "ended", "bold")
        began = datetime.fromtimestamp(self._now() - entry.session.seconds)
        parts = [f"since {began:%H:%M}"]
        away = self._sessions.away(entry)
        if ending is not None:
            parts.append(f"ended: {ending.reason}")
        elif away is not None:
            parts.append(f"detached {lasted(away)}")
        parts.append(f"{amount(entry.unseen)} unseen" if entry.unseen else "nothing unseen")
        if ending is None and entry.session.last_line:
            parts.append(entry.session.last_line)
        first = f"{machine.name} in {machine.ref.profile}"
        return Text.assemble(
            (f" {glyph} {state:<6}", style),
            (first, "bold"),
            f"   {entry.session.connection.address}\n",
            (f"         {' · '.join(parts)}", "dim"),
            no_wrap=True,
            overflow="ellipsis",
        )

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        entry = self.shown[event.option_index]
        if entry.ending is None:
            self.dismiss(entry)
        else:
            self.start(self._read_last_words(entry))

    async def _read_last_words(self, entry: SessionEntry) -> None:
        """Show the last lines of an ended session, which then leaves the list. For a lost one offer to reconnect."""
        assert entry.ending is not None
        words = entry.last_words or ("(it said nothing)",)
        lines = plain("", entry.ending.reason, "", "Its last words:", *(f"  {line}" for line in words))
        await self.app.push_screen_wait(Reader(f"{entry}", lines))
        self._sessions.disconnect(entry)
        self.look()
        if entry.ending.how is EndReason.LOST:
            self.dismiss(entry)

    def action_disconnect(self) -> None:
        """End a live session, after a confirmation; an ended one is removed from the list."""
        self.start(self._disconnect())

    def action_another(self) -> None:
        """Return the session under the cursor, for another one on its machine."""
        if self.chosen is not None:
            self.another = True
            self.dismiss(self.chosen)

    async def _disconnect(self) -> None:
        entry = self.chosen
        if entry is None:
            return
        if entry.ending is None:
            title, lines = f"Disconnect from {entry.machine.name}?", (f"{entry}", entry.session.last_line)
            ends = ("What runs in it is ended, as when a line breaks.",)
            question = Question(title, lines, Risk.DISRUPTS, "disconnect", effect=ends)
            if await self.app.push_screen_wait(Dialog(question)) is not Answer.YES:
                return
        self._sessions.disconnect(entry)
        self.look()


async def may_end(host: Host) -> bool:
    """Ask whether the console may end together with its sessions."""
    live = host.ssh.sessions.live
    lines = [f"{entry}" for entry in live[:MOST_NAMED]]
    lines += [f"and {len(live) - MOST_NAMED} more"] if len(live) > MOST_NAMED else []
    title = f"Quit, and end {counted(entry.ending for entry in live)}?"
    ends = ("What runs in them is ended, too.",)
    question = Question(title, tuple(lines), Risk.DISRUPTS, "quit", effect=ends)
    return await host.push_screen_wait(Dialog(question)) is Answer.YES
