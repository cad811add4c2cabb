"""Write the answers of many machines: grouped as text, or one record each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from gputui.commands import formats
from gputui.commands.context import CliContext
from gputui.commands.selecting import MachineSelection
from gputui.core.differing import difference
from gputui.core.problem import Problem
from gputui.core.records import Found, Record
from gputui.ssh.running.collecting import LONGEST_OUTPUT
from gputui.ssh.running.fan_out import CommandResult
from gputui.ssh.running.gathering import LONGEST_TEXT, ResultGroup, failures, gather

_EACH = "--each runs it for each of several machines at one address and port"
MOST_WRITTEN = 64 << 20
"""Bytes of text of all machines together: as lines they take many times that in memory."""


def record(answer: CommandResult, found: Found) -> Record:
    """Return one machine's answer as JSON values; invalid UTF-8 becomes replacement characters."""
    return _named(found) | {
        "address": answer.address or str(answer.machine.address),
        "status": answer.status,
        "stdout": answer.out.decode("utf-8", "replace"),
        "stderr": answer.err.decode("utf-8", "replace"),
        "cut": answer.cut,
        "seconds": round(answer.seconds, 3),
        **_trouble(answer.problem),
    }


def _named(found: Found) -> Record:
    ref = found.row.ref
    return {
        "profile": ref.profile,
        "provider": found.provider,
        "view": ref.view,
        "id": ref.id,
        "name": found.row.name,
    }


def _trouble(problem: Problem | None) -> Record:
    if problem is None:
        return {"cause": None, "problem": None, "remedy": None}
    return {"cause": problem.cause.value, "problem": problem.text, "remedy": problem.remedy or None}


def write_json(answers: Sequence[CommandResult], selection: MachineSelection, out: TextIO) -> None:
    """Write one list: all answers in the order of the selection, then the machines without SSH access."""
    by_ref = {answer.machine.ref: answer for answer in answers}
    found = [record(by_ref[each.ref], selection.rows[each.ref]) for each in selection.machines if each.ref in by_ref]
    formats.write_json([*found, *_records_without_a_run(selection)], out)


def write_lines(answers: Sequence[CommandResult], selection: MachineSelection, out: TextIO) -> None:
    """Write one record per line, in the given order."""
    formats.write_jsonl((record(answer, selection.rows[answer.machine.ref]) for answer in answers), out)


def write_lines_without_a_run(selection: MachineSelection, out: TextIO) -> None:
    """Write one record per line for the machines on which nothing was run."""
    formats.write_jsonl(_records_without_a_run(selection), out)


def _records_without_a_run(selection: MachineSelection) -> Iterator[Record]:
    """Yield records with the same keys for machines without SSH access, and those at whose address it was run once."""
    nothing: Record = {"address": None, "status": None, "stdout": "", "stderr": "", "cut": False, "seconds": 0.0}
    for machine, shared in selection.left_out:
        why = {
            "cause": None,
            "problem": f"run once at its address, as {selection.names([shared.first])}",
            "remedy": _EACH,
        }
        yield _named(selection.rows[machine.ref]) | nothing | {"address": str(machine.address)} | why
    for found, problem in selection.unreached:
        yield _named(found) | nothing | _trouble(problem)


def write_text(answers: Sequence[CommandResult], selection: MachineSelection, out: TextIO, *, diff: bool) -> None:
    """Write the groups, smallest first, each under its names; `diff` compares them with the last, the majority."""
    groups = gather(answers, _longest(answers))
    total = selection.total
    for at, group in enumerate(groups):
        out.write("\n" if at else "")
        status = "no exit status" if group.status is None else f"exit status {group.status}"
        out.write(f"== {selection.names(group.machines)} ({len(group.machines)} of {total}), {status} ==\n")
        majority = groups[-1] if diff and group is not groups[-1] and len(groups[-1].machines) > 1 else None
        for line in _body(group, majority):
            out.write(line + "\n")


def _longest(answers: Sequence[CommandResult]) -> int:
    """Return the bytes of each output to write: everything that was kept if there are few machines."""
    return max(LONGEST_TEXT, min(LONGEST_OUTPUT, MOST_WRITTEN // max(1, len(answers))))


def say_cut(answers: Sequence[CommandResult], selection: MachineSelection, ctx: CliContext) -> None:
    """Report whose output is incomplete, as the reader of the output may be a program."""
    longest = _longest(answers)
    some = [one.machine for one in answers if one.cut or max(len(one.out), len(one.err)) > longest]
    if some:
        where = f"{len(some)} of {selection.total}: {selection.names(some)}"
        ctx.say(f"not all of the output is written; {where} (have it written to a file there, and fetch that)")


def _body(group: ResultGroup, majority: ResultGroup | None) -> Sequence[str]:
    if majority is None:
        return group.text or ["(no output)"]
    return difference(group.text, majority.text) or ["(the same text as most)"]


def say_failures(answers: Sequence[CommandResult], selection: MachineSelection, ctx: CliContext) -> None:
    """Report which machines did not answer, by cause, with the remedy."""
    total = selection.total
    for failure in failures(answers):
        where = f"{len(failure.machines)} of {total}: {selection.names(failure.machines)}"
        ctx.say(f"{failure.text}; {where}{_remedy(failure.remedy)}")
    causes: dict[Problem, list[Found]] = {}
    for found, problem in selection.unreached:
        causes.setdefault(problem, []).append(found)
    for problem, rows in causes.items():
        where = selection.short((found.row.ref.profile, found.row.name) for found in rows)
        ctx.say(f"no way in: {problem.text}; {len(rows)} of {total}: {where}{_remedy(problem.remedy)}")


def _remedy(remedy: str) -> str:
    return f" ({remedy})" if remedy else ""
