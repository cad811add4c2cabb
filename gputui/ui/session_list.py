"""`:sessions`: those that were left and live on, and those that ended meanwhile, with the way back into each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gputui.core.actions import Risk
from gputui.ssh.ending import How, lasted
from gputui.ui.asking import Question
from gputui.ui.bars import Bar
from gputui.ui.dialogs import Answer, Dialog
from gputui.ui.lines import counted
from gputui.ui.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ssh.sessions import Entry, Sessions
    from gputui.ui.app import ConsoleApp

MOST_NAMED = 8
LOOK_SECONDS = 1.0


class SessionList(ModalScreen["Entry | None"]):
    """Ends with the session to go back into, or with None. `now` is the time of day, epoch seconds."""

    DEFAULT_CSS = """
    SessionList { background: $surface; }
    SessionList OptionList { height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1; }
    SessionList OptionList:focus { border: none; }
    """
    BINDINGS = [
        Binding("escape,q", "cancel", "Back", show=False),
        Binding("k", "disconnect", "Disconnect", show=False),
    ]

    def __init__(self, sessions: Sessions, now: Callable[[], float]) -> None:
        super().__init__()
        self._sessions = sessions
        self._now = now
        self._shown: tuple[Entry, ...] = ()

    def compose(self) -> ComposeResult:
        """Title, the list, the keys."""
        yield Bar(id="session-title")
        yield OptionList(markup=False, id="sessions")
        yield Bar(id="session-keys")

    def on_mount(self) -> None:
        """The first is at hand."""
        self.query_one("#session-keys", Bar).show(_KEYS)
        self._look()
        self._list.focus()
        self.set_interval(LOOK_SECONDS, self._look)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _chosen(self) -> Entry | None:
        """The one under the cursor as it was drawn: one that has ended meanwhile never passes its place on."""
        at = self._list.highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    def _look(self) -> None:
        chosen, entries = self._chosen, self._sessions.entries
        words = f" {counted(entry.ending for entry in entries) or 'no sessions: s on a machine begins one'}"
        self.query_one("#session-title", Bar).show([(words, "strong")])
        texts = [self._text(entry) for entry in entries]
        if entries == self._shown:
            for at, text in enumerate(texts):
                if self._list.get_option_at_index(at).prompt != text:
                    self._list.replace_option_prompt_at_index(at, text)
            return
        self._shown = entries
        self._list.clear_options()
        self._list.add_options(Option(text) for text in texts)
        if entries:
            self._list.highlighted = entries.index(chosen) if chosen in entries else 0

    def _text(self, entry: Entry) -> Text:
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
            f"   {machine.address}\n",
            (f"         {' · '.join(parts)}", "dim"),
            no_wrap=True,
            overflow="ellipsis",
        )

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        entry = self._shown[event.option_index]
        if entry.ending is None:
            self.dismiss(entry)
        else:
            self._read_last_words(entry)

    @work(exit_on_error=False)
    async def _read_last_words(self, entry: Entry) -> None:
        """What an ended one has said last; once read it is done with. A lost one is offered anew."""
        assert entry.ending is not None
        words = entry.last_words or ("(it said nothing)",)
        lines = plain("", entry.ending.reason, "", "Its last words:", *(f"  {line}" for line in words))
        await self.app.push_screen_wait(Reader(f"{entry.machine}", lines))
        self._sessions.disconnect(entry)
        self._look()
        if entry.ending.how is How.LOST:
            self.dismiss(entry)

    @work(exit_on_error=False)
    async def action_disconnect(self) -> None:
        """End a live one, after a question; one that has ended goes off the list."""
        entry = self._chosen
        if entry is None:
            return
        if entry.ending is None:
            lines = (f"{entry.machine}", entry.session.last_line, "What runs in it is ended, as when a line breaks.")
            question = Question(f"Disconnect from {entry.machine.name}?", lines, Risk.DISRUPTS, "disconnect")
            if await self.app.push_screen_wait(Dialog(question)) is not Answer.YES:
                return
        self._sessions.disconnect(entry)
        self._look()

    def action_cancel(self) -> None:
        """Back to the console."""
        self.dismiss(None)


_KEYS = [
    (" enter", "key"),
    (" go back in   ", ""),
    ("k", "key"),
    (" disconnect   ", ""),
    ("↑ ↓", "key"),
    (" move   ", ""),
    ("esc q", "key"),
    (" back", ""),
]


def amount(count: int) -> str:
    """Bytes in a person's units."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


async def may_end(app: ConsoleApp) -> bool:
    """Whether the console may end with all that live in it."""
    live = app.reach.sessions.live
    lines = [f"{entry.machine}" for entry in live[:MOST_NAMED]]
    lines += [f"and {len(live) - MOST_NAMED} more"] if len(live) > MOST_NAMED else []
    title = f"Quit, and end {counted(entry.ending for entry in live)}?"
    question = Question(title, (*lines, "What runs in them is ended, too."), Risk.DISRUPTS, "quit")
    return await app.push_screen_wait(Dialog(question)) is Answer.YES
