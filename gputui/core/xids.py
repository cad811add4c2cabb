"""NVIDIA's Xid errors: what each number means, whose fault it is, how bad it is, and what to do.

Sources: NVIDIA's Xid catalog (columns and "immediate action"), its GPU memory error management guide (48, 63, 64, 94,
95, 140), open-gpu-kernel-modules 595 (156-176); where clouds and tools differ the remark says so: AWS, Azure, Crusoe,
Meta's gcm, leptonai's gpud, NVSentinel.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gputui.core.gpu_findings import Repair
from gputui.core.health import Health

CATALOG = "docs.nvidia.com/deploy/xid-errors"


class Fault(Enum):
    """Whose fault an Xid is."""

    APP = "the job's fault, the GPU is well"
    HARDWARE = "hardware"
    SOFTWARE = "driver or firmware"
    FOLLOWER = "follows another error"


@dataclass(frozen=True, slots=True)
class Xid:
    """One number of the catalog. A health of OK means: worth knowing, no verdict on the GPU."""

    number: int
    what: str
    fault: Fault
    health: Health
    action: Repair = Repair.NONE
    advice: str = ""


_APP, _HARDWARE, _SOFTWARE = Fault.APP, Fault.HARDWARE, Fault.SOFTWARE
_NOTE, _DEGRADED, _BAD = Health.OK, Health.DEGRADED, Health.BAD
_AGAIN = "restart the job; twice on one GPU within a day: suspect the GPU, run its diagnostics"
_ALONE_45 = "look for the error that came before it; if there is none, restart the fabric manager"
_NEXT_RESET = "reset the GPU at the next gap, and before a long job"
_REMAP_FAILED = "reset the GPU; if it comes again, have it replaced"
_NVLINK = "drain and reset; again on the same link: report it, the other end may be the cause"
_OFF_THE_BUS = "reboot the machine; if it comes back, move to another host and report this one"
_CONTAINED = "restart the job that was hit; reset the GPU when convenient"
_UNCONTAINED = "reset the GPU before any job is started again"
_GSP = "reset or power cycle; on many machines after an update: the driver"
_SRAM = "reset, and watch its SRAM error threshold: beyond it the GPU is to be replaced"

_ROWS: tuple[Xid, ...] = (
    *(
        Xid(number, what, _APP, _NOTE, Repair.APP)
        for (number, what) in (
            (8, "GPU stopped processing"),
            (11, "invalid push buffer"),
            (25, "invalid illegal access"),
        )
    ),
    Xid(13, "graphics engine exception", _APP, _NOTE, Repair.APP, _AGAIN),
    Xid(31, "MMU page fault", _APP, _NOTE, Repair.APP, _AGAIN),
    Xid(32, "invalid push buffer stream: the quality of the PCIe link", _HARDWARE, _DEGRADED, Repair.APP),
    *(
        Xid(number, what, _SOFTWARE, _NOTE)
        for (number, what) in (
            (37, "driver firmware error"),
            (38, "driver firmware error"),
            (44, "context switch fault"),
            (66, "illegal access by the driver"),
            (67, "illegal access by the driver"),
        )
    ),
    *(
        Xid(number, "copy engine exception", _APP, _NOTE, Repair.APP)
        for number in (39, 40, 41, 70, 71, 72, 75, 76, 77, 85, *range(126, 136))
    ),
    Xid(43, "a job's channel was reset", _APP, _NOTE),
    Xid(45, "a job's channels were cleaned up", Fault.FOLLOWER, _NOTE, Repair.APP, _ALONE_45),
    Xid(46, "the GPU stopped answering in time", _HARDWARE, _BAD, Repair.RESET),
    Xid(48, "double-bit ECC error", _HARDWARE, _BAD, Repair.RESET),
    Xid(54, "auxiliary power is missing", _HARDWARE, _BAD, Repair.REPORT, "have the power cables checked"),
    *(Xid(number, "display or memory interface error", _HARDWARE, _BAD, Repair.REPORT) for number in (56, 57, 58)),
    *(
        Xid(number, "exception in a video or copy engine", _APP, _NOTE, Repair.APP)
        for number in (60, 68, 69, 82, 83, 84, 86, 88, 89, *range(96, 106), 139)
    ),
    Xid(61, "power controller: internal breakpoint", _SOFTWARE, _BAD, Repair.RESET),
    Xid(62, "power controller halted", _SOFTWARE, _BAD, Repair.RESET),
    Xid(63, "a bad memory row was recorded to be replaced", _HARDWARE, _NOTE, Repair.NONE, _NEXT_RESET),
    Xid(64, "a bad memory row could not be recorded", _HARDWARE, _BAD, Repair.RESET, _REMAP_FAILED),
    *(
        Xid(number, what, _HARDWARE, _DEGRADED, Repair.RESET)
        for (number, what) in ((65, "video encoder exception"), (73, "video encoder exception"), (81, "VGA error"))
    ),
    Xid(74, "NVLink error", _HARDWARE, _BAD, Repair.RESET, _NVLINK),
    Xid(78, "vGPU start error", _SOFTWARE, _DEGRADED, Repair.REPORT, "host and guest driver versions must match"),
    Xid(79, "the GPU has fallen off the bus", _HARDWARE, _BAD, Repair.REBOOT, _OFF_THE_BUS),
    Xid(80, "corrupted data from the CPU to the GPU", _HARDWARE, _DEGRADED, Repair.APP),
    Xid(92, "many single-bit ECC errors", _HARDWARE, _NOTE),
    Xid(93, "wear of the infoROM", _HARDWARE, _NOTE),
    Xid(94, "memory error, contained: one job is hit", _HARDWARE, _DEGRADED, Repair.APP, _CONTAINED),
    Xid(95, "memory error, not contained: other jobs may be hit", _HARDWARE, _BAD, Repair.RESET, _UNCONTAINED),
    Xid(109, "context switch timeout", _HARDWARE, _BAD, Repair.RESET),
    Xid(110, "security fault", _HARDWARE, _BAD, Repair.RESET),
    Xid(119, "the GPU's system processor does not answer (GSP)", _SOFTWARE, _BAD, Repair.RESET, _GSP),
    Xid(120, "error of the GPU's system processor (GSP)", _SOFTWARE, _BAD, Repair.RESET, _GSP),
    Xid(121, "corrected error between CPU and GPU (C2C)", _HARDWARE, _NOTE),
    Xid(136, "NVLink training failed", _HARDWARE, _BAD, Repair.RESET),
    Xid(137, "illegal NVLink access by a job", _APP, _NOTE, Repair.APP),
    Xid(140, "unrecovered ECC error", _HARDWARE, _BAD, Repair.RESET),
    Xid(141, "NVLink fast path", _SOFTWARE, _NOTE),
    Xid(143, "the GPU could not be initialised", _HARDWARE, _BAD, Repair.RESET),
    *(
        Xid(number, f"NVLink error ({what})", _HARDWARE, _BAD, Repair.RESET)
        for (number, what) in (
            (144, "SAW"),
            (145, "RLW"),
            (146, "TLW"),
            (147, "TREX"),
            (148, "NVLPW"),
            (149, "NETIR"),
            (150, "MSE"),
        )
    ),
    Xid(151, "key rotation failed (confidential computing)", _SOFTWARE, _DEGRADED, Repair.REBOOT),
    Xid(154, "the driver changed what it asks to be done", Fault.FOLLOWER, _NOTE),
    Xid(155, "an NVLink was taken down on purpose", _SOFTWARE, _NOTE, Repair.RESET),
    Xid(156, "a broken part of the GPU was retired", _HARDWARE, _DEGRADED, Repair.RESET),
    Xid(157, "a broken part of the GPU could not be retired", _HARDWARE, _DEGRADED, Repair.MOVE),
    Xid(158, "fatal timeout", _HARDWARE, _BAD, Repair.RESET),
    Xid(159, "error between CPU and GPU (C2C)", _HARDWARE, _DEGRADED, Repair.RESET),
    *(Xid(number, "a memory channel was retired", _HARDWARE, _NOTE) for number in (160, 161)),
    *(Xid(number, "power smoothing", _HARDWARE, _NOTE) for number in (162, 163, 164, 165)),
    *(
        Xid(number, "encryption of the GPU link (confidential computing)", _SOFTWARE, _DEGRADED, Repair.REBOOT)
        for number in (166, 170)
    ),
    *(
        Xid(number, what, _HARDWARE, health, Repair.REPORT, "the catalog names no action: show it to the provider")
        for (number, what, health) in (
            (167, "fatal PCIe timeout", _BAD),
            (168, "less memory than the board has", _DEGRADED),
            (169, "security processor halted", _BAD),
            (173, "fatal error between CPU and GPU (C2C)", _BAD),
            (175, "memory subsystem error", _BAD),
            (176, "many corrected PCIe errors", _DEGRADED),
        )
    ),
    Xid(171, "double-bit ECC error in memory", _HARDWARE, _BAD, Repair.RESET),
    Xid(172, "double-bit ECC error in the chip", _HARDWARE, _BAD, Repair.RESET, _SRAM),
)
XIDS = {xid.number: xid for xid in _ROWS}
"""Every Xid of the table, by number."""


def xid(number: int) -> Xid:
    """Return what is known about a number; one that is not in the table is degraded, and said to be unknown."""
    unknown = f"Xid {number} is not in our table: see {CATALOG}"
    return XIDS.get(number) or Xid(number, "an error we do not know", Fault.HARDWARE, Health.DEGRADED, advice=unknown)
