"""The terminal lent to somebody else for a while, with the console intact behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from textual.app import SuspendNotSupported

from gputui.core.problem import Cause, Failed, Problem

if TYPE_CHECKING:
    from gputui.ui.host import Host

Given = TypeVar("Given")


async def suspend_for(host: Host, work: Callable[[], Awaitable[Given]]) -> Given:
    """Do `work` while the terminal is not ours, and give what it gives.

    Raises the Failed that it raises, after the console is back, and one of our own where there is no terminal to lend.
    """
    host.paused = True
    try:
        with host.suspend():
            # Caught inside: out of a block that raises, Textual does not come back.
            try:
                given: Given | Failed = await work()
            except Failed as failed:
                given = failed
    except SuspendNotSupported:
        raise Failed(Problem(Cause.INPUT, "there is no terminal to lend")) from None
    finally:
        host.paused = False
        host.resumed()
    if isinstance(given, Failed):
        raise given
    return given
