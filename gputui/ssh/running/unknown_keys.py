"""Unknown host keys of many machines: which a person can decide on, and which are refused as contradictory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gputui.core.cells import natural
from gputui.core.problem import Cause, Problem
from gputui.ssh.machine import Machine
from gputui.ssh.prompter import HostKeyQuestion
from gputui.ssh.running.fan_out import CommandResult

Host = tuple[str, int]
_COMPARE = "somebody may be listening in: connect to one machine at a time, and compare with its own console"


@dataclass(frozen=True, slots=True)
class UnknownHostKeys:
    """Undecided keys by host and port, with the machines behind them: a jump host has several.

    A host that showed more than one key (`conflicting` holds them) is left out: nobody could judge that as a first
    contact.
    """

    keys: Mapping[Host, HostKeyQuestion]
    machines: Mapping[Host, Sequence[Machine]]
    conflicting: Mapping[Host, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, answers: Iterable[CommandResult], trusted: Mapping[Host, str] | None = None) -> UnknownHostKeys:
        """Collect the keys of results that failed only because of an unknown host key.

        `trusted` are the fingerprints accepted since the machines were chosen: a different one contradicts as well.
        """
        keys: dict[Host, HostKeyQuestion] = {}
        machines: dict[Host, list[Machine]] = {}
        shown: dict[Host, dict[str, None]] = {host: {key: None} for host, key in (trusted or {}).items()}
        for answer in sorted(answers, key=lambda answer: natural(answer.machine.name)):
            asked = answer.unmet
            if asked is None:
                continue
            host = (asked.host, asked.port)
            met = keys.setdefault(host, asked)
            shown.setdefault(host, {})[asked.fingerprint] = None
            # The reasons known about a key may differ for each machine behind its host.
            keys[host] = replace(met, why=tuple(dict.fromkeys((*met.why, *asked.why))))
            machines.setdefault(host, []).append(answer.machine)
        conflicting = {host: tuple(shown[host]) for host in keys if len(shown[host]) > 1}
        return cls({host: key for host, key in keys.items() if host not in conflicting}, machines, conflicting)

    @property
    def waiting(self) -> list[Machine]:
        """The machines to run once the keys are trusted."""
        return [machine for host in self.keys for machine in self.machines[host]]

    @property
    def trusted(self) -> dict[Host, str]:
        """The fingerprints, in the form FanOut takes."""
        return {host: key.fingerprint for host, key in self.keys.items()}

    def lines(self, names: Callable[[Sequence[Machine]], str]) -> Iterator[str]:
        """The text for a person's decision: whose key each is, its fingerprint, and which hosts are left out."""
        for host, key in self.keys.items():
            yield f"{'jump host of ' if key.jump else ''}{names(self.machines[host])} ({key.host} port {key.port})"
            yield f"  {key.kind} {key.fingerprint}"
            yield from (f"  {why}" for why in key.why)
        for address, port in sorted(self.conflicting):
            yield f"left out: {address}:{port} showed several keys in one run"


async def run_with_trust(
    machines: Sequence[Machine],
    run: Callable[[Sequence[Machine], Mapping[Host, str]], Awaitable[Sequence[CommandResult]]],
    trusts: Callable[[UnknownHostKeys], Awaitable[bool]],
) -> None:
    """Run on the machines, then again on those whose new host keys were trusted; those behind jump hosts come last.

    `run` takes the accepted fingerprints and returns each machine's newest result. `trusts` asks a person; a no ends
    the run. A host that shows a different key than before is never asked about.
    """
    trusted: dict[Host, str] = {}
    answers = await run(machines, trusted)
    while (unknown := UnknownHostKeys.of(answers, trusted)).keys and await trusts(unknown):
        trusted |= unknown.trusted
        answers = await run(unknown.waiting, trusted)


def refuse_conflicting(answers: Sequence[CommandResult]) -> list[CommandResult]:
    """Return the results with contradictory host keys turned into a problem: nobody can decide on them."""
    unknown = UnknownHostKeys.of(answers)
    return [_refused(answer, unknown) for answer in answers]


def _refused(answer: CommandResult, unknown: UnknownHostKeys) -> CommandResult:
    asked = answer.unmet
    if asked is None or (asked.host, asked.port) not in unknown.conflicting:
        return answer
    prints = ", ".join(unknown.conflicting[asked.host, asked.port])
    text = f"{asked.host} port {asked.port} showed several host keys in one run ({prints})"
    return replace(answer, problem=Problem(Cause.REFUSED, text, _COMPARE), unmet=None)
