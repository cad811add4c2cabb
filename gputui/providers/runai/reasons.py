"""Why Run:ai's inferences, nodes and pools are as they are: messages, missing pods, conditions."""

from __future__ import annotations

from collections.abc import Iterator

from gputui.core.text import Json, as_object
from gputui.providers.runai.in_cluster import InCluster
from gputui.providers.runai.wire import RunAINode, RunAINodePool, Workload

_ADVERSE = ("pressure", "unavailable", "failed", "failure", "degraded", "oomkilled", "evicted")
_DESIRED = ("ready", "available", "scheduled", "initialized")


def or_dash(value: int | None) -> str:
    """The number, or a dash."""
    return "–" if value is None else str(value)


def inference_reasons(one: InCluster[Workload]) -> tuple[str, ...]:
    """Its message, the pods it lacks, and its conditions."""
    found = (one.thing.phase_message or "").strip()
    lacking = f"{or_dash(one.thing.running_pods)} of {or_dash(one.thing.wanted_pods)} pods run"
    told = (
        found,
        lacking if one.thing.lacks_pods else "",
        *adverse(one.thing.conditions, f"{found} {one.thing.phase}"),
    )
    return tuple(filter(None, told))


def pool_reasons(one: InCluster[RunAINodePool]) -> tuple[str, ...]:
    """Its message."""
    return tuple(filter(None, ((one.thing.phase_message or "").strip(),)))


def node_reasons(one: InCluster[RunAINode]) -> tuple[str, ...]:
    """Its conditions."""
    return adverse(one.thing.conditions, one.thing.status)


def adverse(conditions: object, known: str) -> tuple[str, ...]:
    """What is wrong: readiness that is missing, pressure or a failure that is there; not what `known` says already."""
    return tuple(_adverse(conditions, known)) if isinstance(conditions, list) else ()


def _adverse(conditions: list[Json], known: str) -> Iterator[str]:
    for entry in conditions:
        told = {key: str(value) for key, value in as_object(entry).items() if isinstance(value, str | bool)}
        name, status = told.get("type", ""), told.get("status", "").casefold()
        wrong = status == "true" if name.casefold().endswith(_ADVERSE) else status not in ("true", "")
        if wrong and (name.casefold().endswith((*_ADVERSE, *_DESIRED))):
            reason, message = told.get("reason", ""), told.get("message", "")
            if (message or reason) not in known:
                yield ": ".join(filter(None, (f"{name} is {status}", reason, message)))
