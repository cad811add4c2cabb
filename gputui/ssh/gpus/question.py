"""One shell command that asks a machine several things, each marked and limited in time, and its output taken apart.

One channel and one round trip a reading; the failure of one part costs that part only. Nothing is installed or written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

LONGEST_ANSWER = 20.0
"""Seconds after which the machine itself ends a part: before we stop waiting, so that its own word is the reason, and
hanging queries do not pile up."""
_PLACES = "/usr/local/nvidia/bin:/usr/lib/wsl/lib:/opt/bin:/run/nvidia/driver/usr/bin:/opt/rocm/bin"
"""Where containers and other systems install the vendors' tools, outside the PATH of a non-login shell."""
_NO_LIMIT = re.compile(r"\btimeout: .{0,40}not found|Usage: timeout\b")
_MARK = re.compile(r"gputui ([0-9]{1,2}) ([0-9]{1,3})")
_MOST_LINES = 4000


class Part(IntEnum):
    """The parts of a reading, by the number in their mark."""

    BEGUN = 0
    GPUS = 1
    PROCESSES = 2
    ROWS = 3
    DETAILS = 4
    STUCK = 5
    BUS = 6
    FABRIC_MANAGER = 7
    INFINIBAND = 8
    DISKS = 9
    UPTIME = 10
    TOOLS = 11
    JOURNAL = 20
    DMESG = 21


@dataclass(frozen=True, slots=True)
class MachineAnswer:
    """The lines of each part that came to its end, with its exit status; `begun` once the machine's shell ran."""

    sections: Mapping[int, tuple[str, ...]]
    statuses: Mapping[int, int]
    begun: bool = True

    def lines(self, part: Part) -> tuple[str, ...]:
        """The lines of a part; none if it was not asked or did not end."""
        return self.sections.get(part, ())

    def has(self, part: Part) -> bool:
        """Whether the part came to its end."""
        return part in self.statuses


STUCK_SMI = re.compile(r"D\S* +nvidia-smi")
_UNLESS_STUCK = 'ps -eo stat=,comm= | grep -E "^D[^ ]* +nvidia-smi" || '
"""Put before each query once one has hung: what is stuck in the kernel cannot be killed, and gets no company."""


def script(parts: Sequence[tuple[Part, str]], *, limited: bool = True, hung: bool = False) -> str:
    """Return one command for any login shell. With `limited` the machine ends each part after LONGEST_ANSWER.

    A part is a command line for `sh` without single quotes; `{limit}` in it is where the time limit goes. The client
    may be gone by the time a part hangs, and most servers do not end a command for that. `knows_no_limit` tells of a
    machine that cannot limit a command's time. Where nvidia-smi has `hung` before, it is only asked if none hangs now.
    """
    limit = f"timeout -k 5 {LONGEST_ANSWER:g} " if limited else ""
    # Output of login scripts comes before the mark, and is nobody's answer.
    steps = [f'export LC_ALL=C PATH="$PATH:{_PLACES}"', "echo gputui 0 0"]
    for part, line in parts:
        unless = _UNLESS_STUCK if hung and line.startswith("{limit}nvidia-smi") else ""
        steps += [unless + line.replace("{limit}", limit), f'printf "\\ngputui {int(part)} %s\\n" $?']
    return f"sh -c '{'; '.join(steps)}'"


def answer(text: str, status: int) -> MachineAnswer:
    """Take the output apart; without our marks (a machine without a shell) all of it is the first part."""
    sections: dict[int, tuple[str, ...]] = {}
    statuses: dict[int, int] = {}
    lines: list[str] = []
    begun = False
    for line in text.split("\n")[:_MOST_LINES]:
        mark = _MARK.fullmatch(line.strip())
        if mark is None:
            lines.append(line.rstrip("\r"))
        elif int(mark[1]) == Part.BEGUN:
            lines, begun = [], True  # output of login scripts
        else:
            # The mark has a line of its own, whatever was printed before it: an output cut off in a line, or no line.
            sections[int(mark[1])], lines = tuple(lines[:-1] if lines and not lines[-1] else lines), []
            statuses[int(mark[1])] = int(mark[2])
    if sections:
        return MachineAnswer(sections, statuses)
    return MachineAnswer({Part.GPUS: tuple(lines)}, {Part.GPUS: status}, begun)


def knows_no_limit(lines: Iterable[str]) -> bool:
    """Whether the machine has no `timeout`, or one that does not accept our options."""
    return any(_NO_LIMIT.search(line) for line in lines)
