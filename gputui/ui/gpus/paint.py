"""A machine's GPUs as lines: bars with their figures, recent history, and other facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

from gputui.core.cells import health_tone
from gputui.core.feed import span
from gputui.core.gpu_findings import Verdict
from gputui.core.gpu_verdicts import HOT, WARM, gpu_verdict
from gputui.core.gpus import Errors, Gpu, Past, Process, Reading, Throttle
from gputui.core.health import Health
from gputui.core.text import clean
from gputui.ui.widgets.part_lines import Line
from gputui.ui.widgets.styles import Part, StyleName

NONE = "–"
COLDEST, HOTTEST = 20.0, 100.0
"""°C at the ends of a temperature bar."""
_FIGURES = (4, 11, 5, 9)
"""Widths of the figures in cells: utilisation, memory, temperature, power."""
_BEFORE, _GAP, _SHORTEST_BAR, _LONGEST_BAR = 14, 2, 3, 26
_SPAN = 60
"""The minimum number of readings in a spark line: three minutes."""
_MOST_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters for bars and spark lines on one kind of terminal, from empty to full.

    None has the full height of a line, as bars of neighbouring lines would merge.
    """

    steps: str
    track: str
    levels: str
    ascii_only: bool = False

    def bar(self, share: float, width: int) -> tuple[str, str]:
        """Return the full and the empty part of a bar, together `width` cells."""
        steps = len(self.steps)
        filled = round(max(0.0, min(1.0, share)) * width * steps)
        if share > 0 and not filled:
            filled = 1
        whole, rest = divmod(filled, steps)
        drawn = self.steps[-1] * whole + (self.steps[rest - 1] if rest else "")
        return drawn, self.track * (width - len(drawn))

    def level(self, share: float) -> str:
        """Return one character for a share of 0 to 1."""
        return self.levels[min(len(self.levels) - 1, int(max(0.0, share) * len(self.levels)))]


UNICODE = Glyphs("╸━", "─", "▁▂▃▄▅▆▇")
ASCII = Glyphs("#", ".", "0123456789", ascii_only=True)


def glyphs(*, ascii_only: bool) -> Glyphs:
    """Return the glyphs for a terminal."""
    return ASCII if ascii_only else UNICODE


def glyph(health: Health, *, ascii_only: bool) -> str:
    """Return the sign of a health."""
    return health.ascii_glyph if ascii_only else health.glyph


def verdict_lines(verdict: Verdict, width: int, most: int, *, ascii_only: bool) -> list[Line]:
    """Return the verdict, wrapped to at most `most` lines."""
    tone = health_tone(verdict.health)
    head = f" {glyph(verdict.health, ascii_only=ascii_only)} {verdict.health.word}  "
    words = verdict.words or "no problems"
    texts = wrap(words, max(10, width - cell_len(head) - 1), max_lines=most, placeholder=" …") or [""]
    return [((head if not at else " " * cell_len(head), tone), (text, "")) for at, text in enumerate(texts)]


def remedy_lines(verdict: Verdict, width: int) -> list[Line]:
    """Return what to do about it, in at most two lines; none if there is nothing to do."""
    if not verdict.remedy:
        return []
    head = "   do: "
    texts = wrap(verdict.remedy, max(10, width - len(head) - 1), max_lines=2, placeholder=" …")
    return [((head if not at else " " * len(head), "dim"), (text, "strong")) for at, text in enumerate(texts)]


def evidence_lines(verdict: Verdict, now: float, width: int, *, ascii_only: bool) -> list[Line]:
    """Return a line for each finding: its sign and words, who says so and since when, and what to do."""
    lines: list[Line] = []
    for finding in verdict.findings:
        begun = "" if finding.since is None else f", {span(max(0.0, now - finding.since))} ago"
        source = f" ({finding.source}{begun})" if finding.source else begun
        do = f": {finding.remedy}" if finding.remedy else ""
        head = f"   {glyph(finding.health, ascii_only=ascii_only)} "
        for at, text in enumerate(wrap(f"{finding.words}{source}{do}", max(10, width - cell_len(head) - 1))):
            lines.append(((head if not at else " " * cell_len(head), health_tone(finding.health)), (text, "")))
    return lines


def summary_line(reading: Reading, width: int) -> Line:
    """Return the number and models of the GPUs, and their sums."""
    models = dict.fromkeys(gpu.name.removeprefix("NVIDIA ") for gpu in reading.gpus if gpu.name)
    used, total = reading.memory
    parts = (
        f"{len(reading.gpus)} × {' + '.join(models) or 'GPU'}",
        f"{gibibytes(used)}/{gibibytes(total)} GiB" if used is not None and total is not None else "",
        watts(reading.power) if reading.power is not None else "",
        f"up to {reading.hottest:.0f} °C" if reading.hottest is not None else "",
        _processes_words(reading.processes),
        f"driver {reading.driver}" if reading.driver else "",
    )
    words = ""
    for part in filter(None, parts):
        longer = f"{words} · {part}" if words else f" {part}"
        if words and cell_len(longer) > width:
            break
        words = longer
    return ((_fit(words, width), "dim"),)


def said_lines(reading: Reading, width: int, most: int) -> list[Line]:
    """Return the evidence: what nvidia-smi printed besides its rows, verbatim."""
    said = [clean(line) for line in reading.said]
    if len(said) > most:
        said = [*said[: most - 1], f"… {len(said) - most + 1} more"]
    return [((_fit(f"   nvidia-smi: {line}", width), "dim"),) for line in said]


def head_line(width: int) -> Line:
    """Return the titles above the bars."""
    titles = ("UTILISATION", "MEMORY", "TEMPERATURE", "POWER")
    cells = [_fit(title, room) + " " * _GAP for title, room in zip(titles, _spans(width), strict=False)]
    return ((_fit(" GPU", _BEFORE) + "".join(cells), "head"),)


def block_lines(
    reading: Reading, past: Mapping[str, Past], width: int, height: int, pen: Glyphs, *, whole: bool
) -> list[Line]:
    """Return a block of lines for each GPU: three and its processes if there is room (or `whole` is set), else two."""
    full = [list(_whole(gpu, past.get(gpu.identity, Past()), width, pen)) for gpu in reading.gpus]
    if whole or sum(map(len, full)) <= height:
        return [line for block in full for line in block]
    return [line for gpu in reading.gpus for line in _brief(gpu, past.get(gpu.identity, Past()), width, pen)]


def _whole(gpu: Gpu, past: Past, width: int, pen: Glyphs) -> Iterator[Line]:
    yield _meters(gpu, past, width, pen)
    yield _sparks(past, width, pen)
    yield _details(gpu, past, width, _BEFORE, ())
    processes = gpu.processes or ()
    for process in processes[:_MOST_PROCESSES]:
        yield ((" " * _BEFORE, ""), (_fit(_process(process), width - _BEFORE), "dim"))
    if len(processes) > _MOST_PROCESSES:
        yield ((" " * _BEFORE, ""), (f"… and {len(processes) - _MOST_PROCESSES} more", "dim"))
    yield ()


def _brief(gpu: Gpu, past: Past, width: int, pen: Glyphs) -> Iterator[Line]:
    yield _meters(gpu, past, width, pen)
    room = _spans(width)[0]
    spark = _spark([point.utilization for point in past.points], past.seen, 100.0, room, pen)
    before: Line = ((" " * _BEFORE, ""), (spark, "meter"), (" " * _GAP, ""))
    yield _details(gpu, past, width, _BEFORE + room + _GAP, before, processes=True)


def _meters(gpu: Gpu, past: Past, width: int, pen: Glyphs) -> Line:
    verdict = gpu_verdict(gpu, past)
    tone = health_tone(verdict.health)
    name = "?" if gpu.index is None else str(gpu.index)
    sign = glyph(verdict.health, ascii_only=pen.ascii_only)
    heat = None if gpu.temperature is None else (gpu.temperature - COLDEST) / (HOTTEST - COLDEST)
    warmth: StyleName = (
        "bad" if (gpu.temperature or 0) >= HOT else "degraded" if (gpu.temperature or 0) >= WARM else "meter"
    )
    shares: tuple[tuple[float | None, str, StyleName], ...] = (
        (None if gpu.utilization is None else gpu.utilization / 100, _percent(gpu.utilization), "meter"),
        (gpu.memory_share, _memory(gpu), "meter"),
        (heat, _degrees(gpu.temperature), warmth),
        (gpu.power_share, _power(gpu), "meter"),
    )
    parts: list[Part] = [(f"{name:>3} ", "strong"), (_fit(f"{sign} {verdict.health.word}", _BEFORE - 4), tone)]
    room = _bar_width(width)
    for (share, text, look), figure in zip(shares, _figures(width), strict=False):
        full, empty = pen.bar(share, room) if share is not None else ("", " " * room)
        parts += [(full, look), (empty, "dim"), (f" {text:>{figure}}", "" if look == "meter" else look)]
        parts.append((" " * _GAP, ""))
    return tuple(parts)


def _sparks(past: Past, width: int, pen: Glyphs) -> Line:
    series = (
        ([point.utilization for point in past.points], 100.0),
        ([point.memory for point in past.points], 1.0),
        ([_above(point.temperature) for point in past.points], HOTTEST - COLDEST),
        ([point.power for point in past.points], 1.0),
    )
    parts: list[Part] = [(" " * _BEFORE, "")]
    for (values, top), room in zip(series, _spans(width), strict=False):
        parts += [(_spark(values, past.seen, top, room, pen), "meter"), (" " * _GAP, "")]
    return tuple(parts)


def _spark(values: Sequence[float | None], seen: int, top: float, width: int, pen: Glyphs) -> str:
    """The newest value is at the right end; several readings share a cell if three minutes would not fit otherwise.

    The grouping does not change as readings arrive, so that most cells stay the same.
    """
    each = max(1, -(-_SPAN // width))
    cells: list[str] = []
    end = len(values)
    start = end - (seen - 1) % each - 1
    while end > 0 and len(cells) < width:
        some = [value for value in values[max(0, start) : end] if value is not None]
        cells.append(pen.level(sum(some) / len(some) / top) if some else " ")
        start, end = start - each, start
    return "".join(reversed(cells)).rjust(width)


def _above(heat: float | None) -> float | None:
    return None if heat is None else heat - COLDEST


def _details(gpu: Gpu, past: Past, width: int, used: int, before: Line, *, processes: bool = False) -> Line:
    verdict = gpu_verdict(gpu, past)
    parts: list[Part] = list(before or ((" " * used, ""),))
    room = width - used - 1
    texts: list[Part] = [(words, health_tone(verdict.health)) for words in verdict.reasons]
    texts += [(words, "dim") for words in (*verdict.notes, *_facts(gpu))]
    if processes and gpu.processes is not None:
        count = len(gpu.processes)
        texts.append((_process(gpu.processes[0]) if count == 1 else _processes_words(count), "dim"))
    for at, (text, look) in enumerate(texts):
        text = f"{' · ' if at else ''}{text}"
        if cell_len(text) > room:
            parts.append((_fit(text, room), look))
            break
        parts.append((text, look))
        room -= cell_len(text)
    return tuple(parts)


def _facts(gpu: Gpu) -> Iterator[str]:
    if gpu.lost:
        if gpu.bus:
            yield gpu.bus
        if gpu.trouble:
            yield gpu.trouble
        return
    yield _errors(gpu.errors)
    if gpu.throttle is not None:
        idle = "idle" if gpu.throttle & Throttle.IDLE else "full clocks"
        yield f"clocks: {', '.join(gpu.reasons)}" if gpu.reasons else idle
    if gpu.pstate:
        yield gpu.pstate


def _errors(errors: Errors) -> str:
    if errors.uncorrected is None and errors.corrected is None:
        return "ECC –"
    if not errors.uncorrected and not errors.corrected:
        return "ECC 0"
    return f"ECC {errors.uncorrected or 0} uncorrected, {errors.corrected or 0} corrected"


def _process(process: Process) -> str:
    size = f" {gibibytes(process.memory)} GiB" if process.memory is not None else ""
    pid = f" ({process.pid})" if process.pid is not None else ""
    return f"{process.name or 'a process'}{pid}{size}"


def _processes_words(count: int | None) -> str:
    return "" if count is None else "1 process" if count == 1 else f"{count or 'no'} processes"


def _spans(width: int) -> list[int]:
    room = _bar_width(width)
    return [room + 1 + figure for figure in _figures(width)]


def _figures(width: int) -> tuple[int, ...]:
    """Return the widths of the figures that fit, each with a bar: a truncated figure would be another figure."""
    count = next((count for count in range(len(_FIGURES), 1, -1) if _free(width, count) >= count * _SHORTEST_BAR), 1)
    return _FIGURES[:count]


def _free(width: int, count: int) -> int:
    """Return the cells left for the bars of the first `count` figures."""
    return width - _BEFORE - sum(_FIGURES[:count]) - count - _GAP * (count - 1)


def _bar_width(width: int) -> int:
    count = len(_figures(width))
    return max(1, min(_LONGEST_BAR, _free(width, count) // count))


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.0f}%"


def _degrees(value: float | None) -> str:
    return NONE if value is None else f"{value:.0f}°C"


def _memory(gpu: Gpu) -> str:
    if gpu.memory_used is None:
        return NONE
    total = NONE if gpu.memory_total is None else gibibytes(gpu.memory_total)
    return f"{gibibytes(gpu.memory_used)}/{total}G"


def _power(gpu: Gpu) -> str:
    if gpu.power is None:
        return NONE
    return f"{gpu.power:.0f}W" if gpu.power_limit is None else f"{gpu.power:.0f}/{gpu.power_limit:.0f}W"


def gibibytes(mebibytes: float) -> str:
    """Format MiB as GiB with as few digits as useful."""
    value = mebibytes / 1024
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def watts(value: float) -> str:
    """Format watts, as kilowatts from a thousand on."""
    return f"{value / 1000:.1f} kW" if value >= 1000 else f"{value:.0f} W"


def _fit(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text + " " * (width - cell_len(text))
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""
