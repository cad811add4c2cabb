"""Figures beside their budgets, as a table."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

HEADS = ("figure", "world", "measured", "budget", "holds", "beside")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `budget` is the most that is allowed, `beside` what it was measured with."""

    name: str
    world: str
    value: float
    unit: str
    budget: float | None = None
    beside: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether it is within its budget; None without one."""
        return None if self.budget is None else self.value <= self.budget

    @property
    def cells(self) -> Sequence[str]:
        """The line, as texts."""
        wanted = "" if self.budget is None else f"≤ {_number(self.budget)}"
        word = {None: "", True: "yes", False: "**no**"}[self.holds]
        return self.name, self.world, f"{_number(self.value)} {self.unit}".strip(), wanted, word, self.beside


def cpu_figure(name: str, world: str, found: tuple[float, float], budget: float | None) -> Figure:
    """A figure of (CPU, all) milliseconds, of which the CPU counts."""
    cpu, seconds = found
    return Figure(name, world, cpu, "ms CPU", budget, f"{seconds:.0f} ms with what else ran")


def table(figures: Iterable[Figure]) -> str:
    """A Markdown table."""
    lines = [HEADS, ("---",) * len(HEADS), *(figure.cells for figure in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def facts() -> str:
    """When, what and on what; no names and no paths of the machine."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{now}, commit {asked.stdout.strip() or 'unknown'}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, Textual {version('textual')}, load {load} (1, 5, 15 minutes), terminal 120×36"
    )


def median(values: Iterable[float]) -> float:
    """The middle one, which a busy moment of the machine does not move."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(percent / 100 * len(ordered)))]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 3 else f"{value:.2f}"
