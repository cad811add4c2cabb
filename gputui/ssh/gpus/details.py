"""What only newer drivers tell of a GPU: asked apart from the vital figures, so that an unknown field never costs them.

Sources: `nvidia-smi --help-query-gpu` of drivers 590, 595 and 610; which driver brought which field is not documented,
so each driver version is asked once for the names it knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gputui.core.gpus import Detail, Gpu, Throttle
from gputui.ssh.gpus.nvidia import FORMAT, figure, flag, row_of, text_of
from gputui.ssh.gpus.question import MachineAnswer, Part

FIELDS = (
    "uuid",
    "gpu_recovery_action",
    "temperature.gpu.tlimit",
    "temperature.memory",
    "power.default_limit",
    "clocks_event_reasons_counters.sw_thermal_slowdown",
    "clocks_event_reasons_counters.hw_thermal_slowdown",
    "clocks_event_reasons_counters.hw_power_brake_slowdown",
    "fabric.state",
    "fabric.status",
    "fabric.health.summary",
    "ecc.errors.uncorrected.volatile.dram",
    "ecc.errors.uncorrected.volatile.sram",
    "ecc.errors.uncorrected.aggregate.sram",
    "ecc.errors.uncorrected.aggregate.sram.thresholdExceeded",
    "remapped_rows.uncorrectable",
    "remapped_rows.histogram.none",
    "remapped_rows.histogram.low",
    "inforom.checksum_validation",
    "mig.mode.current",
    "vbios_version",
    "serial",
)
_COUNTERS: Mapping[str, Throttle] = {
    "clocks_event_reasons_counters.sw_thermal_slowdown": Throttle.SW_THERMAL,
    "clocks_event_reasons_counters.hw_thermal_slowdown": Throttle.HW_THERMAL,
    "clocks_event_reasons_counters.hw_power_brake_slowdown": Throttle.POWER_BRAKE,
}
_NAMES = re.compile(r'"([a-z][\w.]{1,80})"')
_UNKNOWN = "is not a valid field to query"


@dataclass(slots=True)
class Details:
    """The details of one machine's GPUs by uuid, and the counters they were made from (microseconds, and when read)."""

    found: dict[str, Detail] = field(default_factory=dict)
    _counters: dict[str, tuple[float, Mapping[Throttle, float]]] = field(default_factory=dict)

    def take(self, lines: Iterable[str], fields: Sequence[str], at: float) -> None:
        """Replace the details by those in the lines; what is not told any more is forgotten."""
        rows = [row for line in lines if (row := row_of(line, fields)) is not None]
        counters = {row["uuid"]: (at, _counters_of(row)) for row in rows}
        self.found = {
            row["uuid"]: replace(_detail(row, at), slowed=self._shares(row["uuid"], counters[row["uuid"]]))
            for row in rows
        }
        self._counters = counters

    def _shares(self, uuid: str, now: tuple[float, Mapping[Throttle, float]]) -> Mapping[Throttle, float]:
        """Return the share of the time since the last counters, 0 to 1, for each reason; empty the first time."""
        at, counters = now
        before, known = self._counters.get(uuid, (at, counters))
        passed = (at - before) * 1e6
        if passed <= 0:
            return {}
        return {
            bit: min(1.0, (value - known[bit]) / passed)
            for bit, value in counters.items()
            if bit in known and value >= known[bit]
        }

    def added_to(self, gpus: Sequence[Gpu]) -> tuple[Gpu, ...]:
        """Return the GPUs with their details."""
        return tuple(replace(gpu, detail=self.found.get(gpu.uuid)) if gpu.uuid in self.found else gpu for gpu in gpus)


@dataclass(slots=True)
class KnownFields:
    """Which fields each driver version knows, learned from the first machine that has it; shared by all machines."""

    by_driver: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, driver: str) -> tuple[str, ...]:
        """Return the fields to ask a driver for: all of them, until it is known better."""
        return self.by_driver.get(driver, FIELDS)

    def learn(self, driver: str, got: MachineAnswer, asked: Sequence[str]) -> bool:
        """Return whether the driver knew all fields; if not, remember those that it lists in its help."""
        lines = got.lines(Part.DETAILS)
        if not any(_UNKNOWN in line for line in lines):
            return True
        known = {name for line in lines if line.startswith('"') for name in _NAMES.findall(line)}
        told = tuple(name for name in asked if name in known)
        self.by_driver[driver] = told if "uuid" in told else ()
        return False


def question(fields: Sequence[str]) -> tuple[Part, str]:
    """Return the part that asks for the details; a driver that does not know them all lists the names that it knows."""
    names = ",".join(fields)
    return Part.DETAILS, (
        f'{{limit}}nvidia-smi --query-gpu={names} {FORMAT} || {{limit}}nvidia-smi --help-query-gpu | grep ^\\"'
    )


def _counters_of(row: Mapping[str, str]) -> Mapping[Throttle, float]:
    found = {bit: figure(row.get(name, ""), 1e18) for name, bit in _COUNTERS.items()}
    return {bit: value for bit, value in found.items() if value is not None}


def _detail(row: Mapping[str, str], at: float) -> Detail:
    def count(name: str) -> int | None:
        found = figure(row.get(name, ""), 1e12)
        return None if found is None else int(found)

    return Detail(
        at=at,
        recovery=text_of(row.get("gpu_recovery_action", "")),
        margin=figure(row.get("temperature.gpu.tlimit", ""), 200, least=-100),
        memory_temperature=figure(row.get("temperature.memory", ""), 200),
        power_default=figure(row.get("power.default_limit", ""), 1e5),
        fabric=text_of(row.get("fabric.state", "")),
        fabric_status=text_of(row.get("fabric.status", "")),
        fabric_health=text_of(row.get("fabric.health.summary", "")),
        dram=count("ecc.errors.uncorrected.volatile.dram"),
        sram=count("ecc.errors.uncorrected.volatile.sram"),
        sram_ever=count("ecc.errors.uncorrected.aggregate.sram"),
        sram_beyond=flag(row.get("ecc.errors.uncorrected.aggregate.sram.thresholdExceeded", "")),
        unmended=count("remapped_rows.uncorrectable"),
        no_spare=count("remapped_rows.histogram.none"),
        low_spare=count("remapped_rows.histogram.low"),
        inforom=text_of(row.get("inforom.checksum_validation", "")),
        serial=text_of(row.get("serial", "")),
        vbios=text_of(row.get("vbios_version", "")),
        mig=text_of(row.get("mig.mode.current", "")),
    )
