"""Whatever is pressed, pasted, stopped or failing: no crash, no hang, nothing in the log, the terminal back."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from gputui.ui.commands import COMMAND_TABLE
from tests.promises.input_words import BYTES
from tests.promises.inputs import KINDS, Step, steps
from tests.promises.walk import read, walk, written

SEED, STEPS, AT_MOST = 209, 70, 60.0
"""Seconds: about 12 where the machine has nothing else to do."""
WITHOUT = ("ends",)
"""The short walk stays on its one console."""
PATIENT = 1.0
"""Instead of the 250 ms that a walk of ten minutes holds: other tests run beside this one."""


def test_a_short_walk_finds_nothing() -> None:
    taken = walk(islice(steps(SEED, WITHOUT), STEPS), AT_MOST, hang=PATIENT)
    found = taken.report.findings
    last = "\n".join(str(step.plain()) for step in taken.last)
    assert not found, f"seed {SEED}: {taken.report}\n{last}\npython -m tests.promises.walk --seed {SEED}"
    assert taken.report.steps > 20


def test_the_same_seed_is_the_same_walk_and_can_be_taken_again(tmp_path: Path) -> None:
    first, second, other = (list(islice(steps(seed), 500)) for seed in (3, 3, 4))
    assert first == second != other
    assert list(read(written(first, tmp_path / "walk"))) == first


def test_every_key_of_the_console_and_every_kind_of_input_comes() -> None:
    sent = {str(step.what) for step in islice(steps(1), 20_000) if step.do == "send"}
    keys = {key for entry in (*COMMAND_TABLE.screen, *COMMAND_TABLE.rows) for key in entry.keys.split(",") if key}
    assert {BYTES.get(key, key) for key in keys} <= sent
    done = {step.do for step in islice(steps(1), 20_000)}
    assert done == {"start", "end", "send", "type", "wait", "probe", "resize", "signal", "fault", "unread"}


def test_kinds_and_keys_can_be_left_out() -> None:
    fewer: list[Step] = list(islice(steps(1, KINDS[1:], "*l"), 3000))
    assert {step.do for step in fewer} == {"start", "send", "type", "probe"}
    assert not {"*", "l"} & {step.what for step in fewer if step.do == "send"}
