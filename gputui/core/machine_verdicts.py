"""The health of a machine by its GPUs and everything else it says, compared with what the cloud reports about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from gputui.core.cells import Role
from gputui.core.gpu_findings import GpuFinding, Repair, Verdict, judged
from gputui.core.gpu_verdicts import BUSY, count, gpu_verdict
from gputui.core.gpus import Gpu, Past, Point, Reading, known
from gputui.core.health import Health
from gputui.core.kernel_log import findings as log_findings
from gputui.core.machine_checks import checks_findings
from gputui.core.problem import Cause, Problem
from gputui.core.ranges import compressed
from gputui.core.reading import AnyView, by_role
from gputui.core.rows import Row


@dataclass(frozen=True, slots=True)
class ReportedState:
    """What the cloud reports about the machine; `gpus` is its number of GPUs, None if it is not reported."""

    state: str
    health: Health
    gpus: int | None = None


def reported_state(view: AnyView, row: Row) -> ReportedState:
    """Return what a row of the cloud reports; the number of GPUs is that of its GPU column, as in filters."""
    gpus = by_role(view, row).get(Role.GPU)
    count = gpus.value if gpus is not None else None
    return ReportedState(
        row.state, row.health, count if isinstance(count, int) and not isinstance(count, bool) else None
    )


def machine_verdict(reading: Reading, cloud: ReportedState, past: Mapping[str, Past] | None = None) -> Verdict:
    """Return the verdict on a machine; `past` holds the last readings of each GPU by identity."""
    past = past or {}
    # Lost GPUs first: among equally bad reasons, this is the worst.
    verdicts = [
        (gpu, gpu_verdict(gpu, past.get(gpu.identity))) for gpu in sorted(reading.gpus, key=lambda gpu: not gpu.lost)
    ]
    found = [
        *_reasons(verdicts),
        *_missing(reading, cloud),
        *_beside_each_other(reading.gpus, past),
        *(checks_findings(reading.checks) if reading.checks is not None else ()),
        *log_findings(reading.log, {gpu.bus: gpu.title for gpu in reading.gpus if gpu.bus}, reading.at),
        *reading.remarks,
    ]
    verdict = judged(one for one in found if one.health is not Health.OK)
    notes = list(_disagreement(cloud, verdict.health, len(reading.gpus)))
    notes += [one.words for one in found if one.health is Health.OK]
    if cloud.state and cloud.health is Health.OK and verdict.health is Health.BAD:
        first = verdict.findings[0]
        first = replace(first, words=f"cloud says {cloud.state}, {first.words}")
        verdict = Verdict(verdict.health, (first, *verdict.findings[1:]))
    notes += _together([(gpu, note) for gpu, one in verdicts for note in one.notes])
    return Verdict(verdict.health, verdict.findings, tuple(notes))


def _reasons(verdicts: Sequence[tuple[Gpu, Verdict]]) -> Iterator[GpuFinding]:
    """The findings of each GPU; one that several GPUs share is said once."""
    alike: dict[tuple[Health, str], list[tuple[Gpu, GpuFinding]]] = {}
    for gpu, verdict in verdicts:
        for finding in verdict.findings:
            alike.setdefault((finding.health, finding.words), []).append((gpu, finding))
    for found in alike.values():
        gpus, first = [gpu for gpu, _ in found], found[0][1]
        words = f"{gpus[0].title} {first.words}" if len(gpus) == 1 else f"{_titles(gpus)} {_plural(first.words)}"
        begun = known(finding.since for _, finding in found)
        yield replace(first, words=words, since=min(begun, default=None))


def _titles(gpus: Sequence[Gpu]) -> str:
    numbers = [str(gpu.index) for gpu in gpus if gpu.index is not None]
    return f"GPUs {compressed(numbers).strip('[]')}" if len(numbers) == len(gpus) else f"{len(gpus)} GPUs"


def _missing(reading: Reading, cloud: ReportedState) -> Iterator[GpuFinding]:
    """GPUs that the cloud counts and the driver does not."""
    seen, missing = len(reading.gpus), (cloud.gpus or 0) - len(reading.gpus)
    if reading.trouble and not seen:
        return  # said among the remarks
    if not seen:
        health = Health.BAD if cloud.gpus else Health.UNKNOWN
        yield GpuFinding(health, "the driver finds no GPU", Repair.REBOOT, _LOOK, "nvidia-smi")
    elif all(gpu.lost for gpu in reading.gpus):
        if missing > 0:
            yield GpuFinding(Health.UNKNOWN, f"the driver tells nothing of {count(missing, 'other GPU')}")
    elif missing > 0:
        words = f"{count(missing, 'GPU')} of {cloud.gpus} missing{_where(reading, cloud.gpus or 0)}"
        yield GpuFinding(Health.BAD, words, Repair.REBOOT, _AGAIN, "the cloud")


def _where(reading: Reading, promised: int) -> str:
    """What the bus tells of the GPUs that are missing."""
    on_bus = reading.checks.on_bus if reading.checks is not None else None
    if on_bus is None:
        return ""
    return (
        ": the bus still shows all"
        if on_bus >= promised
        else f": the bus shows {on_bus}, so it is lost or not passed in"
    )


_LOOK = "look whether lspci shows them: if not, they are lost or not passed through"
_AGAIN = "reboot; if it stays so, move to another host and report this one"


def _beside_each_other(gpus: Sequence[Gpu], past: Mapping[str, Past]) -> Iterator[GpuFinding]:
    """What only a comparison shows: a GPU that holds the others back, and a job that spins."""
    for model in dict.fromkeys(gpu.name for gpu in gpus):
        alike = [gpu for gpu in gpus if gpu.name == model and gpu.identity in past]
        if len(alike) >= _FEWEST_ALIKE:
            yield from _straggling(alike, past)
    yield from _spinning([past[gpu.identity] for gpu in gpus if gpu.identity in past], gpus)


_FEWEST_ALIKE = 3
_STRAGGLES = 0.9


def _straggling(gpus: Sequence[Gpu], past: Mapping[str, Past]) -> Iterator[GpuFinding]:
    """A clock below 90 % of the median of its busy siblings, in three readings in a row."""
    busy = [gpu for gpu in gpus if (gpu.utilization or 0) > BUSY and gpu.clock is not None]
    if len(busy) < _FEWEST_ALIKE:
        return
    usual = median(known(gpu.clock for gpu in busy))
    for gpu in busy:
        lasts = past[gpu.identity].lasted(
            lambda point: (point.utilization or 0) > BUSY and (point.clock or usual) < _STRAGGLES * usual
        )
        if lasts > 0:
            words = f"{gpu.title} runs at {gpu.clock:.0f} MHz, its siblings at {usual:.0f}: it holds the job back"
            advice = "look at its heat and power; swap the machine if it stays so"
            yield GpuFinding(
                Health.DEGRADED, words, Repair.MOVE, advice, "its siblings", past[gpu.identity].points[-1].at - lasts
            )


_FULLY_BUSY = 99.0
_SPINS_BELOW = 0.4
_SPINS_FOR = 180.0


def _spinning(pasts: Sequence[Past], gpus: Sequence[Gpu]) -> Iterator[GpuFinding]:
    """All GPUs at 100 % and with little power for three minutes: the kernels of a collective that waits."""
    if len(pasts) < 2 or len(pasts) < len(gpus):
        return
    lasts = min(one.lasted(_spins) for one in pasts)
    if lasts >= _SPINS_FOR:
        words = f"all {len(gpus)} GPUs at 100 % with little power: spinning in a collective that hangs?"
        advice = "look for the machine of the job whose GPUs are idle: the hang sits there"
        yield GpuFinding(Health.DEGRADED, words, Repair.APP, advice, "its siblings", pasts[0].points[-1].at - lasts)


def _spins(point: Point) -> bool:
    return (point.utilization or 0) >= _FULLY_BUSY and point.power is not None and point.power < _SPINS_BELOW


def _disagreement(cloud: ReportedState, health: Health, seen: int) -> Iterator[str]:
    """Where the cloud's report contradicts the readings."""
    if cloud.state and cloud.health.faulty and health is Health.OK:
        yield f"cloud says {cloud.state}, {'its GPU is fine' if seen == 1 else f'all {seen} GPUs are fine'}"
    elif cloud.state and cloud.health is Health.OFF:
        yield f"cloud says {cloud.state}, yet it answers"
    if cloud.gpus is not None and seen > cloud.gpus:
        yield f"{seen} GPUs where the cloud says {cloud.gpus}"


def _together(notes: Sequence[tuple[Gpu, str]]) -> list[str]:
    """Notes, with those that several GPUs share said once."""
    by_kind: dict[str, list[tuple[Gpu, str]]] = {}
    for gpu, words in notes:
        by_kind.setdefault(words.partition(" (")[0], []).append((gpu, words))
    return [
        f"{some[0][0].title} {some[0][1]}" if len(some) == 1 else f"{len(some)} GPUs {_plural(kind)}"
        for kind, some in by_kind.items()
    ]


def _plural(words: str) -> str:
    verb, _, rest = words.partition(" ")
    return f"{_VERBS.get(verb, verb)} {rest}".replace(" its ", " their ")


_VERBS = {"is": "are", "has": "have", "answers": "answer", "tells": "tell", "was": "were"}


def silent_verdict(problem: Problem, cloud: ReportedState) -> Verdict:
    """Return the verdict on a machine that gave no reading: unknown, with the reason; off if it is known to be off."""
    if problem.cause is Cause.MISSING and not cloud.gpus:
        return Verdict(Health.OFF, (GpuFinding(Health.OFF, problem.text),))
    if cloud.health is Health.OFF:
        return Verdict(Health.OFF, (GpuFinding(Health.OFF, f"cloud says {cloud.state}"),), (problem.text,))
    said = f"cloud says {cloud.state}, " if cloud.state and cloud.health is Health.OK else ""
    return Verdict(Health.UNKNOWN, (GpuFinding(Health.UNKNOWN, said + problem.text, advice=problem.remedy),))
