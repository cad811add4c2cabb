"""One question for the new host keys of many machines, after the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gputui.core.actions import Risk
from gputui.core.unique_names import Names
from gputui.ui.widgets.question import Question

if TYPE_CHECKING:
    from gputui.ssh.running.unknown_keys import UnknownHostKeys


def question(unknown: UnknownHostKeys, names: Names) -> Question:
    """Return the question about these keys."""
    count = len(unknown.keys)
    title = f"Trust {count} new host keys?" if count > 1 else "Trust a new host key?"
    return Question(title, tuple(_lines(unknown, names)), Risk.DISRUPTS, "trust and run there", str(count))


def _lines(unknown: UnknownHostKeys, names: Names) -> Iterator[str]:
    yield "If you can, compare the fingerprints before you go on. They are remembered."
    yield from unknown.lines(lambda machines: names.all(machine.ref for machine in machines))
