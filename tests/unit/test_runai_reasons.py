"""Which of Run:ai's conditions tell that something is wrong, and in which words."""

from __future__ import annotations

import pytest

from gputui.providers.runai.reasons import adverse

SILENT = "Kubelet stopped posting node status."


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [
        ("Ready", "True", False),
        ("Ready", "False", True),
        ("ContainersReady", "Unknown", True),
        ("Ready", "", False),
        ("MemoryPressure", "True", True),
        ("MemoryPressure", "False", False),
        ("DisruptionTarget", "True", False),
    ],
)
def test_readiness_that_is_missing_and_pressure_that_is_there(kind: str, status: str, told: bool) -> None:
    found = adverse([{"type": kind, "status": status, "reason": "Why", "message": SILENT}], "NotReady")
    assert found == ((f"{kind} is {status.casefold()}: Why: {SILENT}",) if told else ())


def test_what_the_phase_and_its_message_say_is_not_said_again() -> None:
    same = [{"type": "Ready", "status": "False", "reason": "Failed", "message": ""}]
    assert adverse(same, "no memory Failed") == ()
    assert adverse([{**same[0], "message": "no memory"}], "no memory Failed") == ()
    assert adverse(same, "no memory Degraded") == ("Ready is false: Failed",)


@pytest.mark.parametrize("odd", [None, "x", 3, {}, [None, 1, "x", {}, {"type": 3, "status": []}]])
def test_what_is_no_list_of_conditions_tells_nothing(odd: object) -> None:
    assert adverse(odd, "") == ()
