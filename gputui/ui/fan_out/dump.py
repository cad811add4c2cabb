"""Save the whole result of a run as two files: JSON for programs, text for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gputui.core.dumps import write
from gputui.core.ranges import compressed
from gputui.core.text import Json
from gputui.ui.fan_out.results import Report

if TYPE_CHECKING:
    from gputui.ssh.running.fan_out import CommandResult


def save(folder: Path, command: str, answers: Sequence[CommandResult], at: float) -> Path:
    """Write `run-<time>.json` and `.txt` to `folder`; return the text's path. `at`: epoch seconds. Raises OSError."""
    texts = {".json": _json(command, answers, at), ".txt": "\n".join([*_lines(command, answers), ""])}
    return write(folder, "run", texts, at)


def _json(command: str, answers: Sequence[CommandResult], at: float) -> str:
    saved = datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")
    from gputui.ssh.running.unknown_keys import refuse_conflicting

    answers = refuse_conflicting(answers)
    document = {"command": command, "saved_at": saved, "machines": [_record(answer) for answer in answers]}
    return json.dumps(document, indent=2) + "\n"


def _record(answer: CommandResult) -> dict[str, Json]:
    ref, problem = answer.machine.ref, answer.problem
    return {
        "profile": ref.profile,
        "view": ref.view,
        "id": ref.id,
        "name": answer.machine.name,
        "address": answer.address or str(answer.machine.address),
        "status": answer.status,
        "stdout": answer.out.decode("utf-8", "replace"),
        "stderr": answer.err.decode("utf-8", "replace"),
        "cut": answer.cut,
        "seconds": round(answer.seconds, 3),
        "cause": problem.cause.value if problem else None,
        "problem": problem.text if problem else None,
        "remedy": problem.remedy or None if problem else None,
    }


def _lines(command: str, answers: Sequence[CommandResult]) -> Iterator[str]:
    report = Report.of(answers)
    yield f"$ {command}"
    for group in report.groups:
        names = compressed(f"{machine.ref.profile}/{machine.name}" for machine in group.machines)
        ending = "never came to its end" if group.status is None else f"exit {group.status}"
        yield from ("", f"---- {len(group.machines)}, {ending}: {names}", *group.text)
    for failure in report.failures:
        names = compressed(f"{machine.ref.profile}/{machine.name}" for machine in failure.machines)
        yield from ("", f"---- {len(failure.machines)}, no answer: {names}", failure.text, failure.remedy)
