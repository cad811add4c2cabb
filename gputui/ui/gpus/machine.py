"""`m`: the GPUs of one machine on their own screen, read over SSH every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding

from gputui.core.gpu_evidence import evidence
from gputui.core.gpus import LATE_SECONDS
from gputui.core.health import Health
from gputui.core.machine_verdicts import ReportedState, reported_state
from gputui.core.problem import Failed, Problem
from gputui.core.rows import Ref
from gputui.engine.store import Store
from gputui.engine.taken_verdicts import TakenVerdict
from gputui.ui.gpus.kernel_logs import show_kernel_logs
from gputui.ui.gpus.paint import (
    block_lines,
    evidence_lines,
    glyphs,
    head_line,
    remedy_lines,
    said_lines,
    summary_line,
    verdict_lines,
)
from gputui.ui.ssh.prompter import ConsolePrompter
from gputui.ui.terminal.clipboard import copy
from gputui.ui.widgets.bars import Bar, Part, key_parts
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.part_lines import Line, PartLines

if TYPE_CHECKING:
    from gputui.ssh.gpus.watch import GpuWatch, WatchedMachine
    from gputui.ssh.machine import Machine
    from gputui.ui.host import Host

LIVE_SECONDS = 6.0
"""Seconds after which the age of a reading is shown."""
_MOST_VERDICT_LINES = 3
_MOST_SAID = 2


def open_gpus(
    host: Host,
    store: Store,
    ref: Ref,
    *,
    before: WatchedMachine | None = None,
    left: Callable[[], None] = lambda: None,
) -> None:
    """Open the GPUs of the machine behind a row, or report why there are none.

    `before` is what is already known; `left` is called when the screen is left.
    """
    try:
        machine = host.ssh.machine(ref)
    except Failed as failed:
        row = store.find(ref)
        name = f"{row.name}: " if row is not None else ""
        host.notify(f"{name}{failed.problem.text}", severity="warning", markup=False)
        return
    host.push_screen(GpuScreen(host, store, machine, before), lambda _: left())


class GpuScreen(OverlayScreen[None]):
    """The verdict, then a block for each GPU; leaving the screen ends the reading."""

    DEFAULT_CSS = """
    GpuScreen { background: $surface; }
    GpuScreen #gpu-verdict { height: auto; max-height: 50%; }
    GpuScreen #gpu-head { height: 1; }
    GpuScreen #gpu-blocks { height: 1fr; }
    """
    BINDINGS = [
        Binding("p", "freeze", "Freeze", show=False),
        Binding("r", "again", "Read again", show=False),
        Binding("w", "whole", "Everything", show=False),
        Binding("m", "charts", "Charts", show=False),
        Binding("c", "copy", "Copy", show=False),
        Binding("l", "logs", "Kernel log", show=False),
        Binding("s", "ssh", "SSH", show=False),
    ]

    def __init__(self, host: Host, store: Store, machine: Machine, before: WatchedMachine | None) -> None:
        from gputui.ssh.gpus.watch import GpuWatch

        super().__init__()
        self._host, self._store, self._machine = host, store, machine
        self._pens = glyphs(ascii_only=host.ascii_only)
        self._frozen = self._whole = False
        self._broken: Problem | None = None
        person = ConsolePrompter(host, machine.name)
        ssh = host.ssh
        self._watch: GpuWatch = GpuWatch(
            [machine], ssh.pool, now=store.clock.now, on_change=self._told, person=person, smis=ssh.smis
        )
        self._watched = self._watch.machines[machine.ref]
        if before is not None:
            self._watched.go_on_from(before)
        self._title, self._keys = Bar(id="gpu-title"), Bar(id="gpu-keys")
        self._verdict, self._head = PartLines(id="gpu-verdict"), PartLines(id="gpu-head")
        self.blocks = PartLines(id="gpu-blocks")

    def must_be_meant(self, key: events.Key) -> bool:
        """Keys that open a session or read again need a deliberate press."""
        return key.key in ("s", "r")

    def compose(self) -> ComposeResult:
        """Title, verdict, blocks, keys."""
        self._verdict.can_focus = self._head.can_focus = False
        yield self._title
        yield self._verdict
        yield self._head
        yield self.blocks
        yield self._keys

    def on_mount(self) -> None:
        """Start reading."""
        self.blocks.focus()
        looks = (("esc", "back"), ("p", "freeze"), ("r", "read again"), ("w", "more"), ("m", "charts"))
        self._keys.show(key_parts(*looks, ("c", "copy"), ("s", "SSH")))
        self.start(self._watch.run())
        self.set_interval(1.0, self._tick)
        self._draw()

    def on_resize(self) -> None:
        """Adapt the bars to the window."""
        self._draw()

    def notices_changed(self) -> None:
        """Fit the blocks above the notices."""
        self._draw()

    def worker_failed(self, problem: Problem) -> None:
        """Clear the screen after an error: old values would look like current ones."""
        self._broken = problem
        self._draw()

    def _told(self, one: WatchedMachine) -> None:
        note_taken(self._store, one)
        if self.is_mounted and not self._frozen:
            self._draw()

    def _tick(self) -> None:
        if not self._host.paused:
            self._say_age()

    def _draw(self) -> None:
        """Update everything; only what has changed is repainted."""
        if self._host.paused:
            return
        if self._broken is not None:
            self._show_broken(self._broken)
            return
        width, ascii_only = self.size.width, self._pens.ascii_only
        verdict = self._watched.verdict(cloud_word(self._store, self._machine.ref), self._store.clock.now())
        lines = verdict_lines(verdict, width, _MOST_VERDICT_LINES, ascii_only=ascii_only)
        if self._whole:
            lines += evidence_lines(verdict, self._store.clock.now(), width, ascii_only=ascii_only)
        elif self._watched.problem is None:
            lines += remedy_lines(verdict, width)
        reading, problem = self._watched.reading, self._watched.problem
        if problem is not None:
            remedy = f"{problem.remedy}; r tries again" if problem.remedy else "r tries again"
            lines += [((f"   {text}", "dim"),) for text in wrap(remedy, max(10, width - 4))]
        if reading is not None:
            lines.append(summary_line(reading, width))
            lines += said_lines(reading, width, _MOST_SAID if not self._whole else len(reading.said))
        if len(lines) != len(self._verdict.lines):  # setting even the same height would lay out the whole screen
            self._verdict.styles.height = len(lines)
        self._verdict.show(lines)
        blocks: list[Line] = []
        if reading is not None and reading.gpus:
            height = self.rows_left - len(lines) - 3
            past = self._watched.past
            blocks = block_lines(reading, past, width - 1, height, self._pens, whole=self._whole)
        self._head.show([head_line(width)] if blocks else [])
        self.blocks.show(blocks)
        self._say_age()

    def _show_broken(self, problem: Problem) -> None:
        lines = [f"{problem}", f"{problem.remedy}; r tries again" if problem.remedy else "r tries again"]
        self._verdict.styles.height = len(lines)
        self._verdict.show([((f" {line}", "bad"),) for line in lines])
        self._head.show([])
        self.blocks.show([])

    def _say_age(self) -> None:
        reading = self._watched.reading
        right: list[Part] = [(" frozen: p ", "chip"), (" ", "")] if self._frozen else []
        if reading is not None:
            age = max(0, int(self._store.clock.now() - reading.at))
            if age >= LIVE_SECONDS or self._frozen:
                right.append((f"read {age}s ago ", "bad" if age >= LATE_SECONDS else "dim"))
            else:
                right.append(("live ", "dim"))
        machine = self._machine
        self._title.show([(f" GPUs of {machine.name} in {machine.ref.profile}", "strong")], right)

    def action_freeze(self) -> None:
        """Freeze the screen; reading continues."""
        self._frozen = not self._frozen
        if self._frozen:
            self._say_age()
        else:
            self._draw()

    def action_again(self) -> None:
        """Read again now, even if the machine is not retried automatically."""
        if self._broken is not None:
            self._broken = None
            self.start(self._watch.run())
        self._watch.again()

    def action_whole(self) -> None:
        """Toggle between all lines of every GPU and as many as fit."""
        self._whole = not self._whole
        self._draw()

    def action_copy(self) -> None:
        """Copy the evidence: what a ticket to the provider needs."""
        reading = self._watched.reading
        if reading is None:
            self._host.notify("there is nothing to copy yet", severity="warning", markup=False)
            return
        cloud = cloud_word(self._store, self._machine.ref)
        verdict = self._watched.verdict(cloud, self._store.clock.now())
        text = evidence(self._machine.name, self._machine.ref, cloud, reading, verdict)
        self.start(copy(self._host, text, f"the evidence of {self._machine.name}"))

    def action_charts(self) -> None:
        """Show what was read so far as charts, which go on with it."""
        from gputui.ui.gpus.charts import open_charts

        title = f"GPUs of {self._machine.name} in {self._machine.ref.profile} over time"
        open_charts(self._host, self._watched, title, self._store.clock.now)

    def action_logs(self) -> None:
        """Show the machine's kernel log."""
        show_kernel_logs(self._host, [self._watched])

    def action_ssh(self) -> None:
        """Open a session on the machine."""
        self._host.run_on_row("row.ssh", self._machine.ref)


def cloud_word(store: Store, ref: Ref) -> ReportedState:
    """Return the state that the cloud reports for a machine in its newest row."""
    row, view = store.find(ref), store.view(ref)
    return ReportedState("gone", Health.OFF) if row is None or view is None else reported_state(view, row)


def note_taken(store: Store, one: WatchedMachine) -> None:
    """Remember what a machine says now, for whoever explains the row or hands it over later."""
    if one.reading is not None and one.problem is None:
        verdict = one.verdict(cloud_word(store, one.machine.ref), store.clock.now())
        store.gpu_verdicts.note(TakenVerdict(one.machine.ref, one.machine.name, verdict, one.reading.at))
