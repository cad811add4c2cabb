"""The health of GPUs, with reasons, and whether it agrees with what the cloud reports about their machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gputui.core.gpus import Gpu, Reading, Throttle
from gputui.core.health import Health
from gputui.core.problem import Cause, Problem
from gputui.core.ranges import compressed

WARM, HOT = 85.0, 92.0
"""°C. `nvidia-smi -q -d TEMPERATURE` gives 85 as the maximum operating temperature of A100 boards (H100: 87); from 89
the hardware slows itself down, and at 92 it shuts down."""
FULL = 0.8
"""The share of memory in use from which an idle GPU gets a note: somebody may have forgotten it."""

Finding = tuple[Health, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A health; its reasons, gravest first; and notes that do not change it."""

    health: Health
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Reasons and notes in one line."""
        return " · ".join((*self.reasons, *self.notes))


@dataclass(frozen=True, slots=True)
class ReportedState:
    """What the cloud reports about the machine; `gpus` is its number of GPUs, None if it is not reported."""

    state: str
    health: Health
    gpus: int | None = None


def gpu_verdict(gpu: Gpu) -> Verdict:
    """The health of one GPU.

    Uncorrected errors since the driver was loaded, a failed row remapping (NVIDIA, GPU Memory Error Management: replace
    it) and a hardware thermal slowdown are bad; a retirement or remapping that needs a reset is degraded (work goes on
    until then). Temperatures: `WARM` and `HOT`. Throttling: NVML, nvmlClocksEventReasons.
    """
    found = sorted(_findings(gpu), key=lambda finding: finding[0].rank)
    if found:
        return Verdict(found[0][0], tuple(words for _, words in found), tuple(_notes(gpu)))
    if gpu.utilization is None and gpu.memory_used is None and gpu.temperature is None:
        return Verdict(Health.UNKNOWN, ("tells no figures",), tuple(_notes(gpu)))
    return Verdict(Health.OK, (), tuple(_notes(gpu)))


def _findings(gpu: Gpu) -> Iterator[Finding]:
    if gpu.lost:
        yield Health.BAD, "fell off the bus"
    elif gpu.trouble:
        silent = gpu.utilization is None and gpu.temperature is None
        yield Health.BAD if silent else Health.DEGRADED, f"answers {gpu.trouble}"
    if gpu.errors.uncorrected:
        yield Health.BAD, f"has {_count(gpu.errors.uncorrected, 'uncorrected memory error')}"
    if gpu.unmappable:
        yield Health.BAD, "has a memory row that could not be remapped: it needs replacing"
    if gpu.pending:
        yield Health.DEGRADED, "has memory to retire at the next reset"
    yield from _heat(gpu)
    yield from _held(gpu.throttle or Throttle(0))


def _heat(gpu: Gpu) -> Iterator[Finding]:
    heat = gpu.temperature
    slowed = bool((gpu.throttle or Throttle(0)) & Throttle.HW_THERMAL)
    if slowed or (heat is not None and heat >= HOT):
        words = "is too hot" if heat is None else f"is at {heat:.0f} °C"
        yield Health.BAD, f"{words}: the hardware slows it down" if slowed else words
    elif heat is not None and heat >= WARM:
        yield Health.DEGRADED, f"is at {heat:.0f} °C"


def _held(active: Throttle) -> Iterator[Finding]:
    if active & Throttle.POWER_BRAKE:
        yield Health.DEGRADED, "is held back by the power brake: the power supply asks for it"
    elif active & Throttle.HW_SLOWDOWN and not active & Throttle.HW_THERMAL:
        yield Health.DEGRADED, "is slowed down by the hardware"
    if active & Throttle.SW_THERMAL and not active & Throttle.HW_THERMAL:
        yield Health.DEGRADED, "is slowed down by the driver: too warm"


def _notes(gpu: Gpu) -> Iterator[str]:
    if (gpu.throttle or Throttle(0)) & Throttle.POWER_CAP:
        yield "is at its power cap"
    share = gpu.memory_share
    if gpu.utilization == 0 and share is not None and share >= FULL:
        yield f"is idle, its memory taken ({share:.0%})"
    if gpu.errors.uncorrected_ever and not gpu.errors.uncorrected:
        yield f"has had uncorrected memory errors before ({gpu.errors.uncorrected_ever})"
    if gpu.remapped:
        yield f"has {_count(gpu.remapped, 'memory row')} remapped"


def machine_verdict(reading: Reading, cloud: ReportedState) -> Verdict:
    """The health of a machine's GPUs, compared with what the cloud reports about it."""
    # Lost GPUs first: among equally bad reasons, this is the worst.
    verdicts = [(gpu, gpu_verdict(gpu)) for gpu in sorted(reading.gpus, key=lambda gpu: not gpu.lost)]
    found = [
        *_reasons(verdicts),
        *_missing(reading, cloud),
        *(one for one in reading.remarks if one[0] is not Health.OK),
    ]
    found.sort(key=lambda finding: finding[0].rank)
    health = found[0][0] if found else Health.OK
    reasons = [words for _, words in found]
    notes = list(_disagreement(cloud, health, len(reading.gpus)))
    notes += [words for rank, words in reading.remarks if rank is Health.OK]
    if cloud.state and cloud.health is Health.OK and health is Health.BAD:
        reasons[0] = f"cloud says {cloud.state}, {reasons[0]}"
    notes += _together([(gpu, note) for gpu, verdict in verdicts for note in verdict.notes])
    return Verdict(health, tuple(reasons), tuple(notes))


def _reasons(verdicts: Sequence[tuple[Gpu, Verdict]]) -> Iterator[Finding]:
    """The gravest reason of each GPU; a reason that several GPUs share is said once."""
    alike: dict[Finding, list[Gpu]] = {}
    for gpu, verdict in verdicts:
        for words in verdict.reasons[:1]:
            alike.setdefault((verdict.health, words), []).append(gpu)
    for (health, words), gpus in alike.items():
        yield health, f"{gpus[0].title} {words}" if len(gpus) == 1 else f"{_titles(gpus)} {_plural(words)}"


def _titles(gpus: Sequence[Gpu]) -> str:
    numbers = [str(gpu.index) for gpu in gpus if gpu.index is not None]
    return f"GPUs {compressed(numbers).strip('[]')}" if len(numbers) == len(gpus) else f"{len(gpus)} GPUs"


def _missing(reading: Reading, cloud: ReportedState) -> Iterator[Finding]:
    """GPUs that the cloud counts and the driver does not."""
    count, missing = len(reading.gpus), (cloud.gpus or 0) - len(reading.gpus)
    if reading.trouble and not count:
        yield Health.BAD, reading.trouble
    elif not count:
        yield Health.BAD if cloud.gpus else Health.UNKNOWN, "the driver finds no GPU"
    elif all(gpu.lost for gpu in reading.gpus):
        if missing > 0:
            yield Health.UNKNOWN, f"the driver tells nothing of {_count(missing, 'other GPU')}"
    elif missing > 0:
        yield Health.BAD, f"{_count(missing, 'GPU')} of {cloud.gpus} missing"


def _disagreement(cloud: ReportedState, health: Health, count: int) -> Iterator[str]:
    """Where the cloud's report contradicts the readings."""
    if cloud.state and cloud.health.faulty and health is Health.OK:
        yield f"cloud says {cloud.state}, {'its GPU is fine' if count == 1 else f'all {count} GPUs are fine'}"
    elif cloud.state and cloud.health is Health.OFF:
        yield f"cloud says {cloud.state}, yet it answers"
    if cloud.gpus is not None and count > cloud.gpus:
        yield f"{count} GPUs where the cloud says {cloud.gpus}"


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


_VERBS = {"is": "are", "has": "have", "answers": "answer", "tells": "tell"}


def silent_verdict(problem: Problem, cloud: ReportedState) -> Verdict:
    """The health of a machine that gave no reading: unknown, with the reason; off if it is known to be off."""
    if problem.cause is Cause.MISSING and not cloud.gpus:
        return Verdict(Health.OFF, (problem.text,))
    if cloud.health is Health.OFF:
        return Verdict(Health.OFF, (f"cloud says {cloud.state}",), (problem.text,))
    said = f"cloud says {cloud.state}, " if cloud.state and cloud.health is Health.OK else ""
    return Verdict(Health.UNKNOWN, (said + problem.text,))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
