"""`m` on rows whose API has metrics: charts of one row or of several compared, with ranges and a cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.worker import Worker, WorkerState

from gputui.core.actions import Answer, Inputs, Query
from gputui.core.metrics import RANGE, Measurements
from gputui.core.problem import Failed, Problem
from gputui.ui.charts.board import Board, Measured
from gputui.ui.charts.chart import ASCII, UNICODE
from gputui.ui.charts.scales import clock
from gputui.ui.inspect.answers import answer_lines
from gputui.ui.inspect.repeated import Repeated
from gputui.ui.widgets.bars import Bar, Part, key_parts
from gputui.ui.widgets.keys import Key, bind
from gputui.ui.widgets.overlay_screen import OverlayScreen
from gputui.ui.widgets.part_lines import Line, PartLines

if TYPE_CHECKING:
    from gputui.ui.host import Host

FAR = 10
"""Readings that the cursor moves at once with shift."""
LEAST_SECONDS = 1.0
_BARS = 3
_MOST_RANGES = 9
_NOTHING = Measurements(())


@dataclass(frozen=True, slots=True)
class RowReading:
    """One row and how it is read with the chosen range; a failure is returned."""

    name: str
    read: Callable[[Inputs], Awaitable[Answer | Failed]]


class MetricsScreen(OverlayScreen[None]):
    """Reads at once and as often as there is something new; draws only when there was, or when the cursor moved.

    What was read last stays when a later reading fails; the title says so.
    """

    DEFAULT_CSS = """
    MetricsScreen { background: $surface; }
    MetricsScreen #metrics-charts { height: 1fr; }
    """
    BINDINGS = [
        Binding("left", "cursor(-1)", "Earlier", show=False, priority=True),
        Binding("right", "cursor(1)", "Later", show=False, priority=True),
        Binding("shift+left", f"cursor({-FAR})", "Much earlier", show=False, priority=True),
        Binding("shift+right", f"cursor({FAR})", "Much later", show=False, priority=True),
        Binding("t", "table", "Table", show=False),
        Binding("r", "again", "Read again", show=False),
    ]

    def __init__(
        self,
        host: Host,
        title: str,
        rows: Sequence[RowReading],
        look: Query[Any],
        *,
        secrets: frozenset[str] = frozenset(),
        inputs: bool = False,
        chosen: int | None = None,
    ) -> None:
        super().__init__()
        self._host, self._title, self._rows, self._look = host, title, rows, look
        self._secrets = secrets
        self._chosen = look.first_range if chosen is None else chosen
        self._has_inputs = inputs
        self.other_inputs = False
        self._pen = ASCII if host.ascii_only else UNICODE
        self._answers: tuple[Answer | Failed, ...] = ()
        self._board: Board | None = None
        self._cursor: float | None = None
        self._as_table = False
        self._status = "reading…"
        self._repeated = Repeated(self._once, lambda: self._every)
        self._reading: Worker[None] | None = None
        self.charts = PartLines(id="metrics-charts")
        own = [
            Key(f"metrics.range{n}", str(n), range_.label, "", "looks", f"range({n - 1})")
            for n, range_ in enumerate(look.ranges[:_MOST_RANGES], 1)
        ]
        bind(self, [*own, *([Key("metrics.inputs", "e", "Inputs", "", "looks", "inputs")] if inputs else [])])

    def compose(self) -> ComposeResult:
        """Title, ranges, charts, keys."""
        yield Bar(id="metrics-title")
        yield Bar(id="metrics-ranges")
        yield self.charts
        yield Bar(id="metrics-keys")

    def on_mount(self) -> None:
        """Start reading."""
        self.charts.focus()
        others = (("e", "other inputs"),) if self._has_inputs else ()
        keys = (("esc", "back"), ("← →", "read values"), ("t", "table"), ("j k", "move"), ("r", "read again"), *others)
        self.query_one("#metrics-keys", Bar).show(key_parts(*keys))
        self._draw()
        self._reading = self.start(self._go_on())

    def must_be_meant(self, key: events.Key) -> bool:
        """Keys that read again need a deliberate press."""
        return key.key in ("r", "e") or key.key.isdigit()

    def on_resize(self) -> None:
        """Fit the charts to the window."""
        self._draw()

    def notices_changed(self) -> None:
        """Fit the charts above the notices."""
        self._draw()

    @property
    def chosen(self) -> int:
        """Which of the query's ranges is shown."""
        return self._chosen

    @property
    def has_read(self) -> bool:
        """Whether there is an answer on the screen."""
        return bool(self._answers)

    @property
    def _every(self) -> float | None:
        every = self._look.ranges[self._chosen].every if self._look.ranges else self._look.every
        return None if every is None else max(LEAST_SECONDS, every)

    async def _go_on(self) -> None:
        await self._repeated.run()

    async def _once(self) -> bool:
        ranges, at = self._look.ranges, self._chosen
        chosen = {RANGE: ranges[at].value} if ranges else {}
        answers = tuple(await asyncio.gather(*(row.read(chosen) for row in self._rows)))
        if at == self._chosen:  # else another range was chosen meanwhile, which is read next
            await self._take(answers)
        return False

    async def _take(self, answers: tuple[Answer | Failed, ...]) -> None:
        failures = [answer for answer in answers if isinstance(answer, Failed)]
        if len(failures) == len(answers):
            self.worker_failed(failures[0].problem)
            return
        self._status = "live" if self._every else "r reads again"
        if answers != self._answers:
            self._board = await self._made(answers)
            self._answers = answers
        self._draw()

    async def _made(self, answers: Sequence[Answer | Failed]) -> Board | None:
        """The charts of the answers, if any are of metrics; the loop has its turn after each."""
        if not any(isinstance(answer, Measurements) for answer in answers):
            return None
        board = Board(list(self._measured(answers)))
        for _ in board.prepare(*self._room(answers), self._pen):
            await asyncio.sleep(0)
        return board

    def _room(self, answers: Sequence[Answer | Failed]) -> tuple[int, int]:
        """The cells for charts; one column is the scroll bar's."""
        notes = len(list(self._notes(answers)))
        return self.size.width - 1, max(0, self.rows_left - _BARS - notes)

    def _measured(self, answers: Sequence[Answer | Failed]) -> Iterator[Measured]:
        for row, answer in zip(self._rows, answers, strict=True):
            if isinstance(answer, Measurements):
                yield Measured(row.name, answer)
            elif isinstance(answer, Failed):
                yield Measured(row.name, _NOTHING, str(answer.problem))
            else:
                yield Measured(row.name, _NOTHING, "no figures over time")

    def worker_failed(self, problem: Problem) -> None:
        """Show why there are no metrics, or no newer ones."""
        self._status = f"{problem}   r tries again"
        self._draw(problem)

    def _draw(self, problem: Problem | None = None) -> None:
        """Update everything; only what has changed is repainted."""
        if self._host.paused or not self.is_mounted:
            return
        self.query_one("#metrics-title", Bar).show([(f" {self._title}", "strong")], [(f" {self._status} ", "dim")])
        if self._board is not None:
            self._cursor = self._board.kept(self._cursor)
            charts = self._board.lines(*self._room(self._answers), self._pen, self._cursor, as_table=self._as_table)
            self.charts.show([*self._notes(self._answers), *charts])
        elif self._answers:
            answer = next(answer for answer in self._answers if not isinstance(answer, Failed))
            self.charts.show(answer_lines(answer, self._secrets, self.size.width))
        else:
            words = (str(problem), problem.remedy) if problem is not None else ("reading…",)
            self.charts.show([(), *(((f"  {text}", ""),) for text in words)])
        self._show_ranges()

    def _notes(self, answers: Sequence[Answer | Failed]) -> Iterator[Line]:
        """What is missing, before the charts: one may not be looked at without the other."""
        width = self.size.width
        for row, answer in zip(self._rows, answers, strict=True):
            if isinstance(answer, Measurements) and answer.missing:
                name = f"{row.name}: " if len(self._rows) > 1 else ""
                for text in wrap(f"partial: {name}{answer.missing}", max(10, width - 2)):
                    yield ((f" {text}", "degraded"),)

    def _show_ranges(self) -> None:
        left: list[Part] = [(" ", "")]
        for n, range_ in enumerate(self._look.ranges[:_MOST_RANGES]):
            left += [(f"{n + 1} ", "key"), (f" {range_.label} ", "active" if n == self._chosen else ""), (" ", "")]
        right: list[Part] = []
        if self._board is not None and self._board.charts:
            window = self._board.window
            ends = f"{clock(window.start, window.span)} – {clock(window.end, window.span)} "
            at = f"▸ {clock(self._cursor, window.span)} " if self._cursor is not None else ""
            right = [(at, "strong"), (ends, "dim")] if at else [(ends, "dim")]
        self.query_one("#metrics-ranges", Bar).show(left, right)

    def action_cursor(self, by: int) -> None:
        """Read the values of an earlier or a later time in all charts."""
        if self._board is not None:
            self._cursor = self._board.moved(self._cursor, by)
            self._draw()

    def action_leave(self) -> None:
        """Put the cursor away, if there is one; else leave."""
        if self._cursor is None:
            super().action_leave()
            return
        self._cursor = None
        self._draw()

    def action_range(self, at: int) -> None:
        """Show another range."""
        if at != self._chosen:
            self._chosen, self._cursor, self._status = at, None, "reading…"
            self._draw()
            self.action_again()

    def action_table(self) -> None:
        """Show the values as a table, or as charts again."""
        self._as_table = not self._as_table
        self._draw()

    def action_again(self) -> None:
        """Read again now, even after a bug has ended the reading."""
        self._repeated.again()
        if self._reading is not None and self._reading.state is WorkerState.ERROR:
            self._reading = self.start(self._go_on())

    def action_inputs(self) -> None:
        """Leave the screen to change the inputs."""
        self.other_inputs = True
        self.dismiss()
