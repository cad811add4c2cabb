"""The kernel log of a simulated machine: what an ill GPU leaves there, as the journal and as dmesg print it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gputui.sim.gpus import Gpu
from gputui.sim.machine import Machine

UP_SECONDS = 41 * 86400 + 6 * 3600 + 12 * 60
"""How long every machine has been up."""
_ILL_SECONDS = 840


def journal(machine: Machine, gpus: Sequence[Gpu], now: float) -> str:
    """Return the lines of `journalctl -k -b -o short-unix`."""
    return "".join(f"{at:.6f} {machine.name} kernel: {text}\n" for at, text in _lines(machine, gpus, now))


def dmesg(machine: Machine, gpus: Sequence[Gpu], now: float) -> str:
    """Return the lines of `dmesg`, which counts seconds since the start."""
    return "".join(f"[{at - now + UP_SECONDS:12.6f}] {text}\n" for at, text in _lines(machine, gpus, now))


def _lines(machine: Machine, gpus: Sequence[Gpu], now: float) -> Iterator[tuple[float, str]]:
    began = (now // 3600) * 3600 - _ILL_SECONDS
    yield began - 86400, "nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms"
    ill = next((gpu for gpu in gpus if gpu.ill), None)
    if ill is None:
        return
    bus = ill.bus[4:].partition(".")[0]
    for later, text in _TOLD.get(machine.ailment, ()):
        yield began + later, text.format(bus=f"PCI:{bus}", pid=ill.pid or 14003)


_XID = "NVRM: Xid ({bus}): "
_JOB = "pid={pid}, name=python3, "
_TOLD: dict[str, Sequence[tuple[float, str]]] = {
    "lost": (
        (0.0, _XID + "79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."),
        (0.01, _XID + "154, GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)"),
        (0.4, _XID + "45, " + _JOB + "Ch 00000008"),
    ),
    "ecc": (
        (0.0, _XID + "94, " + _JOB + "Contained: SM (0x1). RST: No, D-RST: Yes"),
        (0.02, _XID + "63, " + _JOB + "Row Remapper: New row marked for remapping, reset gpu to activate."),
        (0.3, _XID + "45, " + _JOB + "Ch 0000000a"),
    ),
    "hung": (
        (0.0, _XID + "119, " + _JOB + "Timeout after 6s of waiting for RPC response from GPU0 GSP!"),
        (122.0, "INFO: task nvidia-smi:20417 blocked for more than 120 seconds."),
    ),
    "app": (
        (0.0, _XID + "13, " + _JOB + "Graphics SM Warp Exception on (GPC 3, TPC 1, SM 0)"),
        (0.1, _XID + "43, " + _JOB + "Ch 00000010"),
        (300.0, "Out of memory: Killed process 20991 (python3) total-vm:811233044kB, anon-rss:511233044kB"),
    ),
    "link": ((0.0, "mlx5_core 0000:b9:00.0 ibp185s0: Link is Down"),),
}
