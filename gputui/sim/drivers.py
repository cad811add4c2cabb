"""Which NVIDIA driver a simulated machine runs, and which fields of `nvidia-smi` that driver knows.

From recorded `--help-query-gpu` of drivers 550 to 610 (nvidia_gpu_exporter) where there are any; older ones lack what
NVIDIA's release notes name as new.
"""

from __future__ import annotations

_DRIVERS = (
    ("B300", "590.48.01"),
    ("B200", "590.48.01"),
    ("H200", "590.48.01"),
    ("H100", "570.86.15"),
    ("A100", "550.54.15"),
    ("L40S", "595.58.03"),
    ("V100", "470.256.02"),
    ("T4", "535.183.06"),
)
_SINCE = {
    "clocks_event_reasons.": 535,
    "clocks_event_reasons_counters.": 550,
    "fabric.state": 535,
    "fabric.status": 535,
    "fabric.health.": 570,
    "gpu_recovery_action": 570,
    "inforom.checksum_validation": 550,
    "remapped_rows.": 590,
    "temperature.gpu.tlimit": 535,
    "ecc.errors.uncorrected.aggregate.sram.thresholdExceeded": 550,
    "ecc.errors.uncorrected.": 535,
}
_ALWAYS = ("ecc.errors.uncorrected.volatile.total", "ecc.errors.uncorrected.aggregate.total")


def driver_of(gpu_model: str) -> str:
    """Return the driver's version of a machine with these GPUs."""
    return next((driver for part, driver in _DRIVERS if part in gpu_model), "550.54.15")


def knows(driver: str, field: str) -> bool:
    """Whether the driver knows a field of `--query-gpu`."""
    since = next((major for start, major in _SINCE.items() if field.startswith(start)), 0)
    return field in _ALWAYS or int(driver.partition(".")[0]) >= since
