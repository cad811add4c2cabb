"""Why several of the watched machines have no current reading: equal reasons once, with how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gputui.core.health import Health
from gputui.ui.gpus.paint import glyph
from gputui.ui.widgets.bars import cut
from gputui.ui.widgets.styles import Line

if TYPE_CHECKING:
    from gputui.ssh.gpus.watch import WatchedMachine

MOST = 3
"""Reasons told at most, on a window of ordinary height."""
_LOW, _FEWEST = 16, 1


def reasons(watched: Iterable[WatchedMachine]) -> Counter[tuple[str, str]]:
    """Count the machines by why they have no newer reading: text without their address, and remedy."""
    from gputui.ssh.same_failure import without_address

    return Counter(
        (without_address(one.problem, one.machine), one.problem.remedy) for one in watched if one.problem is not None
    )


def reason_lines(found: Counter[tuple[str, str]], width: int, height: int, *, ascii_only: bool) -> Iterator[Line]:
    """Yield a line for each reason that several machines have, the most frequent first."""
    most = MOST if height >= _LOW else _FEWEST
    sign = glyph(Health.UNKNOWN, ascii_only=ascii_only)
    for (text, remedy), count in found.most_common(most):
        if count > 1:
            head = f" {sign} {count}  "
            yield ((head, "bad"), (cut(f"{text} ({remedy})" if remedy else text, width - len(head) - 1), ""))
