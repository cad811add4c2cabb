"""A command on many machines, during and after the run: its progress and the grouped answers."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding

from gputui.core.actions import Choice, Risk
from gputui.core.rows import Ref
from gputui.core.text import clean, shorten
from gputui.ssh.run_in_thread import run_in_thread
from gputui.ui.fan_out.batch import BatchRun
from gputui.ui.fan_out.dump import save
from gputui.ui.fan_out.results import Report, sections
from gputui.ui.fan_out.targets import RunTargets, find_targets
from gputui.ui.fan_out.trust import question as host_keys_question
from gputui.ui.list.page import Page
from gputui.ui.ssh.sessions import enter_session
from gputui.ui.widgets.bars import Bar, Part, cut
from gputui.ui.widgets.chooser import Chooser
from gputui.ui.widgets.dialogs import Answer, Dialog
from gputui.ui.widgets.outline import Section
from gputui.ui.widgets.outline_view import OutlineView
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.question import Question

if TYPE_CHECKING:
    from gputui.ssh.machine import Machine
    from gputui.ssh.running.fan_out import CommandResult
    from gputui.ssh.running.unknown_keys import UnknownHostKeys
    from gputui.ui.host import Host

REDRAW_SECONDS = 0.2
CALM = 5
"""After grouping the answers, wait this many times as long as that took."""
BAR_CELLS = 16
LONGEST_PLACE = 30


class FanOutScreen(OverlayScreen[None]):
    """Runs the command at once on the targets that are ready; leaving the screen ends the run.

    `page` is the list behind, in which machines can be marked. With `before`, a finished run is shown again.
    """

    DEFAULT_CSS = """
    FanOutScreen { background: $surface; color: $foreground; }
    FanOutScreen OutlineView { height: 1fr; }
    """
    BINDINGS = [
        Binding("d", "compare", "Difference", show=False),
        Binding("m", "mark", "Mark", show=False),
        Binding("s", "ssh", "SSH", show=False),
        Binding("r", "again", "Again", show=False),
        Binding("e,ctrl+s", "save", "Save", show=False),
    ]

    def __init__(
        self, host: Host, targets: RunTargets, command: str, page: Page | None, before: BatchRun | None = None
    ) -> None:
        super().__init__()
        self._host = host
        self._targets = targets
        self._names = targets.names
        self._page = page
        self.rounds = before or BatchRun(command, host.ssh.pool)
        self._stop_listening = self.rounds.changed.add(self._moved)
        self._again_shown = before is not None
        self.report = Report()
        self.view = OutlineView(id="answers")
        self._compared: set[Hashable] = set()
        self._news = asyncio.Event()
        self._due = False
        self._busy = False

    def must_be_meant(self, key: events.Key) -> bool:
        """Keys that open a session, run again or mark need a deliberate press."""
        return key.key in ("s", "r", "m")

    def compose(self) -> ComposeResult:
        """The command, the progress, the answers, keys."""
        yield Bar(id="run-title")
        yield Bar(id="run-counts")
        yield self.view
        yield Bar(id="run-keys")

    def on_mount(self) -> None:
        """Start the run."""
        self.view.focus()
        self._draw_bars()
        self.set_interval(1.0, self._draw_bars)
        self.start(self._put_together())
        if self._again_shown:
            self._moved()
        else:
            self._run(self._targets.ready)

    def on_unmount(self) -> None:
        """Ignore changes of a run that was left."""
        self._stop_listening()

    def _title(self) -> str:
        return clean(self.rounds.command)

    # ------------------------------------------------------------------ running

    def _run(self, machines: Sequence[Machine]) -> None:
        from gputui.ssh.running.unknown_keys import run_with_trust

        self.rounds.begin(machines)
        self.start(run_with_trust(machines, self._round, self._trusts), group="round")

    async def _round(
        self, machines: Sequence[Machine], trusted: Mapping[tuple[str, int], str]
    ) -> Sequence[CommandResult]:
        if trusted:  # otherwise it began with the key press
            self.rounds.begin(machines, trusted)
        await self.rounds.run()
        return self.rounds.answers

    async def _trusts(self, unknown: UnknownHostKeys) -> bool:
        if self.rounds.cancelled:
            return False
        return await self.app.push_screen_wait(Dialog(host_keys_question(unknown, self._names))) is Answer.YES

    def _moved(self) -> None:
        """A machine has started or finished: redraw once for all changes within a fifth of a second."""
        self._news.set()
        if not self._due and self.is_attached:
            self._due = True
            self.set_timer(REDRAW_SECONDS, self._draw_bars)

    async def _put_together(self) -> None:
        """Group the answers in a thread, as often as that is cheap."""
        while True:
            await self._news.wait()
            self._news.clear()
            answers, pending, began = self.rounds.answers, self.rounds.pending, monotonic()
            width, compared = self.size.width, frozenset(self._compared)
            self.report, listed = await run_in_thread(partial(self._listed, answers, pending, width, compared))
            if (width, compared) == (self.size.width, frozenset(self._compared)):
                self.view.show(listed)
            else:
                self._draw_answers()
            await asyncio.sleep(max(REDRAW_SECONDS, CALM * (monotonic() - began)))

    def _listed(
        self,
        answers: Sequence[CommandResult],
        pending: Sequence[Machine],
        width: int,
        compared: frozenset[Hashable],
    ) -> tuple[Report, list[Section]]:
        report = Report.of(answers, pending)
        return report, sections(report, self._names, width, compared)

    @property
    def busy(self) -> str:
        """Why it cannot be left without a question."""
        return "" if self.rounds.over else "the command still runs: esc asks whether to end it, ctrl+c ends it"

    def stop_first(self) -> bool:
        """Make `ctrl+c` end the run before it quits; False if nothing is running."""
        if self.rounds.over:
            return False
        self.rounds.cancel()
        self.notify("stopped: those that had not answered are listed as cancelled", markup=False)
        return True

    # ------------------------------------------------------------------ drawing

    def _draw_answers(self) -> None:
        self.view.show(sections(self.report, self._names, self.size.width, self._compared))

    def on_resize(self) -> None:
        """Adapt the columns to the window."""
        self._draw_answers()
        self._draw_bars()

    @on(OutlineView.CursorMoved)
    def _draw_bars(self) -> None:
        self._due = False
        counts, width = self.rounds.counts, self.size.width
        seconds = self.rounds.seconds
        time = f"{seconds:.1f} s " if self.rounds.over else f"{seconds:.0f} s "
        words, place = counts.words(), self._place()
        # The counts matter more than the length of the bar.
        cells = max(0, min(BAR_CELLS, width - cell_len("".join(text for text, _ in words) + time) - 2))
        full = cells * counts.ended // max(1, counts.total)
        bar: list[Part] = [(" " + "█" * full, "key"), ("░" * (cells - full) + " ", "dim")] if cells else []
        title = cut(self._title(), width - 3 - cell_len(place))
        self.query_one("#run-title", Bar).show([(" $ ", "key"), (title, "strong")], [(place, "dim")])
        self.query_one("#run-counts", Bar).show([*bar, *words], [(time, "dim")])
        self.query_one("#run-keys", Bar).show(self._keys())

    def _place(self) -> str:
        """Return the position of the cursor in a text whose heading is scrolled away."""
        spot = self.view.outline.at_cursor
        if spot is None or spot.line is None or self.view.outline.heading >= round(self.view.scroll_y):
            return ""
        called = shorten(self._names.all(self._here), LONGEST_PLACE)
        return f" {called}  {spot.line + 1}/{len(spot.section.lines)} "

    def _keys(self) -> list[Part]:
        keys: list[tuple[str, str]] = [("ctrl+c", "Stop it")] if not self.rounds.over else []
        keys += [("enter", "Fold"), ("d", "Diff")] if self.report.majority else [("enter", "Fold")]
        keys += [("m", "Mark"), ("s", "SSH")]
        if self.rounds.over:
            failed = len(self.rounds.failed)
            keys += [("r", f"Again on {failed}")] if failed else []
            keys += [("e", "Save")]
        return [part for key, label in (*keys, ("esc", "Back")) for part in ((f" {key}", "key"), (f" {label} ", ""))]

    # ------------------------------------------------------------------ keys

    @property
    def _here(self) -> tuple[Ref, ...]:
        """Return the machines of the section under the cursor."""
        here = self.view.here
        return self.report.refs(here.key) if here is not None else ()

    def action_compare(self) -> None:
        """Toggle between the group's text and its difference from the majority."""
        here = self.view.here
        if here is None or self.report.majority is None:
            self.notify("there is nothing to compare", markup=False, timeout=3)
            return
        if self.report.refs(here.key) == tuple(machine.ref for machine in self.report.majority.machines):
            self.notify("the others are compared with this one", markup=False, timeout=3)
            return
        self._compared ^= {here.key}
        self.view.outline.fold(here, open=True)
        self._draw_answers()

    def action_mark(self) -> None:
        """Mark these machines in the list behind, for a following command."""
        refs = self._here
        if self._page is not None and refs:
            self._page.set_marks(refs)
            self.notify(f"{len(self._page.marks)} marked in the list, and only these", markup=False, timeout=4)

    def action_ssh(self) -> None:
        """Open a session on one of these machines."""
        if self._here:
            self.start(self._ssh(self._here))

    async def _ssh(self, refs: tuple[Ref, ...]) -> None:
        ref: object = refs[0]
        if len(refs) > 1:
            choices = [Choice(str(at), self._names.one(one)) for at, one in enumerate(refs)]
            chosen = await self.app.push_screen_wait(Chooser("SSH into which one?", choices))
            ref = refs[int(chosen.value)] if chosen is not None else None
        if isinstance(ref, Ref):
            await enter_session(self._host, self._targets.store, ref)

    def action_again(self) -> None:
        """Run again on the failed machines, after a confirmation, as this is not a query."""
        if self.rounds.over and self.rounds.failed and not self._busy:
            self._busy = True
            self.start(self._again())

    async def _again(self) -> None:
        try:
            refs = tuple(machine.ref for machine in self.rounds.failed)
            targets = await find_targets(self._targets.store, self._targets.ssh, refs, about="marked", each=True)

            def ask() -> Question:
                return targets.question(self._title(), "Run again on {}?")

            if await self.app.push_screen_wait(Dialog(ask(), ask)) is Answer.YES:
                self._run(targets.ready)
        finally:
            self._busy = False

    def action_save(self) -> None:
        """Save the whole result to two files."""
        if not self._busy:
            self._busy = True
            self.start(self._save())

    async def _save(self) -> None:
        try:
            answers, at = self.rounds.answers, self._targets.store.clock.now()
            path = await run_in_thread(lambda: save(self._host.dumps, self.rounds.command, answers, at))
        except OSError as error:
            self.notify(f"not saved: {error.strerror or error}", severity="error", markup=False)
        else:
            self.notify(f"saved: {path} and .json", markup=False, timeout=8)
        finally:
            self._busy = False

    def action_leave(self) -> None:
        """Return to the list; ask first while the command runs."""
        if self.rounds.over:
            self.dismiss()
        elif not self._busy:
            self._busy = True
            self.start(self._ask_to_stop())

    async def _ask_to_stop(self) -> None:
        try:
            # The text does not change: with every new answer it would have to be read again.
            if await self.app.push_screen_wait(Dialog(self._stopping())) is Answer.YES:
                self.rounds.cancel()
        finally:
            self._busy = False

    def _stopping(self) -> Question:
        counts = self.rounds.counts
        left = counts.running + counts.waiting
        title = f"Stop the run? {left} of {counts.total} have not answered yet."
        lines = (f"{counts.running} run and are ended, {counts.waiting} wait and are never started.",)
        return Question(title, lines, Risk.DISRUPTS, "stop it")
