"""New host keys of many machines: one question for all of them, after the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gputui.core.actions import Risk
from gputui.core.cells import natural
from gputui.ui.asking import Question
from gputui.ui.fan_out.names import Names

if TYPE_CHECKING:
    from gputui.ssh.machine import Machine
    from gputui.ssh.person import HostKeyQuestion
    from gputui.ssh.running.fan_out import Answered

Host = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Unmet:
    """Keys to be decided on, by host and port, and the machines behind them: a jump host has several.

    A host that showed more than one key is left out: that is no first contact that anybody could judge.
    """

    keys: dict[Host, HostKeyQuestion]
    machines: dict[Host, list[Machine]]
    torn: frozenset[Host]

    @classmethod
    def of(cls, answers: Iterable[Answered]) -> Unmet:
        """Those of the answers that only a host key stood in the way of."""
        keys: dict[Host, HostKeyQuestion] = {}
        machines: dict[Host, list[Machine]] = {}
        torn: set[Host] = set()
        for answer in sorted(answers, key=lambda answer: natural(answer.machine.name)):
            asked = answer.unmet
            if asked is None:
                continue
            host = (asked.host, asked.port)
            met = keys.setdefault(host, asked)
            if met.fingerprint != asked.fingerprint:
                torn.add(host)
            # What is known of a key may be another thing for each machine behind it.
            keys[host] = replace(met, why=tuple(dict.fromkeys((*met.why, *asked.why))))
            machines.setdefault(host, []).append(answer.machine)
        return cls({host: key for host, key in keys.items() if host not in torn}, machines, frozenset(torn))

    @property
    def waiting(self) -> list[Machine]:
        """The machines to run once the keys are trusted."""
        return [machine for host in self.keys for machine in self.machines[host]]

    @property
    def trusted(self) -> dict[Host, str]:
        """The fingerprints, as FanOut takes them."""
        return {host: key.fingerprint for host, key in self.keys.items()}

    def question(self, names: Names) -> Question:
        """What is asked about them."""
        count = len(self.keys)
        title = f"Trust {count} new host keys?" if count > 1 else "Trust a new host key?"
        return Question(title, tuple(self._lines(names)), Risk.DISRUPTS, "trust and run there", str(count))

    def _lines(self, names: Names) -> Iterator[str]:
        yield "If you can, compare the fingerprints before you go on. They are remembered."
        for host, key in self.keys.items():
            whose = names.all(machine.ref for machine in self.machines[host])
            yield f"{'jump host of ' if key.jump else ''}{whose}  {key.host}:{key.port}"
            yield f"  {key.kind} {key.fingerprint}"
            yield from (f"  {why}" for why in key.why)
        for host in sorted(self.torn):
            yield f"left out: {host[0]}:{host[1]} showed several keys in one run"
