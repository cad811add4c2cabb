"""The screen for a changed host key: both fingerprints, what to check, and how to forget the old one."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events
from textual.binding import Binding

from gputui.core.actions import Risk
from gputui.core.problem import Failed
from gputui.core.text import clean
from gputui.ssh.places import SshPlaces
from gputui.ssh.run_in_thread import run_in_thread
from gputui.ssh.trust.changed import Forgotten, HostKeyRefused, KeyChange, forget, report
from gputui.ui.host import host_of
from gputui.ui.ssh.prompter import asked
from gputui.ui.widgets.bars import Bar, key_parts
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.question import Question, typable
from gputui.ui.widgets.reader import Line, Reader


class ChangedKey(Reader):
    """A prominent warning without a key that continues. `f` forgets the old key after typing the machine's name."""

    DEFAULT_CSS = """
    ChangedKey Pages > .pages--head { color: $error; text-style: bold; }
    """
    BINDINGS = [Binding("f", "forget", "Forget the old key", show=False)]
    DOES = Reader.DOES | {"f"}

    def __init__(self, wanted: str, name: str, change: KeyChange, places: SshPlaces) -> None:
        super().__init__(f"no {wanted} on {name}: HOST KEY CHANGED", list(_told(name, change)))
        self._name_asked = name
        self._change = change
        self._places = places

    def on_mount(self, event: events.Mount) -> None:  # type: ignore[override]
        """Show the key `f` if it is available."""
        super().on_mount()
        event.prevent_default()  # Textual would also call the base class's handler, which shows its own keys
        if self._change.commands:
            keys = key_parts(("f", "forget the old key"), ("esc q", "back"), ("j k g G", "move"))
            self.query_one("#reader-keys", Bar).show(keys)

    def action_forget(self) -> None:
        """Ask, forget the old key, and return to the list, where `s` asks as at a first contact."""
        self.start(self._forget())

    async def _forget(self) -> None:
        if not self._change.commands:
            self.notify("nothing here can be forgotten by gputui", severity="warning", markup=False)
            return
        if await asked(host_of(self), Dialog(_question(self._name_asked, self._change))) is not Answer.YES:
            return
        try:
            forgotten = await run_in_thread(lambda: forget(self._change, self._places.pins))
        except Failed as failed:
            words = "\n".join(part for part in (str(failed.problem), failed.problem.remedy) if part)
            self.notify(words, severity="error", markup=False, timeout=10)
            return
        self.app.notify(_done(forgotten), markup=False, timeout=10)
        self.dismiss()


def shown_as_changed(failed: Failed, wanted: str, name: str, places: SshPlaces) -> ChangedKey | None:
    """Return the screen for a changed host key; None for any other failure. `wanted` is, for example, `session`."""
    if not isinstance(failed, HostKeyRefused) or failed.change is None:
        return None
    return ChangedKey(wanted, clean(name), failed.change, places)


def _told(name: str, change: KeyChange) -> Iterator[Line]:
    for at, (label, words) in enumerate(report(name, change)):
        if label:
            yield ((f"  {label:<8}", "dim"), (words, "key"))
        else:
            yield from ((),) * bool(at)
            yield ((words, "head" if not at else ""),)


def _question(name: str, change: KeyChange) -> Question:
    whose = f"the jump host {change.host}" if change.jump else name
    gone = [line for line in change.known if not change.why_kept(line)]
    lines = [f"{line.key().words}  ({line.place})" for line in gone]
    lines += ["The next connection shows the new key and asks. The file is kept beside it as .old."]
    typed = next((text for text in (name, change.host) if typable(text)), "yes")
    return Question(
        f"Forget the host key of {whose}?", tuple(lines), Risk.DESTROYS, "forget the old key", type_this=typed
    )


def _done(forgotten: Forgotten) -> str:
    """Return a short notice, as a longer one would be cut off. The screen has already shown the places."""
    left = f"; still there: {', '.join(forgotten.left)}" if forgotten.left else ""
    return f"forgotten: connect again{left}"
