"""What the exit statuses of `nvidia-smi`, and the sentences in place of its rows, mean and ask for.

Sources: the nvidia-smi manual (exit codes), NVIDIA's container toolkit (issue 48: "Unknown Error" in containers).
"""

from __future__ import annotations

from collections.abc import Mapping

from gputui.core.gpu_findings import GpuFinding, Repair
from gputui.core.health import Health
from gputui.ssh.gpus.question import STUCK_SMI

NOT_FOUND, NOTHING_FOUND, CORRUPTED, OFF_THE_BUS = 127, 6, 14, 15
TIMED_OUT = (124, 137)
"""The statuses of a query that `timeout` ended, by itself or by killing it."""
_SOURCE = "nvidia-smi"


def _finding(health: Health, words: str, action: Repair, advice: str = "") -> GpuFinding:
    return GpuFinding(health, words, action, advice, _SOURCE)


_LOAD = "modprobe nvidia, and read dmesg: a kernel update without the driver's module, Secure Boot, or still booting"
_AGAIN = "reboot the machine; if it is lost again, move to another host and report this one"
_MISMATCH = _finding(
    Health.DEGRADED,
    "driver and library do not match: a reboot mends that after an update",
    Repair.REBOOT,
    "running jobs go on, new ones fail: drain it, then reboot",
)
NO_ACCESS = _finding(
    Health.DEGRADED,
    "this container has lost its access to the GPUs; the hardware is well",
    Repair.APP,
    "restart the container, pod or session",
)
MEANINGS: Mapping[int, GpuFinding] = {
    3: _finding(Health.OK, "nvidia-smi cannot do that with this GPU", Repair.NONE),
    4: _finding(Health.UNKNOWN, "this user may not look at the GPUs", Repair.NONE, "log in as a user who may"),
    8: _finding(Health.BAD, "the external power of a GPU is not attached properly", Repair.REPORT),
    9: _finding(Health.BAD, "the NVIDIA driver is not loaded", Repair.REBOOT, _LOAD),
    10: _finding(Health.BAD, "the kernel has trouble with the interrupts of a GPU", Repair.REBOOT),
    12: _finding(Health.BAD, "the driver's library (NVML) is missing", Repair.APP, "install the driver's version"),
    13: _finding(Health.DEGRADED, "the driver's library (NVML) is too old", Repair.APP, "install the driver's version"),
    CORRUPTED: _finding(
        Health.DEGRADED, "the infoROM of a GPU is corrupted", Repair.REBOOT, "reboot; if it stays so, report it"
    ),
    OFF_THE_BUS: _finding(Health.BAD, "a GPU fell off the bus", Repair.REBOOT, _AGAIN),
    18: _MISMATCH,
} | dict.fromkeys(
    TIMED_OUT,
    _finding(
        Health.BAD,
        "nvidia-smi does not come to its end, while the machine answers: the driver hangs",
        Repair.REBOOT,
        "killing it does not help: drain and reboot; dmesg may name an Xid",
    ),
)
"""Each exit status that says something about GPUs or driver; 2 (a bad argument) and 6 are examined more closely."""
HANGS = MEANINGS[TIMED_OUT[0]]


def said_instead(status: int, said: str) -> GpuFinding | None:
    """Return what an answer without rows means by its status or its first line; None if it means nothing known."""
    folded = said.casefold()
    if STUCK_SMI.fullmatch(said):
        return HANGS
    if "version mismatch" in folded:
        return _MISMATCH
    if "nvml: unknown error" in folded:
        return NO_ACCESS
    if "insufficient permissions" in folded:
        return MEANINGS[4]
    if "couldn't communicate with the nvidia driver" in folded:
        return MEANINGS[9]
    return MEANINGS.get(status)
