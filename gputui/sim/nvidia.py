"""`nvidia-smi` of the machine's driver: the table, the list, the queries and their help."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from gputui.sim.drivers import knows
from gputui.sim.gpus import HW_THERMAL, IDLE, Gpu

CUDA = "12.4"
HUNG_EXIT = 124  # as `timeout` ends it: no command of these machines takes any time
LOST_EXIT = 15  # the documented code for "fallen off the bus or otherwise inaccessible"
RULE = "+-----------------------------------------+------------------------+----------------------+"
WIDE = "+-----------------------------------------------------------------------------------------+"


def nvidia_smi(gpus: Sequence[Gpu], arguments: Sequence[str], now: float) -> tuple[str, int]:
    """Return the output for these arguments, and the exit code."""
    options = {name: value for name, _, value in (argument.partition("=") for argument in arguments)}
    chosen = _chosen(gpus, arguments, options)
    if "-L" in options or "--list-gpus" in options:
        return _listing(chosen)
    if "--help-query-gpu" in options:
        return _help(chosen), 0
    if any(gpu.ill == "hung" for gpu in gpus):
        return "", HUNG_EXIT
    if "--query-gpu" in options:
        return _query(chosen, options, now)
    if "--query-compute-apps" in options:
        return _apps(chosen, options)
    if "--query-remapped-rows" in options:
        return _remapped(chosen, options)
    if unknown := next((name for name in options if name not in ("-i", "--id") and not name.isdigit()), None):
        return f"Invalid combination of input arguments. Please run 'nvidia-smi -h' for help. ({unknown})\n", 2
    return _table(chosen, now)


def _chosen(gpus: Sequence[Gpu], arguments: Sequence[str], options: dict[str, str]) -> list[Gpu]:
    wanted = options.get("--id")
    if "-i" in arguments[:-1]:
        wanted = arguments[list(arguments).index("-i") + 1]
    return [gpu for gpu in gpus if wanted is None or str(gpu.index) in wanted.split(",")]


def _lost(gpu: Gpu) -> str:
    return f"Unable to determine the device handle for GPU{gpu.index}: {gpu.bus[4:]}: Unknown Error\n"


def _exit(gpus: Sequence[Gpu]) -> int:
    return LOST_EXIT if any(gpu.lost for gpu in gpus) else 0


def _listing(gpus: Sequence[Gpu]) -> tuple[str, int]:
    lines = (_lost(gpu) if gpu.lost else f"GPU {gpu.index}: {gpu.name} (UUID: {gpu.uuid})\n" for gpu in gpus)
    return "".join(lines), _exit(gpus)


def _query(gpus: Sequence[Gpu], options: dict[str, str], now: float) -> tuple[str, int]:
    fields = [field.strip() for field in options["--query-gpu"].split(",")]
    shape = options.get("--format", "").split(",")
    if "csv" not in shape:
        return "\"--format=\" switch is missing. Please run 'nvidia-smi -h' for help.\n", 2
    known = _fields(gpus[0], len(gpus), now) if gpus else {}
    if gpus and (unknown := next((field for field in fields if field not in known), None)):
        return f'Field "{unknown}" is not a valid field to query.\n', 2
    units = "nounits" not in shape
    lines = [] if "noheader" in shape else [_header(fields, known, units)]
    for gpu in gpus:
        if gpu.lost:
            lines.append(_lost(gpu))
            continue
        values = _fields(gpu, len(gpus), now)
        lines.append(", ".join(_with_unit(*values[field], units) for field in fields) + "\n")
    return "".join(lines), _exit(gpus)


def _header(fields: Sequence[str], known: dict[str, tuple[str, str]], units: bool) -> str:
    def title(field: str) -> str:
        unit = known[field][1]
        return f"{field} [{unit}]" if unit and units else field

    return ", ".join(title(field) for field in fields) + "\n"


def _with_unit(value: str, unit: str, units: bool) -> str:
    return f"{value} {unit}" if unit and units else value


def _fields(gpu: Gpu, count: int, now: float) -> dict[str, tuple[str, str]]:
    """Return every field that can be queried: its value and unit."""
    moment = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(now))
    return {
        "timestamp": (f"{moment}.{int(now * 1000) % 1000:03d}", ""),
        "count": (str(count), ""),
        "index": (str(gpu.index), ""),
        "name": (gpu.name, ""),
        "gpu_name": (gpu.name, ""),
        "uuid": (gpu.uuid, ""),
        "gpu_uuid": (gpu.uuid, ""),
        "serial": (str(1650022000000 + int(gpu.uuid[4:10], 16)), ""),
        "driver_version": (gpu.driver, ""),
        "pci.bus_id": (gpu.bus, ""),
        "gpu_bus_id": (gpu.bus, ""),
        "pstate": ("P0", ""),
        "persistence_mode": ("Enabled", ""),
        "compute_mode": ("Default", ""),
        "mig.mode.current": ("Disabled", ""),
        "fan.speed": ("[N/A]", ""),
        "temperature.gpu": (str(gpu.temperature), ""),
        "temperature.memory": (str(gpu.temperature + 6), ""),
        "utilization.gpu": (str(gpu.utilization), "%"),
        "utilization.memory": (str(gpu.memory_utilization), "%"),
        "memory.total": (str(gpu.memory_total), "MiB"),
        "memory.used": (str(gpu.memory_used), "MiB"),
        "memory.free": (str(gpu.memory_total - gpu.memory_used), "MiB"),
        "power.draw": (f"{gpu.power:.2f}", "W"),
        "power.limit": (f"{gpu.power_limit:.2f}", "W"),
        "enforced.power.limit": (f"{gpu.power_limit:.2f}", "W"),
        "clocks.sm": (str(gpu.clock), "MHz"),
        "clocks.current.sm": (str(gpu.clock), "MHz"),
        "clocks.gr": (str(gpu.clock), "MHz"),
        "clocks.mem": ("2619", "MHz"),
        "clocks.max.sm": ("1980", "MHz"),
        "ecc.mode.current": ("Enabled", ""),
        "pcie.link.gen.current": ("5" if gpu.utilization else "1", ""),
        "pcie.link.gen.max": ("5", ""),
        "pcie.link.width.current": ("16", ""),
        "pcie.link.width.max": ("16", ""),
        **dict(_errors(gpu)),
        **dict(_throttling(gpu)),
        **_newer(gpu),
    }


def _newer(gpu: Gpu) -> dict[str, tuple[str, str]]:
    """Return the fields that came with newer drivers, as far as this one knows them."""
    dram = str(gpu.uncorrected)
    fields = {
        "gpu_recovery_action": ("Drain and Reset" if gpu.ill == "ecc" else "None", ""),
        "temperature.gpu.tlimit": (str(87 - gpu.temperature), ""),
        "power.default_limit": (f"{gpu.power_limit:.2f}", "W"),
        "vbios_version": ("96.00.89.00.01", ""),
        "fabric.state": ("Completed", ""),
        "fabric.status": ("Success", ""),
        "fabric.health.summary": ("Healthy", ""),
        "ecc.errors.uncorrected.volatile.dram": (dram, ""),
        "ecc.errors.uncorrected.volatile.sram": ("0", ""),
        "ecc.errors.uncorrected.aggregate.sram": ("0", ""),
        "ecc.errors.uncorrected.aggregate.sram.thresholdExceeded": ("No", ""),
        "remapped_rows.uncorrectable": (dram, ""),
        "remapped_rows.histogram.none": ("0", ""),
        "remapped_rows.histogram.low": ("0", ""),
        "inforom.checksum_validation": ("valid", ""),
        "clocks_event_reasons_counters.sw_thermal_slowdown": ("0", "us"),
        "clocks_event_reasons_counters.hw_thermal_slowdown": ("0", "us"),
        "clocks_event_reasons_counters.hw_power_brake_slowdown": ("0", "us"),
    }
    return {name: value for name, value in fields.items() if knows(gpu.driver, name)}


def _help(gpus: Sequence[Gpu]) -> str:
    """Return the list of what can be queried: each name in quotes, then what it is."""
    names = _fields(gpus[0], len(gpus), 0.0) if gpus else {}
    blocks = "".join(f'"{name}"\nOne of the fields of the GPU.\n\n' for name in names)
    return f'List of valid properties to query for the switch "--query-gpu=":\n\n{blocks}'


def _errors(gpu: Gpu) -> Iterator[tuple[str, tuple[str, str]]]:
    for span, more in (("volatile", 0), ("aggregate", 1)):
        yield f"ecc.errors.corrected.{span}.total", (str(gpu.corrected * (1 + more)), "")
        yield f"ecc.errors.uncorrected.{span}.total", (str(gpu.uncorrected * (1 + more)), "")
    yield "retired_pages.pending", ("[N/A]", "")


def _throttling(gpu: Gpu) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the reasons under their current name and that of drivers before 535."""
    active = {"gpu_idle": IDLE, "hw_slowdown": 0x8, "hw_thermal_slowdown": HW_THERMAL, "sw_power_cap": 0x4}
    families = ("clocks_throttle_reasons", "clocks_event_reasons")
    for family in (family for family in families if knows(gpu.driver, f"{family}.")):
        yield f"{family}.active", (f"0x{gpu.throttle:016X}", "")
        for reason in ("gpu_idle", "sw_power_cap", "hw_slowdown", "hw_thermal_slowdown", "sw_thermal_slowdown"):
            on = gpu.throttle & active.get(reason, 0)
            yield f"{family}.{reason}", ("Active" if on else "Not Active", "")
        yield f"{family}.hw_power_brake_slowdown", ("Not Active", "")


def _apps(gpus: Sequence[Gpu], options: dict[str, str]) -> tuple[str, int]:
    rows: list[dict[str, tuple[str, str]]] = [
        {
            "pid": (str(gpu.pid), ""),
            "process_name": ("python3", ""),
            "name": ("python3", ""),
            "gpu_uuid": (gpu.uuid, ""),
            "used_memory": (str(gpu.memory_used - 4), "MiB"),
            "used_gpu_memory": (str(gpu.memory_used - 4), "MiB"),
        }
        for gpu in gpus
        if gpu.pid and not gpu.lost
    ]
    return _rows_of(rows, options["--query-compute-apps"], options, _exit(gpus))


def _remapped(gpus: Sequence[Gpu], options: dict[str, str]) -> tuple[str, int]:
    """Answer the query for remapped memory rows, which are not among the fields of a GPU."""
    rows: list[dict[str, tuple[str, str]]] = [
        {
            "gpu_uuid": (gpu.uuid, ""),
            "gpu_bus_id": (gpu.bus, ""),
            "remapped_rows.correctable": ("0", ""),
            "remapped_rows.uncorrectable": (str(gpu.uncorrected), ""),
            "remapped_rows.pending": ("Yes" if gpu.uncorrected else "No", ""),
            "remapped_rows.failure": ("No", ""),
        }
        for gpu in gpus
        if not gpu.lost
    ]
    return _rows_of(rows, options["--query-remapped-rows"], options, _exit(gpus))


def _rows_of(
    rows: Sequence[dict[str, tuple[str, str]]], wanted: str, options: dict[str, str], code: int
) -> tuple[str, int]:
    fields = [field.strip() for field in wanted.split(",")]
    shape = options.get("--format", "").split(",")
    units = "nounits" not in shape
    if rows and (unknown := next((field for field in fields if field not in rows[0]), None)):
        return f'Field "{unknown}" is not a valid field to query.\n', 2
    lines = [] if "noheader" in shape or not rows else [_header(fields, rows[0], units)]
    lines += [", ".join(_with_unit(*row[field], units) for field in fields) + "\n" for row in rows]
    return "".join(lines), code


def _table(gpus: Sequence[Gpu], now: float) -> tuple[str, int]:
    driver = gpus[0].driver if gpus else ""
    lines = [
        time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(now)) + "       ",
        WIDE,
        f"| NVIDIA-SMI {driver:<22} Driver Version: {driver:<14} CUDA Version: {CUDA:<8} |",
        "|-----------------------------------------+------------------------+----------------------+",
        "| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |",
        "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |",
        "|                                         |                        |               MIG M. |",
        "|=========================================+========================+======================|",
    ]
    for gpu in gpus:
        lines += [*(_lost_rows(gpu) if gpu.lost else _rows(gpu)), RULE]
    return "\n".join([*lines, "", *_processes(gpus), ""]), _exit(gpus)


def _rows(gpu: Gpu) -> tuple[str, str, str]:
    return (
        f"| {gpu.index:>3}  {gpu.name:<30} On  |   {gpu.bus} Off | {gpu.uncorrected:>20} |",
        f"| N/A   {gpu.temperature:>2}C    P0          {gpu.power:>5.0f}W / {gpu.power_limit:>4}W |"
        f" {gpu.memory_used:>7}MiB / {gpu.memory_total:>6}MiB | {gpu.utilization:>6}%      Default |",
        "|                                         |                        |             Disabled |",
    )


def _lost_rows(gpu: Gpu) -> tuple[str, str, str]:
    return (
        f"| {gpu.index:>3}  {gpu.name:<30} On  |   {gpu.bus} Off | {'ERR!':>20} |",
        "|ERR!   ERR! ERR!             ERR! / ERR! |       GPU is lost      |    ERR!         ERR! |",
        "|                                         |                        |                 ERR! |",
    )


def _processes(gpus: Sequence[Gpu]) -> list[str]:
    rows = [
        f"| {gpu.index:>4}   N/A  N/A {gpu.pid:>9}      C   {'python3':<39} {gpu.memory_used - 4:>9}MiB |"
        for gpu in gpus
        if gpu.pid and not gpu.lost
    ]
    return [
        WIDE,
        "| Processes:                                                                              |",
        "|  GPU   GI   CI        PID   Type   Process name                              GPU Memory |",
        "|        ID   ID                                                               Usage      |",
        "|=========================================================================================|",
        *(rows or [f"| {'No running processes found':<87} |"]),
        WIDE,
    ]
