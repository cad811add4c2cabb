"""The vital figures of NVIDIA GPUs: what `nvidia-smi` is asked every few seconds, and a parser for its output.

Sources: the nvidia-smi manual (exit codes, `--help-query-gpu`, `--help-query-remapped-rows`), NVML's API reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gputui.core.gpus import Errors, Gpu, Process, Throttle
from gputui.core.text import clean, shorten
from gputui.ssh.gpus.question import Part

THROTTLE_REASONS, EVENT_REASONS = "clocks_throttle_reasons.active", "clocks_event_reasons.active"
"""Two names of one bit mask: every driver of today knows the older one (590, 595 and 610 as an alias). A driver that
does not know a field refuses the whole query, so the newer one is only asked by if the older one is unknown."""
FIELDS = (
    "index",
    "uuid",
    "pci.bus_id",
    "utilization.gpu",
    "memory.used",
    "memory.total",
    "temperature.gpu",
    "power.draw",
    "power.limit",
    "pstate",
    THROTTLE_REASONS,
    "ecc.mode.current",
    "ecc.errors.corrected.volatile.total",
    "ecc.errors.uncorrected.volatile.total",
    "ecc.errors.uncorrected.aggregate.total",
    "retired_pages.pending",
    "clocks.current.sm",
    "clocks.max.sm",
    "pcie.link.gen.current",
    "pcie.link.gen.max",
    "pcie.link.width.current",
    "pcie.link.width.max",
    "persistence_mode",
    "driver_version",
    "name",  # last: the only text that might contain our separator
)
NEEDED = frozenset({"index", "uuid"})
_ROWS = ("gpu_uuid", "correctable", "uncorrectable", "pending", "failure")
FORMAT = "--format=csv,noheader,nounits 2>&1"
_MOST_GPUS, _MOST_PROCESSES = 64, 512
_LONGEST_NAME = 60

_NUMBER = re.compile(r"(-?[0-9]{1,18}(?:[.,][0-9]{1,6})?)\s*(?:%|W|MiB|C|°C)?")
_MASK = re.compile(r"0x[0-9A-Fa-f]{1,16}")
_BAD_FIELD = re.compile(r'Field "([\w.]{1,80})" is not a valid field to query')
_NO_HANDLE = re.compile(
    r"device handle for GPU\s*(?:(?P<index>[0-9]{1,3})(?::\s+|\s*$))?"
    r"(?:(?P<bus>[0-9A-Fa-f]{4,8}(?::[0-9A-Fa-f]{2}){1,2}(?:\.[0-9])?)?:\s*)?(?P<words>.{0,80})",
    re.IGNORECASE,
)


def questions(fields: Sequence[str], *, rows: bool) -> list[tuple[Part, str]]:
    """Return the parts that ask for the vital figures and the processes; `rows` includes the remapped rows."""
    asked = [
        (Part.GPUS, f"--query-gpu={','.join(fields)}"),
        (Part.PROCESSES, "--query-compute-apps=gpu_uuid,pid,used_memory,process_name"),
    ]
    if rows:
        names = ",".join(f"remapped_rows.{name}" for name in _ROWS[1:])
        asked.append((Part.ROWS, f"--query-remapped-rows={_ROWS[0]},{names}"))
    return [(part, f"{{limit}}nvidia-smi {query} {FORMAT}") for part, query in asked]


def without(fields: tuple[str, ...], unknown: str) -> tuple[str, ...]:
    """Return the fields without the `unknown` one; empty if that one is required."""
    if unknown in NEEDED or unknown not in fields:
        return ()
    if unknown == THROTTLE_REASONS:
        return tuple(EVENT_REASONS if field == unknown else field for field in fields)
    return tuple(field for field in fields if field != unknown)


def unknown_field(lines: Iterable[str]) -> str:
    """Return the field that the driver does not know; empty if it knows them all."""
    return next((found[1] for line in lines if (found := _BAD_FIELD.search(line))), "")


def gpus_in(lines: Iterable[str], fields: Sequence[str]) -> tuple[tuple[Gpu, ...], str]:
    """Parse the GPUs in order, lost ones included, and the driver's version. Other lines are skipped."""
    gpus: dict[str, Gpu] = {}
    driver = ""
    for line in lines:
        if len(gpus) >= _MOST_GPUS:
            break
        lost = _NO_HANDLE.search(line)
        if lost is not None:
            index = int(lost["index"]) if lost["index"] else None
            gpu = Gpu(index, bus=clean(lost["bus"] or ""), trouble=_words(lost["words"]), lost=True)
        elif (row := row_of(line, fields)) is not None:
            gpu = _gpu(row)
            driver = driver or text_of(row.get("driver_version", ""))
        else:
            continue
        gpus[gpu.identity] = gpu
    ordered = sorted(gpus.values(), key=lambda gpu: (gpu.index is None, gpu.index or 0))
    return tuple(ordered), driver


def rest_of(lines: Iterable[str], fields: Sequence[str]) -> Iterator[str]:
    """Return the lines that describe no GPU, unchanged; empty lines and the header are left out."""
    for line in lines:
        titles = line.replace(" ", "").startswith(f"{fields[0]},")
        if line.strip() and not titles and not _NO_HANDLE.search(line) and row_of(line, fields) is None:
            yield line


def row_of(line: str, fields: Sequence[str]) -> Mapping[str, str] | None:
    """Return the values of a line by their field; None if it is not the row of a GPU."""
    parts = line.split(", ", len(fields) - 1) if ", " in line else line.split(",", len(fields) - 1)
    row = dict(zip(fields, (part.strip() for part in parts), strict=False))
    return row if _is_row(row) else None


def _is_row(row: Mapping[str, str]) -> bool:
    index, uuid = row.get("index", ""), row.get("uuid", "")
    if uuid.startswith(("GPU-", "MIG-")):
        return index.isascii()
    return (
        index.isascii() and index.isdigit() and len(row) > len(NEEDED) and (not uuid or uuid.startswith(("[", "N/A")))
    )


def _gpu(row: Mapping[str, str]) -> Gpu:
    def told(field: str, most: float) -> float | None:
        return figure(row.get(field, ""), most)

    def count(span: str) -> int | None:
        found = told(f"ecc.errors.{span}.total", 1e12)
        return None if found is None else int(found)

    index, trouble = number_in(row.get("index", "")), _trouble(row)
    return Gpu(
        index=None if index is None else int(index),
        uuid=text_of(row.get("uuid", "")),
        name=text_of(row.get("name", "")),
        bus=text_of(row.get("pci.bus_id", "")),
        utilization=told("utilization.gpu", 100),
        memory_used=told("memory.used", 1e8),
        memory_total=told("memory.total", 1e8),
        temperature=told("temperature.gpu", 200),
        power=told("power.draw", 1e5),
        power_limit=told("power.limit", 1e5),
        errors=Errors(count("corrected.volatile"), count("uncorrected.volatile"), count("uncorrected.aggregate")),
        throttle=_throttle(row.get(EVENT_REASONS) or row.get(THROTTLE_REASONS) or ""),
        pstate=text_of(row.get("pstate", "")),
        pending=flag(row.get("retired_pages.pending", "")),
        trouble=trouble,
        lost="lost" in trouble.casefold(),
        clock=told("clocks.current.sm", 1e5),
        clock_most=told("clocks.max.sm", 1e5),
        lanes=(told("pcie.link.width.current", 64), told("pcie.link.width.max", 64)),
        link=(told("pcie.link.gen.current", 20), told("pcie.link.gen.max", 20)),
        ecc=flag(row.get("ecc.mode.current", "")),
        persistent=flag(row.get("persistence_mode", "")),
    )


_ENOUGH = 3
"""A driver may report `[Unknown Error]` for one figure of a healthy GPU; for this many the GPU itself is the
problem."""


def _trouble(row: Mapping[str, str]) -> str:
    """Return the error reported in place of figures; empty if the GPU merely does not have them."""
    said = [value.strip("[] ") for field, value in row.items() if field != "name"]
    lost = next((words for words in said if "lost" in words.casefold() or "reset" in words.casefold()), "")
    errors = [words for words in said if words.casefold().startswith(("err", "unknown err"))]
    return _words(lost or (errors[0] if len(errors) >= _ENOUGH else ""))


def with_processes(gpus: Sequence[Gpu], lines: Iterable[str]) -> tuple[tuple[Gpu, ...], tuple[Process, ...]]:
    """Return the GPUs with the processes in `lines`, and the processes of GPUs that are not among them."""
    found: dict[str, list[Process]] = {}
    count = 0
    for line in lines:
        parts = [part.strip() for part in line.split(", ", 3)]
        if len(parts) < 4 or not parts[0].startswith(("GPU-", "MIG-")) or count >= _MOST_PROCESSES:
            continue
        pid, name = number_in(parts[1]), text_of(parts[3])
        process = Process(None if pid is None else int(pid), name.rpartition("/")[2] or name, number_in(parts[2]))
        found.setdefault(clean(parts[0]), []).append(process)
        count += 1
    decorated = tuple(gpu if gpu.lost else replace(gpu, processes=tuple(found.pop(gpu.uuid, ()))) for gpu in gpus)
    return decorated, tuple(process for others in found.values() for process in others)


@dataclass(frozen=True, slots=True)
class Remapped:
    """The remapped rows of a GPU: how many, whether one is pending a reset, whether one has failed."""

    count: int | None
    pending: bool | None
    failed: bool | None


def remapped_in(lines: Iterable[str]) -> dict[str, Remapped]:
    """Parse remapped rows by uuid; empty for drivers and GPUs without them."""
    found: dict[str, Remapped] = {}
    for line in list(lines)[:_MOST_GPUS]:
        parts = [part.strip() for part in line.split(", ")]
        if len(parts) == len(_ROWS) and parts[0].startswith("GPU-"):
            counts = [int(number) for part in parts[1:3] if (number := number_in(part)) is not None]
            found[clean(parts[0])] = Remapped(sum(counts) if counts else None, flag(parts[3]), flag(parts[4]))
    return found


def with_remapped(gpus: Sequence[Gpu], rows: Mapping[str, Remapped]) -> tuple[Gpu, ...]:
    """Return the GPUs with their remapped rows; either kind of pending reset counts."""
    return tuple(
        replace(gpu, remapped=row.count, pending=gpu.pending or row.pending, unmappable=row.failed)
        if (row := rows.get(gpu.uuid)) is not None
        else gpu
        for gpu in gpus
    )


def first_words(lines: Iterable[str]) -> str:
    """Return the first non-empty line, cleaned and short, to show when nothing could be parsed."""
    return next(_lines_of(lines), "")


def _lines_of(lines: Iterable[str]) -> Iterator[str]:
    return (_words(line) for line in lines if line.strip())


def _words(text: str) -> str:
    return shorten(clean(text.strip()), 160)


def text_of(value: str) -> str:
    """Return a name; empty for all the ways to say that there is none."""
    bare = value.strip("[] ")
    if not bare or value.startswith("[") or bare.upper() in ("N/A", "ERR!", "UNKNOWN ERROR", "NONE"):
        return ""
    return shorten(clean(bare), _LONGEST_NAME)


def figure(text: str, most: float, *, least: float = 0) -> float | None:
    """Return a number within its bounds; None for all the ways to say that there is none."""
    found = number_in(text)
    return found if found is not None and least <= found <= most else None


def number_in(text: str) -> float | None:
    """Return the number that a text is, whatever its unit; None if it is none."""
    found = _NUMBER.fullmatch(text)
    return float(found[1].replace(",", ".")) if found else None


def flag(text: str) -> bool | None:
    """Return a yes or no; None for all else."""
    return _FLAGS.get(text.casefold())


_FLAGS = dict.fromkeys(("yes", "1", "true", "enabled"), True) | dict.fromkeys(("no", "0", "false", "disabled"), False)


def _throttle(text: str) -> Throttle | None:
    return Throttle(int(text, 16)) if _MASK.fullmatch(text) else None
