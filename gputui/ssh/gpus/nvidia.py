"""The `nvidia-smi` command line, and a parser for its output, which differs between drivers.

Sources: the nvidia-smi manual (exit codes, `--help-query-gpu`, `--help-query-remapped-rows`), NVML's API reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gputui.core.gpus import Errors, Gpu, Process, Throttle
from gputui.core.text import clean, shorten

EVENT_REASONS, THROTTLE_REASONS = "clocks_event_reasons.active", "clocks_throttle_reasons.active"
"""Two names of one bit mask: the first since driver 535, the second before. A driver that does not know a field
refuses the whole query."""
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
    EVENT_REASONS,
    "ecc.errors.corrected.volatile.total",
    "ecc.errors.uncorrected.volatile.total",
    "ecc.errors.uncorrected.aggregate.total",
    "retired_pages.pending",
    "driver_version",
    "name",  # last: the only text that might contain our separator
)
NEEDED = frozenset({"index", "uuid"})
_ROWS = ("gpu_uuid", "correctable", "uncorrectable", "pending", "failure")
_FORMAT = "--format=csv,noheader,nounits 2>&1"
_PLACES = "/usr/local/nvidia/bin:/usr/lib/wsl/lib:/opt/bin:/run/nvidia/driver/usr/bin"
"""Where containers and other systems install it, outside the PATH of a non-login shell."""
LONGEST_ANSWER = 35.0
"""Seconds after which the machine itself ends a query: nobody waits longer, and hanging ones would pile up."""
_NO_LIMIT = re.compile(r"\btimeout: .{0,40}not found|Usage: timeout\b")
_MARK = re.compile(r"gputui ([0-3]) ([0-9]{1,3})")
_MOST_LINES, _MOST_GPUS, _MOST_PROCESSES = 4000, 64, 512
_LONGEST_NAME = 60

_NUMBER = re.compile(r"(-?[0-9]{1,12}(?:[.,][0-9]{1,6})?)\s*(?:%|W|MiB|C|°C)?")
_MASK = re.compile(r"0x[0-9A-Fa-f]{1,16}")
_BAD_FIELD = re.compile(r'Field "([\w.]{1,80})" is not a valid field to query')
_NO_HANDLE = re.compile(
    r"device handle for GPU\s*(?:(?P<index>[0-9]{1,3}):\s+)?"
    r"(?:(?P<bus>[0-9A-Fa-f]{4,8}(?::[0-9A-Fa-f]{2}){1,2}\.[0-9])?:\s*)?(?P<words>.{0,80})",
    re.IGNORECASE,
)
MEANINGS: Mapping[int, str] = {
    3: "nvidia-smi cannot do that with this GPU",
    4: "this user may not look at the GPUs",
    8: "the external power of a GPU is not attached properly",
    9: "the NVIDIA driver is not loaded",
    10: "the kernel has trouble with the interrupts of a GPU",
    12: "the driver's library (NVML) is missing",
    13: "the driver's library (NVML) is too old",
    14: "the infoROM of a GPU is corrupted",
    15: "a GPU fell off the bus",
    18: "driver and library do not match: a reboot mends that after an update",
}
"""The meanings of its exit codes; 2 (a bad argument) and 6 (nothing found) are examined more closely."""


@dataclass(frozen=True, slots=True)
class SmiAnswer:
    """The output by section (GPUs, processes, remapped rows), with their exit codes."""

    sections: Mapping[int, tuple[str, ...]]
    statuses: Mapping[int, int]


def command(fields: Sequence[str], *, rows: bool, limited: bool = True) -> str:
    """Return one command with all queries, for any login shell; `rows` includes the remapped rows.

    With `limited` the machine ends each query after LONGEST_ANSWER: the client may be gone by then, and most servers do
    not end a command for that. `knows_no_limit` detects a machine that cannot do this.
    """
    asked = [f"--query-gpu={','.join(fields)}", "--query-compute-apps=gpu_uuid,pid,used_memory,process_name"]
    if rows:
        names = ",".join(f"remapped_rows.{name}" for name in _ROWS[1:])
        asked.append(f"--query-remapped-rows={_ROWS[0]},{names}")
    # Output of login scripts before the mark is not nvidia-smi's.
    steps = [f'export LC_ALL=C PATH="$PATH:{_PLACES}"', "echo gputui 0 0"]
    limit = f"timeout -k 5 {LONGEST_ANSWER:g} " if limited else ""
    for number, question in enumerate(asked, 1):
        steps += [f"{limit}nvidia-smi {question} {_FORMAT}", f"echo gputui {number} $?"]
    return f"sh -c '{'; '.join(steps)}'"


def without(fields: tuple[str, ...], unknown: str) -> tuple[str, ...]:
    """Return the fields without the `unknown` one; empty if that one is required."""
    if unknown in NEEDED or unknown not in fields:
        return ()
    if unknown == EVENT_REASONS:
        return tuple(THROTTLE_REASONS if field == unknown else field for field in fields)
    return tuple(field for field in fields if field != unknown)


def answer(text: str, status: int) -> SmiAnswer:
    """Split the output into sections; without our marks (a machine without a shell) all of it is the first section."""
    sections: dict[int, tuple[str, ...]] = {}
    statuses: dict[int, int] = {}
    lines: list[str] = []
    for line in text.split("\n")[:_MOST_LINES]:
        mark = _MARK.fullmatch(line.strip())
        if mark is None:
            lines.append(line.rstrip("\r"))
        elif mark[1] == "0":
            lines = []  # output of login scripts
        else:
            sections[int(mark[1])], lines = tuple(lines), []
            statuses[int(mark[1])] = int(mark[2])
    return SmiAnswer(sections, statuses) if sections else SmiAnswer({1: tuple(lines)}, {1: status})


def knows_no_limit(lines: Iterable[str]) -> bool:
    """Whether the machine has no `timeout`, or one that does not accept our options."""
    return any(_NO_LIMIT.search(line) for line in lines)


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
        elif (row := _row(line, fields)) is not None:
            gpu = _gpu(row)
            driver = driver or _text(row.get("driver_version", ""))
        else:
            continue
        gpus[gpu.identity] = gpu
    ordered = sorted(gpus.values(), key=lambda gpu: (gpu.index is None, gpu.index or 0))
    return tuple(ordered), driver


def rest_of(lines: Iterable[str], fields: Sequence[str]) -> Iterator[str]:
    """Return the lines that describe no GPU, unchanged; empty lines and the header are left out."""
    for line in lines:
        titles = line.replace(" ", "").startswith(f"{fields[0]},")
        if line.strip() and not titles and not _NO_HANDLE.search(line) and _row(line, fields) is None:
            yield line


def _row(line: str, fields: Sequence[str]) -> Mapping[str, str] | None:
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
    def figure(field: str, most: float) -> float | None:
        found = _number(row.get(field, ""))
        return found if found is not None and 0 <= found <= most else None

    def count(span: str) -> int | None:
        found = figure(f"ecc.errors.{span}.total", 1e12)
        return None if found is None else int(found)

    index, trouble = _number(row.get("index", "")), _trouble(row)
    return Gpu(
        index=None if index is None else int(index),
        uuid=_text(row.get("uuid", "")),
        name=_text(row.get("name", "")),
        bus=_text(row.get("pci.bus_id", "")),
        utilization=figure("utilization.gpu", 100),
        memory_used=figure("memory.used", 1e8),
        memory_total=figure("memory.total", 1e8),
        temperature=figure("temperature.gpu", 200),
        power=figure("power.draw", 1e5),
        power_limit=figure("power.limit", 1e5),
        errors=Errors(count("corrected.volatile"), count("uncorrected.volatile"), count("uncorrected.aggregate")),
        throttle=_throttle(row.get(EVENT_REASONS) or row.get(THROTTLE_REASONS) or ""),
        pstate=_text(row.get("pstate", "")),
        pending=_flag(row.get("retired_pages.pending", "")),
        trouble=trouble,
        lost="lost" in trouble.casefold(),
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
        pid, name = _number(parts[1]), _text(parts[3])
        process = Process(None if pid is None else int(pid), name.rpartition("/")[2] or name, _number(parts[2]))
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
            counts = [int(number) for part in parts[1:3] if (number := _number(part)) is not None]
            found[clean(parts[0])] = Remapped(sum(counts) if counts else None, _flag(parts[3]), _flag(parts[4]))
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
    return next(_all_words(lines), "")


def _all_words(lines: Iterable[str]) -> Iterator[str]:
    return (_words(line) for line in lines if line.strip())


def _words(text: str) -> str:
    return shorten(clean(text.strip()), 160)


def _text(value: str) -> str:
    """Return a name; empty for all the ways to say that there is none."""
    bare = value.strip("[] ")
    if not bare or value.startswith("[") or bare.upper() in ("N/A", "ERR!", "UNKNOWN ERROR", "NONE"):
        return ""
    return shorten(clean(bare), _LONGEST_NAME)


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    return float(found[1].replace(",", ".")) if found else None


def _flag(text: str) -> bool | None:
    return {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}.get(text.casefold())


def _throttle(text: str) -> Throttle | None:
    return Throttle(int(text, 16)) if _MASK.fullmatch(text) else None
