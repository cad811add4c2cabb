"""Accelerators of other makers: AMD (`amd-smi`), Rebellions (`rbln-stat`), Furiosa (`furiosa-smi`), by their JSON.

Sources: AMD's amd-smi command line (metric and static in JSON, ROCm 6 and 7), Rebellions' rbln-stat and Furiosa's
furiosa-smi documentation. Forms differ between versions: whatever a tool does not tell stays unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gputui.core.gpus import Errors, Gpu
from gputui.core.text import Json, clean, shorten
from gputui.ssh.gpus.question import MachineAnswer, Part

_MOST = 64
_NOTHING = 2**32 - 1
"""AMD tells the largest number of a type for what a board does not have."""
_NUMBER = re.compile(r"\s*(-?[0-9]{1,15}(?:\.[0-9]{1,6})?)\s*(mW|W|kB|MiB|MB|GiB|GB|B|C|°C|%|MHz)?\s*")
_MEBIBYTES: Mapping[str, float] = {"B": 2**-20, "kB": 1e3 / 2**20, "MB": 1.0, "MiB": 1.0, "GB": 1024.0, "GiB": 1024.0}
"""MiB in a unit; the tools write MB and GB and mean powers of 1024."""


@dataclass(frozen=True, slots=True)
class MakersTool:
    """A maker's tool: its maker, what to ask (parts in order, each a JSON document), and how to read the answers."""

    name: str
    maker: str
    questions: tuple[str, ...]
    read: Callable[[Sequence[Json]], Iterator[Gpu]]

    def parts(self) -> list[tuple[Part, str]]:
        """Return the parts to ask."""
        places = (Part.GPUS, Part.DETAILS)
        return [
            (part, f"{{limit}}{self.name} {asked} 2>/dev/null")
            for part, asked in zip(places, self.questions, strict=False)
        ]

    def gpus(self, got: MachineAnswer) -> tuple[Gpu, ...]:
        """Return the accelerators in the answer; none if it cannot be understood."""
        told = [_document(got.lines(part)) for part in (Part.GPUS, Part.DETAILS)]
        return tuple(self.read(told))[:_MOST]


def _document(lines: Iterable[str]) -> Json:
    """Return the JSON that begins in the first line with a bracket: warnings of the tools come before it."""
    text = "\n".join(lines)
    begins = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if begins < 0:
        return None
    try:
        found: Json = json.JSONDecoder().raw_decode(text[begins:])[0]
    except (ValueError, RecursionError):
        return None
    return found


def _at(value: Json, *path: str | int) -> Json:
    """Return what is at a path; None where there is nothing, and for the makers' words for nothing."""
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _figure(value: Json, most: float) -> tuple[float, str] | None:
    """Return a number and its unit, from `12`, `"12 W"` or `{"value": 12, "unit": "W"}`."""
    unit = ""
    if isinstance(value, Mapping):
        unit = str(value.get("unit") or "")
        value = value.get("value")
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        if found is None:
            return None
        value, unit = float(found[1]), found[2] or unit
    if isinstance(value, bool) or not isinstance(value, int | float) or value >= _NOTHING or not 0 <= value <= most:
        return None
    return float(value), unit


def _number(value: Json, most: float) -> float | None:
    found = _figure(value, most)
    return found[0] if found is not None else None


def _watts(value: Json) -> float | None:
    found = _figure(value, 1e7)
    return None if found is None else found[0] / 1000 if found[1] == "mW" else found[0]


def _memory(value: Json, plain: str = "MB") -> float | None:
    found = _figure(value, 1e15)
    return None if found is None else found[0] * _MEBIBYTES.get(found[1] or plain, 1.0)


def _text(value: Json) -> str:
    return "" if not isinstance(value, str) or value in ("N/A", "") else shorten(clean(value), 60)


def _whole(value: Json) -> int | None:
    found = _number(value, 1e12)
    return None if found is None else int(found)


def _rows(document: Json, *names: str) -> Iterator[Any]:
    """Yield the entries of a list, which newer versions put under a name."""
    found = next((inner for name in names if isinstance(inner := _at(document, name), list)), document)
    yield from (one for one in (found if isinstance(found, list) else ()) if isinstance(one, Mapping))


def _amd(told: Sequence[Json]) -> Iterator[Gpu]:
    fixed = {_whole(_at(one, "gpu")): one for one in _rows(told[1], "gpu_data")}
    for one in _rows(told[0], "gpu_data"):
        index = _whole(_at(one, "gpu"))
        static = fixed.get(index)
        heats = (_number(_at(one, "temperature", spot), 200) for spot in ("hotspot", "edge"))
        yield Gpu(
            index=index,
            uuid=_text(_at(static, "asic", "asic_serial")),
            name=_text(_at(static, "asic", "market_name")) or "AMD GPU",
            bus=_text(_at(static, "bus", "bdf")),
            utilization=_number(_at(one, "usage", "gfx_activity"), 100),
            memory_used=_memory(_at(one, "mem_usage", "used_vram")),
            memory_total=_memory(_at(one, "mem_usage", "total_vram")),
            temperature=next((heat for heat in heats if heat is not None), None),
            power=_watts(_at(one, "power", "socket_power")),
            power_limit=_watts(_at(static, "limit", "max_power")),
            errors=Errors(
                _whole(_at(one, "ecc", "total_correctable_count")), _whole(_at(one, "ecc", "total_uncorrectable_count"))
            ),
            clock=_number(_at(one, "clock", "gfx_0", "clk"), 1e5),
            clock_most=_number(_at(one, "clock", "gfx_0", "max_clk"), 1e5),
        )


def _rebellions(told: Sequence[Json]) -> Iterator[Gpu]:
    for one in _rows(told[0], "devices"):
        status = _text(_at(one, "status"))
        yield Gpu(
            index=_whole(_at(one, "npu")),
            uuid=_text(_at(one, "uuid")),
            name=_text(_at(one, "name")) or "Rebellions NPU",
            bus=_text(_at(one, "pci", "bus_id")),
            utilization=_number(_at(one, "util"), 100),
            memory_used=_memory(_at(one, "memory", "used"), "B"),
            memory_total=_memory(_at(one, "memory", "total"), "B"),
            temperature=_number(_at(one, "temperature"), 200),
            power=_watts(_at(one, "card_power")),
            pstate=_text(_at(one, "pstate")),
            trouble="" if status.casefold() in ("", "normal", "ok", "good") else status,
        )


def _furiosa(told: Sequence[Json]) -> Iterator[Gpu]:
    states = {_text(_at(one, "device_uuid")) or str(at): one for at, one in enumerate(_rows(told[1], "devices"))}
    for at, one in enumerate(_rows(told[0], "devices")):
        uuid = _text(_at(one, "device_uuid"))
        state = states.get(uuid) or states.get(str(at))
        alive = _at(state, "liveness")
        used = [_number(_at(pe, "utilization"), 100) for pe in _rows(_at(state, "pe_utilizations"))]
        busy = [figure for figure in used if figure is not None]
        index = re.sub(r"[^0-9]", "", str(_at(one, "index") if _at(one, "index") is not None else at))
        yield Gpu(
            index=int(index[:6]) if index else at,
            uuid=uuid,
            name=f"Furiosa {_text(_at(one, 'arch')) or 'NPU'}",
            bus=_text(_at(one, "pci_bdf")),
            utilization=sum(busy) / len(busy) if busy else None,
            temperature=_number(_at(one, "temperature"), 200),
            power=_watts(_at(one, "power")),
            clock=_number(_at(one, "core_clock"), 1e5),
            trouble="is not alive" if alive is False or _text(alive).casefold() in ("false", "dead") else "",
        )


TOOLS: Mapping[str, MakersTool] = {
    tool.name: tool
    for tool in (
        MakersTool("amd-smi", "AMD", ("metric --json", "static --json"), _amd),
        MakersTool("rbln-stat", "Rebellions", ("--json",), _rebellions),
        MakersTool("rbln-smi", "Rebellions", ("--json",), _rebellions),
        MakersTool("furiosa-smi", "Furiosa", ("info --output json", "status --output json"), _furiosa),
    )
}
SEARCH = "; ".join(f"command -v {name}" for name in TOOLS)
"""The part that looks for the tools: a builtin of the shell, so that asking costs nothing."""


def tool_in(lines: Iterable[str]) -> MakersTool | None:
    """Return the first tool that a machine has."""
    return next((TOOLS[name] for line in lines if (name := line.strip().rpartition("/")[2]) in TOOLS), None)
