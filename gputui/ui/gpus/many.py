"""`:gpus`: the GPUs of many machines, one line each, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding

from gputui.core.cells import EMPTY, Cell, Column, Tone, health_tone, number, verdict, words
from gputui.core.gpu_findings import Verdict
from gputui.core.gpu_verdicts import HOT, WARM, gpu_verdict
from gputui.core.gpus import Gpu, Past, Reading
from gputui.core.health import Health
from gputui.core.machine_verdicts import ReportedState
from gputui.core.problem import Failed, Problem
from gputui.core.rows import Ref, Row
from gputui.engine.fleet import worst_first
from gputui.engine.store import Store
from gputui.ui.gpus.kernel_logs import show_kernel_logs
from gputui.ui.gpus.machine import cloud_word, note_taken, open_gpus
from gputui.ui.gpus.paint import Glyphs, gibibytes, glyph, glyphs, watts
from gputui.ui.gpus.reasons import reason_lines, reasons
from gputui.ui.list.targets import Targets
from gputui.ui.table.live_table import LiveTable
from gputui.ui.widgets.bars import Bar, Part, cut, key_parts
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.part_lines import PartLines

if TYPE_CHECKING:
    from gputui.ssh.gpus.watch import WatchedMachine
    from gputui.ssh.machine import Machine
    from gputui.ui.host import Host

DRAWN_SECONDS = 0.2
_MOST_CHARACTERS = 16


def _unread(_: object) -> Cell:
    """Return an empty cell: these rows are built from readings, not from items."""
    return EMPTY


_WHY_COLUMN: Column[Any] = Column("WHY", _unread, max_width=120)
COLUMNS: tuple[Column[Any], ...] = (
    Column("NAME", _unread),
    Column("GPUS", _unread),
    Column("DO", _unread),
    Column("UTIL", _unread, max_width=_MOST_CHARACTERS),
    Column("MEMORY", _unread, right=True),
    Column("TEMP", _unread, right=True),
    Column("POWER", _unread, right=True),
    Column("PROC", _unread, right=True),
    Column("CLOUD", _unread, max_width=14),
    _WHY_COLUMN,
    Column("PROFILE", _unread, max_width=16, wide=True),
    Column("MODEL", _unread, max_width=24, wide=True),
)

_WHY = COLUMNS.index(_WHY_COLUMN)


def open_gpu_list(host: Host, store: Store, many: Targets) -> None:
    """Watch the GPUs of these rows' machines. Rows without SSH access are listed with the reason."""
    if not many.refs:
        host.notify("there are no machines here to read", severity="warning", markup=False)
        return
    from gputui.ssh.connecting.open_files import room_for_connections

    machines: list[Machine] = []
    refused: list[RefusedRow] = []
    for ref in many.refs[: room_for_connections()]:
        try:
            machines.append(host.ssh.machine(ref))
        except Failed as failed:
            row = store.find(ref)
            refused.append(RefusedRow(ref, row.name if row is not None else ref.id, failed.problem.text))
    if not machines:
        host.notify(f"GPUs: {refused[0].why}", severity="warning", markup=False)
        return
    host.push_screen(GpuList(host, store, machines, refused, many))


class RefusedRow(NamedTuple):
    """A row without SSH access."""

    ref: Ref
    name: str
    why: str


class GpuList(OverlayScreen[None]):
    """A live table of machines; leaving it ends the reading."""

    DEFAULT_CSS = """
    GpuList { background: $surface; }
    GpuList #gpu-reasons { height: 0; }
    """
    BINDINGS = [
        Binding("p", "freeze", "Freeze", show=False),
        Binding("r", "again", "Read again", show=False),
        Binding("w", "wide", "Wide", show=False),
        Binding("l", "logs", "Kernel logs", show=False),
        Binding("s", "ssh", "SSH", show=False),
    ]

    def __init__(
        self, host: Host, store: Store, machines: Sequence[Machine], refused: Sequence[RefusedRow], many: Targets
    ) -> None:
        from gputui.ssh.gpus.watch import GpuWatch

        super().__init__()
        self._host, self._store, self._many, self._refused = host, store, many, refused
        ascii_only = host.ascii_only
        self._pens = glyphs(ascii_only=ascii_only)
        self._frozen = self._due = False
        self._broken: Problem | None = None
        ssh = host.ssh
        self._watch = GpuWatch(machines, ssh.pool, now=store.clock.now, on_change=self._told, smis=ssh.smis)
        self._rows: dict[Ref, Row] = {}
        self._remedies: dict[Ref, str] = {}
        self._drawn: dict[Ref, tuple[Reading | None, tuple[object, ...]]] = {}
        self.table = LiveTable(COLUMNS, now=store.clock.now, ascii_only=ascii_only, flash=False)
        self._title, self._chosen, self._keys = Bar(id="gpu-title"), Bar(id="gpu-chosen"), Bar(id="gpu-keys")
        self.reasons = PartLines(id="gpu-reasons")

    def must_be_meant(self, key: events.Key) -> bool:
        """Keys that open a session or read again need a deliberate press."""
        return key.key in ("s", "r")

    def compose(self) -> ComposeResult:
        """Title, table, what several have in common, the verdict on the chosen row, keys."""
        self.reasons.can_focus = False
        yield self._title
        yield self.table
        yield self.reasons
        yield self._chosen
        yield self._keys

    def on_mount(self) -> None:
        """Start reading."""
        self.table.focus()
        keys = (
            ("enter", "its GPUs"),
            ("l", "kernel logs"),
            ("s", "SSH"),
            ("p", "freeze"),
            ("r", "read again"),
            ("esc", "back"),
        )
        self._keys.show(key_parts(*keys))
        self.start(self._watch.run())
        self.set_interval(1.0, self._draw)
        self._draw()

    def on_resize(self) -> None:
        """Fit the text of the lines to the window."""
        self._say(list(self._rows.values()))
        self._say_reasons()
        self._say_why()

    def worker_failed(self, problem: Problem) -> None:
        """Report the error; the rows become late by themselves."""
        super().worker_failed(problem)
        self._broken = problem
        self._draw()

    def _told(self, one: WatchedMachine) -> None:
        note_taken(self._store, one)
        if not self._due and self.is_mounted:
            self._due = True
            self.set_timer(DRAWN_SECONDS, self._draw)

    def _draw(self) -> None:
        self._due = False
        if self._host.paused or self._frozen:
            return
        now = self._store.clock.now()
        rows = [self._row_of(ref, one, now) for ref, one in self._watch.machines.items()]
        rows += [self._without(one) for one in self._refused]
        self._rows = {row.ref: row for row in rows}
        without = worst_first(row for row in rows if row.health is Health.OFF)
        self.table.show(worst_first(row for row in rows if row.health is not Health.OFF) | without)
        self._say(rows)
        self._say_reasons()
        self._say_why()

    def _say_reasons(self) -> None:
        """Show why machines have no current reading, equal reasons once."""
        found, pens = reasons(self._watch.machines.values()), self._pens
        lines = list(reason_lines(found, self.size.width, self.size.height, ascii_only=pens.ascii_only))
        if len(lines) != len(self.reasons.lines):  # setting even the same height would lay out the whole screen
            self.reasons.styles.height = len(lines)
        self.reasons.show(lines)

    def _say(self, rows: Sequence[Row]) -> None:
        counts = [(health, sum(row.health is health for row in rows)) for health in Health]
        said = ", ".join(f"{count} {_WORDS[health]}" for health, count in counts if count)
        which = "marked" if self._many.marked else "shown"
        title = f" GPUs of {len(rows)} machines {which}"
        if 0 < len(rows) < len(self._many.refs):
            title = f" GPUs of the first {len(rows)} of {len(self._many.refs)} machines {which}"
        right: list[Part] = [(" frozen: p ", "chip"), (" ", "")] if self._frozen else []
        if cell_len(f"{title}  {said}") + sum(len(text) for text, _ in right) > self.size.width:
            said = "  ".join(
                f"{glyph(health, ascii_only=self._pens.ascii_only)} {count}" for health, count in counts if count
            )
        if self._broken is not None:
            self._title.show([(title, "strong"), (f"  {self._broken.brief}: r tries again", "bad")], right)
            return
        self._title.show([(title, "strong"), (f"  {said}", "dim")], right)

    @on(LiveTable.Moved)
    def _say_why(self) -> None:
        """Show the whole verdict on the chosen machine, even if its column is hidden."""
        row = self._rows.get(self.table.cursor_ref) if self.table.cursor_ref is not None else None
        if row is None:
            self._chosen.show([])
            return
        why = row.cells[_WHY].text
        name = f" {row.name}  "
        why = why if why != EMPTY.text else "no problems"
        remedy = self._remedies.get(row.ref, "")
        whole = f"{why}  do: {remedy}" if remedy else why
        self._chosen.show([(name, "strong"), (cut(whole, self.size.width - cell_len(name)), "")])

    def _row_of(self, ref: Ref, one: WatchedMachine, now: float) -> Row:
        """Return the row of a machine; the same object while nothing is new, which is the usual case."""
        cloud, reading = cloud_word(self._store, ref), one.reading
        late = one.is_late(now)
        seen = (one.problem, one.connected, cloud, late)
        before = self._drawn.get(ref)
        if before is not None and before[0] is reading and before[1] == seen:
            return self._rows[ref]
        self._drawn[ref] = (reading, seen)
        judged = one.verdict(cloud, now)
        self._remedies[ref] = judged.remedy
        return self._row(ref, one, cloud, judged, None if late else reading)

    def _row(
        self, ref: Ref, one: WatchedMachine, cloud: ReportedState, judged: Verdict, reading: Reading | None
    ) -> Row:
        model = next((gpu.name for gpu in reading.gpus if gpu.name), "") if reading else ""
        cells = (
            words(one.machine.name),
            verdict(judged.health),
            words(judged.action.word, health_tone(judged.health)),
            *(_figures(reading, one.past, self._pens) if reading is not None else (EMPTY,) * 5),
            _cloud(cloud),
            _why(judged),
            words(ref.profile),
            words(model.removeprefix("NVIDIA ")),
        )
        return Row(ref, one.machine.name, cloud.state, judged.health, cells)

    def _without(self, one: RefusedRow) -> Row:
        cloud = cloud_word(self._store, one.ref)
        cells = (words(one.name), verdict(Health.OFF), *(EMPTY,) * 6, _cloud(cloud), words(one.why, "dim"))
        return Row(one.ref, one.name, cloud.state, Health.OFF, (*cells, words(one.ref.profile), EMPTY))

    @on(LiveTable.Opened)
    def _opened(self, event: LiveTable.Opened) -> None:
        # A host key may have been accepted meanwhile.
        again = partial(self._watch.again, event.ref)
        open_gpus(self._host, self._store, event.ref, before=self._watch.machines.get(event.ref), left=again)

    def action_freeze(self) -> None:
        """Freeze the screen; reading continues."""
        self._frozen = not self._frozen
        self._say(list(self._rows.values()))
        self._draw()

    def action_again(self) -> None:
        """Read all machines again now, including those that are not retried automatically."""
        if self._broken is not None:
            self._broken = None
            self.start(self._watch.run())
        self._watch.again()

    def action_wide(self) -> None:
        """Toggle between all columns and those that fit."""
        self.table.wide = not self.table.wide

    def action_logs(self) -> None:
        """Show the kernel logs of all machines, merged by time."""
        show_kernel_logs(self._host, self._watch.machines.values())

    def action_ssh(self) -> None:
        """Open a session on the machine under the cursor."""
        if self.table.cursor_ref is not None:
            self._host.run_on_row("row.ssh", self.table.cursor_ref)


_WORDS = {
    Health.BAD: "bad",
    Health.DEGRADED: "degraded",
    Health.UNKNOWN: "unknown",
    Health.CHANGING: "awaited",
    Health.OFF: "without",
    Health.OK: "ok",
}


def _figures(reading: Reading, past: Mapping[str, Past], pen: Glyphs) -> tuple[Cell, ...]:
    used, total = reading.memory
    heat = reading.hottest
    warmth: Tone = "plain" if heat is None or heat < WARM else "degraded" if heat < HOT else "bad"
    memory = EMPTY if used is None else Cell(f"{gibibytes(used)}/{gibibytes(total or 0)}G", used)
    return (
        Cell(minibars(reading.gpus, past, pen), reading.utilization) if reading.gpus else EMPTY,
        memory,
        EMPTY if heat is None else Cell(f"{heat:.0f}°C", heat, warmth),
        EMPTY if reading.power is None else Cell(watts(reading.power).replace(" ", ""), reading.power),
        number(reading.processes),
    )


def minibars(gpus: Sequence[Gpu], past: Mapping[str, Past], pen: Glyphs) -> str:
    """Return one character per GPU: its utilisation, a sign if it is bad, `?` if unknown."""
    signs = []
    for gpu in gpus[:_MOST_CHARACTERS]:
        if gpu_verdict(gpu, past.get(gpu.identity)).health is Health.BAD:
            signs.append(Health.BAD.ascii_glyph if pen.ascii_only else Health.BAD.glyph)
        else:
            signs.append("?" if gpu.utilization is None else pen.level(gpu.utilization / 100))
    return "".join(signs)


def _cloud(cloud: ReportedState) -> Cell:
    return words(cloud.state, health_tone(cloud.health) if cloud.health is not Health.OK else "plain")


def _why(judged: Verdict) -> Cell:
    return words(judged.words, "plain" if judged.health.faulty else "dim")
