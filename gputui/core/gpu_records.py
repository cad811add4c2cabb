"""A machine's GPUs as JSON values, for scripts."""

from __future__ import annotations

from datetime import UTC, datetime

from gputui.core.gpu_findings import GpuFinding, Verdict
from gputui.core.gpu_verdicts import gpu_verdict
from gputui.core.gpus import Gpu, Past, Reading
from gputui.core.machine_verdicts import ReportedState
from gputui.core.records import Record, rfc3339
from gputui.core.rows import Ref


def gpus_record(
    name: str, ref: Ref, cloud: ReportedState, verdict: Verdict, reading: Reading | None, past: dict[str, Past]
) -> Record:
    """Return one machine. Figures that could not be read are null; moments are RFC 3339."""
    return {
        "profile": ref.profile,
        "view": ref.view,
        "id": ref.id,
        "name": name,
        "state": cloud.state or None,
        "health": verdict.health.word,
        "repair": verdict.action.word or None,
        "remedy": verdict.remedy or None,
        "reason_list": [_reason(finding) for finding in verdict.findings],
        "note_list": list(verdict.notes),
        "gpu_promised": cloud.gpus,
        "gpu_count": len(reading.gpus) if reading is not None else None,
        "driver": (reading.driver or None) if reading is not None else None,
        "kernel_log": reading.log.readable.value if reading is not None else None,
        "gpu_list": [_gpu(gpu, past.get(gpu.identity)) for gpu in reading.gpus] if reading is not None else [],
        "observed_at": _moment(reading.at) if reading is not None else None,
    }


def _moment(at: float) -> str:
    return rfc3339(datetime.fromtimestamp(at, UTC))


def _reason(finding: GpuFinding) -> Record:
    return {
        "health": finding.health.word,
        "words": finding.words,
        "repair": finding.action.word or None,
        "remedy": finding.remedy or None,
        "source": finding.source or None,
        "since": _moment(finding.since) if finding.since is not None else None,
    }


def _gpu(gpu: Gpu, past: Past | None) -> Record:
    detail, verdict = gpu.detail, gpu_verdict(gpu, past)
    return {
        "index": gpu.index,
        "uuid": gpu.uuid or None,
        "name": gpu.name or None,
        "bus": gpu.bus or None,
        "serial": (detail.serial or None) if detail is not None else None,
        "health": verdict.health.word,
        "reason_list": list(verdict.reasons),
        "utilization_percent": gpu.utilization,
        "memory_used_mib": gpu.memory_used,
        "memory_total_mib": gpu.memory_total,
        "temperature_celsius": gpu.temperature,
        "power_watt": gpu.power,
        "power_limit_watt": gpu.power_limit,
        "clock_mhz": gpu.clock,
        "ecc_uncorrected": gpu.errors.uncorrected,
        "ecc_corrected": gpu.errors.corrected,
        "process_count": len(gpu.processes) if gpu.processes is not None else None,
        "lost": gpu.lost,
    }
